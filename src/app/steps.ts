import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { readEnvironment } from "../config/environment.ts";
import { originText } from "../engine/kind-origin.ts";
import type { StepKind } from "../engine/step-kind.ts";
import { stepReference } from "../engine/step-reference.ts";
import { didYouMean } from "../platform/did-you-mean.ts";
import { AppError, errorText } from "../platform/errors.ts";
import { SecretMask } from "../platform/masking.ts";
import { loadFiles, stepCatalogue } from "./load-files.ts";
import { explained } from "./validate.ts";

const USAGE = "Usage: quarterdeck steps [KIND] [--write FOLDER]";

/**
 * `quarterdeck steps`: the step kinds that there are, those of one's own included; with a kind its page of the reference, with a folder
 * all pages as files.
 */
export async function steps(args: readonly string[]): Promise<number> {
  const { kind, folder } = readArguments(args);
  return await explained(false, async () => {
    const { plugins } = await loadFiles(readEnvironment(new SecretMask()));
    const kinds = stepCatalogue(plugins);
    if (folder !== undefined) return await write(kinds, folder);
    process.stdout.write(kind === undefined ? listOf(kinds) : pageOf(kinds, kind));
    return 0;
  });
}

function listOf(kinds: ReadonlyMap<string, StepKind>): string {
  const sorted = [...kinds.values()].toSorted((left, right) => (left.kind < right.kind ? -1 : 1));
  const width = Math.max(...sorted.map(({ kind }) => kind.length));
  const lines = sorted.map(({ kind, sort, summary, origin }) => {
    const from = origin === undefined ? "" : ` From ${originText(origin)}.`;
    return `${kind.padEnd(width)}  ${sort.padEnd(6)}  ${summary}${from}`;
  });
  return `${lines.join("\n")}\n`;
}

function pageOf(kinds: ReadonlyMap<string, StepKind>, name: string): string {
  const kind = kinds.get(name);
  const page = kind === undefined ? undefined : stepReference([kind]).at(-1);
  if (page !== undefined) return page.text;
  const near = didYouMean(name, [...kinds.keys()]);
  const hint = near === undefined ? "`quarterdeck steps` lists them." : `Did you mean "${near}"?`;
  throw new AppError(`There is no step kind "${name}". ${hint}`, { code: "usage" });
}

async function write(kinds: ReadonlyMap<string, StepKind>, folder: string): Promise<number> {
  const pages = stepReference(kinds.values());
  try {
    await mkdir(folder, { recursive: true });
    for (const { file, text } of pages) await writeFile(join(folder, file), text);
  } catch (cause) {
    const message = `The reference cannot be written to ${folder}: ${errorText(cause)}. Name a folder that you may write to`;
    throw new AppError(message, { code: "steps.unwritable", cause });
  }
  process.stdout.write(`${pages.length} pages in ${folder}\n`);
  return 0;
}

function readArguments(args: readonly string[]): {
  readonly kind: string | undefined;
  readonly folder: string | undefined;
} {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { write: { type: "string" } },
    });
    const [kind, ...rest] = positionals;
    const isWrong = rest.length > 0 || (kind !== undefined && values.write !== undefined);
    if (isWrong) throw new AppError(USAGE, { code: "usage" });
    return { kind, folder: values.write };
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError(USAGE, { code: "usage", cause });
  }
}
