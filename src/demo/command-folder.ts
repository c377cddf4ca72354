import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Blueprint } from "./blueprint.ts";

const COMMANDS = fileURLToPath(new URL("../../commands/", import.meta.url));
const BLUEPRINTS = fileURLToPath(new URL("../../blueprints/", import.meta.url));

export interface CommandFolder {
  readonly folder: string;
  readonly blueprints: readonly Blueprint[];
  /** What stands in the files of the blueprints, and what stands for it here. */
  readonly replacements: Readonly<Record<string, string>>;
}

/** Makes a folder with the commands that come with Quarterdeck and the blueprints, as a team would copy and adapt them. */
export async function writeCommandFolder({ folder, blueprints, replacements }: CommandFolder): Promise<void> {
  await mkdir(folder);
  for (const name of await readdir(COMMANDS)) await copyFile(join(COMMANDS, name), join(folder, name));
  for (const name of blueprints.flatMap((blueprint) => blueprint.files ?? [blueprint.name])) {
    const text = await readFile(join(BLUEPRINTS, `${name}.yaml`), "utf8");
    await writeFile(join(folder, `${name}.yaml`), adapted(text, replacements));
  }
}

/** The longest are replaced first: one may be the beginning of another. */
function adapted(text: string, replacements: Readonly<Record<string, string>>): string {
  const all = Object.entries(replacements).toSorted(([left], [right]) => right.length - left.length);
  return all.reduce((current, [from, to]) => current.replaceAll(from, () => to), text);
}
