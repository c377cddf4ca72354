import { validateReport } from "../commands/validate-report.ts";
import { readEnvironment } from "../config/environment.ts";
import { diagnosticText, InvalidFileError } from "../platform/diagnostic.ts";
import { SecretMask } from "../platform/masking.ts";
import { loadFiles } from "./load-files.ts";

/** `quarterdeck validate`: says everything that is wrong in the configuration and the command files. */
export async function validate(args: readonly string[]): Promise<number> {
  const isJson = args.includes("--json");
  const environment = readEnvironment(new SecretMask());
  try {
    const { commands } = await loadFiles(environment);
    const report = validateReport(commands);
    const good = report.exitStatus === 0 ? `${environment.configurationFile}: no mistakes\n` : "";
    process.stdout.write(isJson ? `${JSON.stringify(report.json)}\n` : `${good}${report.text}\n`);
    return report.exitStatus;
  } catch (error) {
    if (!(error instanceof InvalidFileError)) throw error;
    const { diagnostics } = error;
    const text = diagnostics.map(diagnosticText).join("\n");
    process.stdout.write(isJson ? `${JSON.stringify({ ok: false, commands: [], diagnostics })}\n` : `${text}\n`);
    return 1;
  }
}
