import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The folder of one mirror on disk. Nothing here runs git. */
export class MirrorFolder {
  /** The bare repository; it exists only when its first fetch was completed. */
  readonly path: string;
  /** Where a new one is made before it takes that place. */
  readonly draft: string;
  readonly #retired: string;

  constructor(path: string) {
    this.path = path;
    this.draft = `${path}.new`;
    this.#retired = `${path}.old`;
  }

  /** Removes what a killed process left behind and says whether there is a mirror. To be called while no git works here. */
  async tidy(): Promise<boolean> {
    await this.discardDraft();
    await rm(this.#retired, { recursive: true, force: true });
    if (!(await exists(join(this.path, "HEAD")))) {
      await rm(this.path, { recursive: true, force: true });
      return false;
    }
    await sweepRemnants(this.path);
    return true;
  }

  async startDraft(): Promise<void> {
    await this.discardDraft();
    await mkdir(this.draft, { recursive: true, mode: 0o700 });
  }

  async discardDraft(): Promise<void> {
    await rm(this.draft, { recursive: true, force: true });
  }

  /** What holds for every file of the repository, before anything that the repository says itself. */
  async writeAttributes(attributes: string): Promise<void> {
    await mkdir(join(this.path, "info"), { recursive: true, mode: 0o700 });
    await writeFile(join(this.path, "info", "attributes"), attributes);
  }

  /** Puts the finished draft in the place of the mirror. `description` tells whoever looks into the folder whose copy it is. */
  async adoptDraft(description: string): Promise<void> {
    await writeFile(join(this.draft, "description"), `${description}\n`);
    await rm(this.#retired, { recursive: true, force: true });
    if (await exists(this.path)) await rename(this.path, this.#retired);
    await rename(this.draft, this.path);
    await rm(this.#retired, { recursive: true, force: true });
  }
}

/** Removes lock files and half-written packs of a git that was killed, from a bare repository in which none works now. */
export async function sweepRemnants(repository: string): Promise<void> {
  const entries = await readdir(repository, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    // No reference can be named `*.lock`, but a branch may well be called tmp_1: such remnants are looked for among objects only.
    const isLock = entry.isFile() && entry.name.endsWith(".lock");
    const isObject = entry.parentPath.startsWith(join(repository, "objects"));
    if (isLock || (isObject && /^(?:\.?tmp[-_]|incoming-)/u.test(entry.name))) {
      await rm(join(entry.parentPath, entry.name), { recursive: true, force: true });
    }
  }
}

/** Bytes of all objects in a bare repository, those that are just being received included. */
export async function objectBytes(repository: string): Promise<number> {
  const entries = await readdir(join(repository, "objects"), { recursive: true, withFileTypes: true }).catch(() => []);
  let total = 0;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    // A pack in the making may have been renamed since.
    total += await stat(join(entry.parentPath, entry.name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return total;
}

/** How many packs a bare repository has; each fetch that brings something adds one. */
export async function packCount(repository: string): Promise<number> {
  const names = await readdir(join(repository, "objects", "pack")).catch(() => []);
  return names.filter((name) => name.endsWith(".pack")).length;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
