import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";

import { pluginFault } from "./plugin-fault.ts";

// Far more than code needs; a folder that holds this much was named by mistake, such as a home.
const MOST_ENTRIES = 5000;
const MOST_BYTES = 64 * 1024 * 1024;
const WRITABLE_BY_ALL = 0o002;

/**
 * SHA-256 of every file of a plug-in and of each module that it has from elsewhere, by their names and contents: the same digest on
 * two machines means the same code. `node_modules` and what begins with a dot are left out. Throws `steps.unusable` where anybody on
 * the machine may change one of them.
 */
export async function pluginDigest(root: string, modules: readonly string[]): Promise<string> {
  const budget = { entries: 0, bytes: 0 };
  const own = await filesBelow(root, { root, budget });
  const inRoot = new Set(own);
  const foreign = modules.filter((file) => !inRoot.has(file));
  const lines: string[] = [];
  for (const file of own) lines.push(`${named(relative(root, file))} ${await digestOf(file, budget)}`);
  for (const file of foreign) lines.push(`${labelOf(file)} ${await digestOf(file, budget)}`);
  return createHash("sha256").update(lines.toSorted().join("\n")).digest("hex");
}

interface Walk {
  readonly root: string;
  readonly budget: { entries: number; bytes: number };
}

async function filesBelow(folder: string, walk: Walk): Promise<readonly string[]> {
  await refuseWritable(folder);
  const names = (await readdir(folder)).filter((name) => !name.startsWith(".") && name !== "node_modules");
  const found: string[] = [];
  for (const name of names.toSorted()) {
    const path = join(folder, name);
    // Folders count too: links among them may lead in circles.
    walk.budget.entries += 1;
    if (walk.budget.entries > MOST_ENTRIES) throw tooMuch(walk.root);
    const what = await stat(path).catch(() => undefined);
    if (what?.isDirectory() === true) found.push(...(await filesBelow(path, walk)));
    if (what?.isFile() === true) found.push(path);
  }
  return found;
}

async function digestOf(file: string, budget: Walk["budget"]): Promise<string> {
  await refuseWritable(file);
  const content = await readFile(file);
  budget.bytes += content.length;
  if (budget.bytes > MOST_BYTES) throw tooMuch(file);
  return createHash("sha256").update(content).digest("hex");
}

async function refuseWritable(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & WRITABLE_BY_ALL) === 0) return;
  throw pluginFault(
    `everybody on this machine may write to ${path}, and what stands there is executed with the rights of Quarterdeck. Run: chmod -R o-w ${path}`,
  );
}

/** The name of a module elsewhere without where it is: that differs between machines. */
function labelOf(file: string): string {
  return `node_modules/${named(file.split(`${sep}node_modules${sep}`).at(-1) ?? file)}`;
}

function named(path: string): string {
  return path.split(sep).join("/");
}

function tooMuch(at: string): Error {
  const most = `${MOST_ENTRIES} files or ${MOST_BYTES / 1024 / 1024} MiB`;
  return pluginFault(`${at} has more than ${most}. Name the folder that holds the step kinds and little else`);
}
