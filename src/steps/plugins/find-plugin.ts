import { readFile, realpath, stat } from "node:fs/promises";
import { findPackageJSON } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { z } from "zod";

import { errorText } from "../../platform/errors.ts";
import { tryJson } from "../../platform/try-json.ts";
import { pluginFault } from "./plugin-fault.ts";

/** A folder or a package with step kinds, before any of its code was run. */
export interface FoundPlugin {
  /** As it is named: `./my-steps` or `@acme/quarterdeck-steps`. */
  readonly named: string;
  /** Its folder, with links followed. */
  readonly root: string;
  /** What is imported: the entry of a folder as an address, or the name of a package. */
  readonly entry: string;
  readonly name: string;
  /** Empty where nothing says it. */
  readonly version: string;
}

/** How `steps` names a folder: by a path that cannot be taken for a package. */
const FOLDER = /^(?:\.{1,2}(?:\/|$)|\/)/u;
const PACKAGE = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/u;
const ENTRIES = ["steps.ts", "steps.js"];

const Manifest = z.looseObject({ name: z.string().min(1).optional(), version: z.string().optional() });

/**
 * Looks for what `named` means, seen from the folder `from`: paths count from there, and packages are looked for in `node_modules`
 * there and above. Throws `steps.unusable`.
 */
export async function findPlugin(named: string, from: string): Promise<FoundPlugin> {
  if (FOLDER.test(named)) return await findFolder(named, from);
  if (PACKAGE.test(named)) return await findPackage(named, from);
  throw pluginFault(
    `${JSON.stringify(named)} is neither a folder nor a package. Write a folder as ./my-steps, and a package by its name, such as @acme/quarterdeck-steps`,
  );
}

async function findFolder(named: string, from: string): Promise<FoundPlugin> {
  const folder = resolve(from, named);
  const root = await realpath(folder).catch(() => undefined);
  if (root === undefined || !(await isThere(root, "folder"))) {
    throw pluginFault(`there is no folder ${folder}. A path counts from the folder of the file that names it`);
  }
  for (const entry of ENTRIES) {
    const file = join(root, entry);
    if (!(await isThere(file, "file"))) continue;
    const { name = basename(folder), version = "" } = await manifestIn(root);
    return { named, root, entry: pathToFileURL(file).href, name, version };
  }
  throw pluginFault(`${folder} has no steps.ts and no steps.js. Export the list \`steps\` from a file of that name`);
}

async function findPackage(named: string, from: string): Promise<FoundPlugin> {
  const manifest = manifestOf(named, from);
  if (manifest === undefined) {
    throw pluginFault(
      `there is no package ${named} in node_modules of ${resolve(from)} or above it. Install it there (npm install ${named}), or write ./${named} for a folder`,
    );
  }
  const root = await realpath(dirname(manifest));
  const { name = named, version = "" } = await manifestIn(root);
  return { named, root, entry: named, name, version };
}

function manifestOf(named: string, from: string): string | undefined {
  try {
    return findPackageJSON(named, pathToFileURL(join(resolve(from), "here")));
  } catch {
    return undefined;
  }
}

async function manifestIn(root: string): Promise<z.infer<typeof Manifest>> {
  const file = join(root, "package.json");
  if (!(await isThere(file, "file"))) return {};
  const manifest = Manifest.safeParse(tryJson(await readFile(file, "utf8")));
  if (manifest.success) return manifest.data;
  throw pluginFault(
    `${file} is no package.json: ${errorText(manifest.error.issues[0]?.message)}. Mend it or delete it`,
  );
}

async function isThere(path: string, what: "file" | "folder"): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return what === "file" ? found?.isFile() === true : found?.isDirectory() === true;
}
