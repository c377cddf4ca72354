import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const FOLDER = new URL("corpus/", import.meta.url).pathname;

/** The inputs that once did what no input may do, or went where few go, by target. Kept as JSON strings, since they may hold anything. */
export async function readCorpus(target: string): Promise<readonly string[]> {
  const folder = join(FOLDER, target);
  const names = await readdir(folder).catch((): string[] => []);
  return await Promise.all(names.toSorted().map(async (name) => readInput(join(folder, name))));
}

async function readInput(file: string): Promise<string> {
  const value: unknown = JSON.parse(await readFile(file, "utf8"));
  if (typeof value !== "string") throw new TypeError(`${file} holds no string`);
  return value;
}

/** Keeps an input for ever; returns the file's name. */
export async function keepInput(target: string, input: string): Promise<string> {
  const folder = join(FOLDER, target);
  await mkdir(folder, { recursive: true });
  const name = `${createHash("sha256").update(input).digest("hex").slice(0, 12)}.json`;
  await writeFile(join(folder, name), `${JSON.stringify(input)}\n`);
  return name;
}
