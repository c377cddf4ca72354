import { realpath, stat } from "node:fs/promises";
import { sep } from "node:path";

import { AppError } from "../../platform/errors.ts";

interface Asked {
  readonly path: string;
  /** The folders below which this machine lets steps work. */
  readonly roots: readonly string[];
  /** The variable in the environment that names them. */
  readonly variable: string;
  /** Of the failure where it may not be used. */
  readonly code: string;
}

/** The real path of a directory of this machine that a step names. Throws `code` for one that is not there, or not allowed. */
export async function allowedDirectory({ path, roots, variable, code }: Asked): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  const allowed = await Promise.all(roots.map((root) => realpath(root).catch(() => undefined)));
  const isAllowed = real !== undefined && allowed.some((root) => root !== undefined && isBelow(real, root));
  if (real !== undefined && isAllowed && (await stat(real)).isDirectory()) return real;
  const where = roots.length === 0 ? "none is allowed here" : `those below ${roots.join(", ")} are allowed here`;
  const message = `${JSON.stringify(path)} is no directory that a step may use: ${where}. Set ${variable} where the step is executed, or take the directory from Git`;
  throw new AppError(message, { code });
}

/** Whether a real path is another one, or lies below it. */
export function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}
