import { AppError } from "../platform/errors.ts";
import type { RepositoryUrl } from "./repository-url.ts";

const FOLDER = "040000";
const LINK = "120000";
const PROGRAM = "100755";
/** What a new file is: not to be executed. */
export const FILE_MODE = "100644";

export function isFolderMode(mode: string): boolean {
  return mode === FOLDER;
}

/** Whether a mode is that of a file, and not of a link or a submodule. */
export function isFileMode(mode: string): boolean {
  return mode === FILE_MODE || mode === PROGRAM;
}

export function notAFile(url: RepositoryUrl, path: string, mode: string): AppError {
  const kinds: Readonly<Record<string, string>> = { [FOLDER]: "a folder", [LINK]: "a symbolic link" };
  const what = kinds[mode] ?? (isFileMode(mode) ? "a file and no folder" : "a submodule");
  const message = `${JSON.stringify(path)} in ${url.address} is ${what}, so it is not written. Name a file that is one`;
  return new AppError(message, { code: "git.not-a-file" });
}

export function notText(url: RepositoryUrl, path: string): AppError {
  const message = `${JSON.stringify(path)} in ${url.address} is not text in UTF-8, so nothing in it can be set`;
  return new AppError(message, { code: "git.not-text" });
}

export function tooLarge(url: RepositoryUrl, path: string, mostBytes: number): AppError {
  const message = `${JSON.stringify(path)} in ${url.address} is larger than ${mostBytes / 1024} KiB, the most in which something is set`;
  return new AppError(message, { code: "git.file-too-large" });
}
