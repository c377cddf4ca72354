import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";

import { AppError } from "../platform/errors.ts";

/**
 * Where a program is: a name is looked for on `path` (a PATH; the working folder is never part of it), anything else has to be
 * an absolute path. Throws `program.missing`.
 */
export async function findProgram(program: string, path = ""): Promise<string> {
  if (program.includes("\0")) throw missing(program, "a name with a NUL character is no program");
  if (isAbsolute(program)) {
    if (await isExecutable(program)) return program;
    throw missing(program, "there is no program that may be executed");
  }
  if (program === "" || program.includes("/"))
    throw missing(program, "a program is named alone or with its whole path");
  for (const folder of path.split(delimiter)) {
    const file = join(folder, program);
    if (isAbsolute(folder) && (await isExecutable(file))) return file;
  }
  throw missing(program, `it is in none of the folders of the PATH (${path === "" ? "which is empty" : path})`);
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

function missing(program: string, why: string): AppError {
  const message = `The program ${JSON.stringify(program)} is not here: ${why}.`;
  return new AppError(message, { code: "program.missing", details: { program } });
}
