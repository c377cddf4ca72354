import { parseArgs } from "node:util";

import { validateReport } from "../commands/validate-report.ts";
import { readEnvironment } from "../config/environment.ts";
import { diagnosticText, InvalidFileError } from "../platform/diagnostic.ts";
import { AppError } from "../platform/errors.ts";
import { SecretMask } from "../platform/masking.ts";
import { chosenCommands, readCommandArgument } from "./command-argument.ts";
import { loadFiles } from "./load-files.ts";

/**
 * `quarterdeck validate`: says everything that is wrong in the configuration and the command files; of one command file, in it and
 * in what it uses.
 */
export async function validate(args: readonly string[]): Promise<number> {
  const { isJson, file } = readArguments(args);
  return await explained(isJson, async () => {
    const environment = readEnvironment(new SecretMask());
    const chosen = file === undefined ? undefined : readCommandArgument(file);
    const loaded = await loadFiles(environment, { folder: chosen?.folder });
    const commands = chosen === undefined ? loaded.commands : chosenCommands(loaded, chosen, environment);
    const report = validateReport(commands);
    const good = report.exitStatus === 0 ? `${environment.configurationFile}: no mistakes\n` : "";
    process.stdout.write(isJson ? `${JSON.stringify(report.json)}\n` : `${good}${report.text}\n`);
    return report.exitStatus;
  });
}

/** Runs `act`; what is wrong in the configuration is printed as it prints its own findings, and the exit code is 1. */
export async function explained(isJson: boolean, act: () => Promise<number>): Promise<number> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof AppError) || error.code === "usage") throw error;
    const diagnostics = error instanceof InvalidFileError ? error.diagnostics : [];
    // What is not about a line of a file, such as a file that is not there, has no place in the list.
    if (isJson)
      process.stdout.write(`${JSON.stringify({ ok: false, commands: [], diagnostics, error: error.message })}\n`);
    else if (diagnostics.length > 0) process.stdout.write(`${diagnostics.map(diagnosticText).join("\n")}\n`);
    else throw error;
    return 1;
  }
}

function readArguments(args: readonly string[]): { readonly isJson: boolean; readonly file: string | undefined } {
  const usage = "Usage: quarterdeck validate [FILE] [--json]";
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: "boolean" } },
    });
    const [file, ...rest] = positionals;
    if (rest.length > 0) throw new AppError(`"${rest[0] ?? ""}" is too much. ${usage}`, { code: "usage" });
    return { isJson: values.json === true, file };
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError(usage, { code: "usage", cause });
  }
}
