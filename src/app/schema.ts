import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import { commandSchemaText } from "../commands/command-schema.ts";
import { readEnvironment } from "../config/environment.ts";
import { AppError, errorText } from "../platform/errors.ts";
import { SecretMask } from "../platform/masking.ts";
import { loadFiles, stepCatalogue } from "./load-files.ts";
import { explained } from "./validate.ts";

const USAGE = "Usage: quarterdeck schema [--write FILE]";

/** `quarterdeck schema`: the JSON Schema of command files for editors, with the step kinds of one's own. */
export async function schema(args: readonly string[]): Promise<number> {
  const file = readArguments(args);
  return await explained(false, async () => {
    const { plugins } = await loadFiles(readEnvironment(new SecretMask()));
    const text = commandSchemaText(stepCatalogue(plugins));
    if (file === undefined) process.stdout.write(text);
    else await write(file, text);
    return 0;
  });
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    const message = `The schema cannot be written to ${file}: ${errorText(cause)}. Name a file in a folder that is there`;
    throw new AppError(message, { code: "schema.unwritable", cause });
  }
}

function readArguments(args: readonly string[]): string | undefined {
  try {
    return parseArgs({ args: [...args], options: { write: { type: "string" } } }).values.write;
  } catch (cause) {
    throw new AppError(USAGE, { code: "usage", cause });
  }
}
