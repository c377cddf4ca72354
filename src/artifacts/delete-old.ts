import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

interface Deps {
  readonly folder: string;
  /** Files that were left before this are deleted, in milliseconds since the epoch. */
  readonly before: number;
  /** Digests of files that are kept all the same; asked only where there is something to delete. */
  readonly named: () => ReadonlySet<string>;
}

interface OldFile {
  readonly path: string;
  readonly digest: string;
}

const PART = /^[0-9a-f]{2}$/u;
const REST = /^(?<rest>[0-9a-f]{62})(?:\.sealed)?$/u;

/** Deletes the files of a store that are old and that nobody names any more, and what was never finished; gives how many. */
export async function deleteOldArtifacts({ folder, before, named }: Deps): Promise<number> {
  const drafts = await olderThan(join(folder, "drafts"), before);
  for (const path of drafts) await rm(path, { force: true });
  const old = await oldFiles(folder, before);
  if (old.length === 0) return 0;
  const kept = named();
  const deleted = old.filter(({ digest }) => !kept.has(digest));
  for (const { path } of deleted) await rm(path, { force: true });
  return deleted.length;
}

async function oldFiles(folder: string, before: number): Promise<readonly OldFile[]> {
  const found: OldFile[] = [];
  for (const part of (await names(folder)).filter((name) => PART.test(name))) {
    for (const path of await olderThan(join(folder, part), before)) {
      const { rest } = REST.exec(path.slice(join(folder, part).length + 1))?.groups ?? {};
      if (rest !== undefined) found.push({ path, digest: `${part}${rest}` });
    }
  }
  return found;
}

async function olderThan(folder: string, before: number): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of await names(folder)) {
    const path = join(folder, name);
    const entry = await stat(path).catch(() => undefined);
    if (entry?.isFile() === true && entry.mtimeMs < before) found.push(path);
  }
  return found;
}

async function names(folder: string): Promise<readonly string[]> {
  return await readdir(folder).catch(() => []);
}
