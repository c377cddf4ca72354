import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize, sep } from "node:path";

import { AppError, errorText } from "../platform/errors.ts";
import { readTar, type TarEntry } from "./read-tar.ts";

// Limits of ours, far above any folder that a tool is started in.
const MOST_ENTRIES = 50_000;
const LONGEST_PATH = 4096;

/**
 * Unpacks a folder that `GitRepositories.exportFolder` made into the empty `folder`. Whatever it holds, nothing is written outside
 * of `folder` and no link leads out of it: links are made when all the rest is there, so that nothing is written through one.
 * Throws `archive.unsafe`, `archive.malformed`, and `archive.unwritable` for a disk that does not take it.
 */
export async function unpackArchive(tar: Uint8Array, folder: string): Promise<void> {
  const entries = [...checked(readTar(Buffer.from(tar.buffer, tar.byteOffset, tar.byteLength)))];
  try {
    for (const entry of entries) if (entry.kind !== "link") await unpack(entry, folder);
    for (const entry of entries) if (entry.kind === "link") await makeLink(entry, folder);
  } catch (error) {
    if (error instanceof AppError) throw error;
    const message = `The folder from Git could not be unpacked (${errorText(error)}).`;
    throw new AppError(message, { code: "archive.unwritable", retry: "backoff", cause: error });
  }
}

function* checked(entries: Iterable<TarEntry>): Iterable<TarEntry> {
  let count = 0;
  for (const entry of entries) {
    count += 1;
    if (count > MOST_ENTRIES) throw unsafe(`it has more than ${MOST_ENTRIES} files`);
    const path = normalize(entry.path);
    if (isUnsafePath(entry.path) || leavesFolder(path)) throw unsafe(`${JSON.stringify(entry.path)} is no path in it`);
    if (entry.kind === "link" && (isUnsafePath(entry.target) || leavesFolder(join(dirname(path), entry.target)))) {
      throw unsafe(`the link ${JSON.stringify(entry.path)} leads to ${JSON.stringify(entry.target)}, outside of it`);
    }
    yield { ...entry, path };
  }
}

async function unpack(entry: Exclude<TarEntry, { kind: "link" }>, folder: string): Promise<void> {
  const path = join(folder, entry.path);
  if (entry.kind === "folder") {
    await mkdir(path, { recursive: true, mode: 0o700 });
    return;
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // Of two with one name, as on a file system that does not tell cases apart, the second is refused.
  await writeFile(path, entry.content, { flag: "wx", mode: entry.isExecutable ? 0o700 : 0o600 });
}

async function makeLink({ path, target }: Extract<TarEntry, { kind: "link" }>, folder: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true, mode: 0o700 });
  await symlink(target, join(folder, path));
}

function isUnsafePath(path: string): boolean {
  return path === "" || path.length > LONGEST_PATH || path.includes("\0") || isAbsolute(path);
}

function leavesFolder(path: string): boolean {
  const normal = normalize(path);
  return normal === ".." || normal.startsWith(`..${sep}`);
}

function unsafe(why: string): AppError {
  return new AppError(`The folder from Git is refused: ${why}.`, { code: "archive.unsafe" });
}
