import { access, constants, link as hardLink, mkdir, open, readFile, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";

import { AppError, errorText } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import { anchorFileName } from "./anchor-file-name.ts";
import type { AnchorTarget } from "./anchor-target.ts";
import { anchorText, type SignedHead } from "./signed-head.ts";

export interface FolderTargetDeps {
  readonly name: string;
  /** Made when it is not there. */
  readonly folder: string;
  readonly random: Random;
  /** Gives a file a second name; that of the file system when absent. */
  readonly link?: ((file: string, name: string) => Promise<void>) | undefined;
}

// Not every file system has hard links, those of mounted buckets least of all.
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL", "EIO", "EMLINK"]);

/**
 * Keeps one file for each head in a folder. A file appears whole or not at all and is never written again. Where there are no hard
 * links it is written in place, which is whole as well where the file system, as those of buckets do, shows it when it is closed.
 */
export class FolderTarget implements AnchorTarget {
  readonly name: string;
  readonly #deps: FolderTargetDeps;
  #hasLinks = true;

  constructor(deps: FolderTargetDeps) {
    this.name = deps.name;
    this.#deps = deps;
  }

  get address(): string {
    return `folder ${this.#deps.folder}`;
  }

  async write(head: SignedHead): Promise<string> {
    const { folder } = this.#deps;
    const file = join(folder, anchorFileName(head));
    const text = `${anchorText(head)}\n`;
    try {
      await mkdir(folder, { recursive: true }).catch((error: unknown) => Promise.reject(unwritable(folder, error)));
      if (!this.#hasLinks || !(await this.#tryLink(file, text))) await writeNew(file, text);
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (codeOf(error) !== "EEXIST") throw unwritable(folder, error);
      await checkSame(file, text);
    }
    return file;
  }

  async tryOut(): Promise<void> {
    const { folder } = this.#deps;
    const parent = dirname(folder);
    try {
      await access(folder, constants.W_OK).catch(async (error: unknown) => {
        if (codeOf(error) !== "ENOENT") throw error;
        await access(parent, constants.W_OK);
      });
    } catch (error) {
      throw unwritable(folder, error);
    }
  }

  /** False when there are no links here. */
  async #tryLink(file: string, text: string): Promise<boolean> {
    const { folder, random, link = hardLink } = this.#deps;
    const draft = join(folder, `.draft-${random.bytes(8).toString("hex")}`);
    await writeNew(draft, text);
    try {
      // Unlike a rename, a link never replaces what is there.
      await link(draft, file);
      return true;
    } catch (error) {
      if (!NO_LINKS.has(codeOf(error))) throw error;
      this.#hasLinks = false;
      return false;
    } finally {
      // A bucket may allow no deletion: then one draft stays, and its name says what it is.
      await unlink(draft).catch(() => undefined);
    }
  }
}

async function writeNew(file: string, text: string): Promise<void> {
  const handle = await open(file, "wx", 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What stands there already was written before a crash, or somebody else has put it there. */
async function checkSame(file: string, text: string): Promise<void> {
  if ((await readFile(file, "utf8")) === text) return;
  throw new AppError(`${file} is there with another content. Somebody else writes to this folder; look who`, {
    code: "audit.anchor",
  });
}

function unwritable(folder: string, cause: unknown): AppError {
  const message = `An anchor cannot be written into ${folder} (${errorText(cause)}). Make the folder, and let Quarterdeck write there`;
  return new AppError(message, { code: "audit.anchor", retry: "backoff", cause });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
