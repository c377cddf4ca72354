import { parseArgs } from "node:util";

import { validateReport } from "../commands/validate-report.ts";
import { readEnvironment } from "../config/environment.ts";
import { diagnosticText, InvalidFileError } from "../platform/diagnostic.ts";
import { AppError } from "../platform/errors.ts";
import { SecretMask } from "../platform/masking.ts";
import { loadFiles } from "./load-files.ts";

/** `quarterdeck validate`: says everything that is wrong in the configuration and the command files. */
export async function validate(args: readonly string[]): Promise<number> {
  const isJson = readArguments(args);
  try {
    const environment = readEnvironment(new SecretMask());
    const { commands } = await loadFiles(environment);
    const report = validateReport(commands);
    const good = report.exitStatus === 0 ? `${environment.configurationFile}: no mistakes\n` : "";
    process.stdout.write(isJson ? `${JSON.stringify(report.json)}\n` : `${good}${report.text}\n`);
    return report.exitStatus;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const diagnostics = error instanceof InvalidFileError ? error.diagnostics : [];
    // What is not about a line of a file, such as a file that is not there, has no place in the list.
    if (isJson)
      process.stdout.write(`${JSON.stringify({ ok: false, commands: [], diagnostics, error: error.message })}\n`);
    else if (diagnostics.length > 0) process.stdout.write(`${diagnostics.map(diagnosticText).join("\n")}\n`);
    else throw error;
    return 1;
  }
}

function readArguments(args: readonly string[]): boolean {
  try {
    return parseArgs({ args: [...args], options: { json: { type: "boolean" } } }).values.json === true;
  } catch (cause) {
    throw new AppError("Usage: quarterdeck validate [--json]", { code: "usage", cause });
  }
}
