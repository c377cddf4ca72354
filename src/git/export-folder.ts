import { mkdir } from "node:fs/promises";
import { dirname, posix } from "node:path";

import { AppError } from "../platform/errors.ts";
import { onDisk } from "./on-disk.ts";
import type { RepositoryMirror } from "./repository-mirror.ts";

export interface FolderRequest {
  /** The full commit. */
  readonly revision: string;
  /** From the root of the repository; empty, `.` or `/` for the root itself. */
  readonly path: string;
  /** The most bytes that all files may have together. */
  readonly mostBytes: number;
  readonly signal?: AbortSignal | undefined;
}

interface TreeEntry {
  readonly mode: string;
  readonly object: string;
  readonly path: string;
}

const SUBMODULE = "160000";
const MOST_FILES = 50_000;
// A line of the answer is `OBJECT TYPE SIZE` or `OBJECT missing`.
const MISSING = / missing$/u;

// Git would leave files out and change others where the repository asks for it, and the folder is to be what the commit holds.
const ATTRIBUTES = "* -export-ignore -export-subst !text !eol !ident !filter !working-tree-encoding\n";

// The archive is made of a commit whose tree is the folder, always with the same date: the same folder is the same archive.
const NOBODY = {
  GIT_AUTHOR_NAME: "Quarterdeck",
  GIT_AUTHOR_EMAIL: "quarterdeck@localhost",
  GIT_AUTHOR_DATE: "@0 +0000",
  GIT_COMMITTER_NAME: "Quarterdeck",
  GIT_COMMITTER_EMAIL: "quarterdeck@localhost",
  GIT_COMMITTER_DATE: "@0 +0000",
};

/**
 * Writes the folder of a commit as a tar file to `file`. The mirror has no contents of files: those of the folder are fetched.
 * Throws `git.no-folder`, `git.submodule`, `git.folder-too-large`, and what a fetch throws.
 */
export async function exportFolder(mirror: RepositoryMirror, request: FolderRequest, file: string): Promise<void> {
  const { signal } = request;
  const tree = await treeOf(mirror, request);
  const entries = await entriesOf(mirror, { tree, request });
  await fetchMissing(mirror, { objects: entries.map(({ object }) => object), request });
  await onDisk(dirname(file), () => mkdir(dirname(file), { recursive: true, mode: 0o700 }));
  await mirror.prepareArchive(ATTRIBUTES);
  const commit = await mirror.read({
    command: "commit-tree",
    options: ["-m", "folder", tree],
    environment: NOBODY,
    signal,
  });
  const options = ["--format=tar", `--output=${file}`, commit.stdout.trim()];
  await mirror.read({ command: "archive", options, settings: [["tar.umask", "0077"]], signal });
}

async function treeOf(mirror: RepositoryMirror, request: FolderRequest): Promise<string> {
  const { revision, signal } = request;
  const path = posix.normalize(`/${request.path}`).slice(1).replace(/\/$/u, "");
  const { stdout } = await mirror.read({
    command: "cat-file",
    options: ["--batch-check=%(objecttype) %(objectname)"],
    input: `${revision}^{commit}:${path}\n`,
    signal,
  });
  const [type, object] = stdout.trim().split(" ");
  if (type === "tree" && object !== undefined && !path.includes("\n")) return object;
  const message = `There is no folder ${JSON.stringify(request.path)} at ${revision.slice(0, 10)} in ${mirror.address}. Check the path, from the root of the repository.`;
  throw new AppError(message, { code: "git.no-folder" });
}

async function entriesOf(
  mirror: RepositoryMirror,
  { tree, request }: { readonly tree: string; readonly request: FolderRequest },
): Promise<readonly TreeEntry[]> {
  const { stdout } = await mirror.read({ command: "ls-tree", options: ["-r", "-z", tree], signal: request.signal });
  const entries = stdout.split("\0").flatMap((line) => {
    const [, mode, object, path] = /^(\d{6}) \w+ ([0-9a-f]{40,64})\t([^]*)$/u.exec(line) ?? [];
    return mode === undefined || object === undefined || path === undefined ? [] : [{ mode, object, path }];
  });
  const submodule = entries.find(({ mode }) => mode === SUBMODULE);
  if (submodule !== undefined) {
    const message = `The folder ${JSON.stringify(request.path)} of ${mirror.address} has a submodule (${JSON.stringify(submodule.path)}), and submodules are not taken along. Copy its content into the repository, or use a folder without it.`;
    throw new AppError(message, { code: "git.submodule" });
  }
  if (entries.length > MOST_FILES) throw tooLarge(mirror, request, `more than ${MOST_FILES} files`);
  return entries;
}

/** Afterwards all objects are there, and are no more than there may be. */
async function fetchMissing(
  mirror: RepositoryMirror,
  { objects, request }: { readonly objects: readonly string[]; readonly request: FolderRequest },
): Promise<void> {
  const wanted = [...new Set(objects)];
  const before = await sizesOf(mirror, wanted, request);
  if (before.missing.length > 0) await mirror.fetchObjects(before.missing, request.signal);
  const { missing, bytes } = before.missing.length > 0 ? await sizesOf(mirror, wanted, request) : before;
  if (bytes > request.mostBytes) throw tooLarge(mirror, request, `${bytes} bytes; ${request.mostBytes} is the most`);
  if (missing.length === 0) return;
  const message = `The server of ${mirror.address} did not give ${missing.length} of the files in ${JSON.stringify(request.path)}.`;
  throw new AppError(message, { code: "git.incomplete", retry: "backoff" });
}

async function sizesOf(
  mirror: RepositoryMirror,
  objects: readonly string[],
  { signal }: FolderRequest,
): Promise<{ readonly missing: readonly string[]; readonly bytes: number }> {
  const input = objects.map((object) => `${object}\n`).join("");
  const { stdout } = await mirror.read({ command: "cat-file", options: ["--batch-check"], input, signal });
  const lines = stdout.split("\n").filter((line) => line !== "");
  const missing = lines.filter((line) => MISSING.test(line)).map((line) => line.replace(MISSING, ""));
  const bytes = lines.reduce((sum, line) => sum + (MISSING.test(line) ? 0 : Number(line.split(" ")[2] ?? 0)), 0);
  return { missing, bytes };
}

function tooLarge(mirror: RepositoryMirror, { path }: FolderRequest, what: string): AppError {
  const message = `The folder ${JSON.stringify(path)} of ${mirror.address} has ${what}. Name a smaller folder, or raise artifacts.largest in the configuration.`;
  return new AppError(message, { code: "git.folder-too-large" });
}
