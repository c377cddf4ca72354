import { readCommandFolder, loadCommands, type CommandSet } from "../commands/load-commands.ts";
import type { CommandText } from "../commands/read-command.ts";
import { validateReport, type ValidateReport } from "../commands/validate-report.ts";
import type { StepCatalogue } from "../commands/step-catalogue.ts";
import type { Configuration } from "../config/configuration.ts";
import type { Environment } from "../config/environment.ts";
import { grantedVerbFaults } from "../config/granted-verb-faults.ts";
import { parseConfiguration, readConfigurationText } from "../config/load-configuration.ts";
import { systemClock } from "../platform/clock.ts";
import { diagnosticText } from "../platform/diagnostic.ts";
import { AppError } from "../platform/errors.ts";
import { builtinSteps } from "../steps/builtin-steps.ts";

/** The configuration and the commands, read and checked together. */
export interface LoadedFiles {
  readonly configuration: Configuration;
  readonly commands: CommandSet;
  /** What they were read from. */
  readonly texts: { readonly configuration: string; readonly commands: readonly CommandText[] };
}

/**
 * Reads both. Throws with every diagnostic for the configuration, because without it the commands cannot be judged;
 * diagnostics of the commands are in the result. `folder` has the command files where they are others than those of the environment.
 */
export async function loadFiles(environment: Environment, folder?: string): Promise<LoadedFiles> {
  const file = environment.configurationFile;
  // Where both are missing, it is the one that everybody has to write.
  const text = await readConfigurationText(file);
  const texts = await readCommandFolder(folder ?? environment.commandsFolder);
  const commandsFor = ({ slack, secrets }: Configuration): CommandSet => {
    const slashNames = { promote: bareName(slack.commands.promote), qd: bareName(slack.commands.main) };
    return loadCommands(texts, { catalogue: catalogue(), slashNames, secrets: Object.keys(secrets) });
  };
  // Grants are for the commands of the environment, and other files have verbs of their own.
  const configuration = parseConfiguration({ text, file }, (valid) =>
    folder === undefined ? grantedVerbFaults(valid, verbsOf(commandsFor(valid))) : [],
  );
  return { configuration, commands: commandsFor(configuration), texts: { configuration: text, commands: texts } };
}

/** The verbs that can be granted; undefined while mistakes in the command files leave that open. */
function verbsOf(commands: CommandSet): readonly string[] | undefined {
  if (validateReport(commands).exitStatus !== 0) return undefined;
  return commands.commands.flatMap(({ body }) => verbOf(body));
}

/** Cancelling and retrying take the grant of what the run itself does. */
function verbOf(body: CommandSet["commands"][number]["body"]): readonly string[] {
  if (body.kind === "plan") return [body.plan.verb];
  return body.kind === "acts" && (body.acts === "lock" || body.acts === "unlock") ? [body.verb] : [];
}

/** The commands, or an error that lists what is wrong in their files. */
export function usableCommands({ commands }: LoadedFiles): CommandSet["commands"] {
  const report: ValidateReport = validateReport(commands);
  if (report.exitStatus === 0) return commands.commands;
  const problems = report.json.diagnostics.map((diagnostic) => diagnosticText(diagnostic));
  throw new AppError(report.text, { code: "commands.invalid", details: { problems } });
}

/** The step kinds as command files see them: what they take and give. Nothing of this is ever executed. */
function catalogue(): StepCatalogue {
  return builtinSteps({
    servers: new Map(),
    git: { commitsBetween: nothing },
    exportFolder: nothing,
    allowedProgram: nothing,
    programs: { run: nothing },
    folders: { use: nothing },
    clock: systemClock,
    ruleOf: nothing,
    proofs: nothing,
    timingOf: nothing,
    networkPolicy: nothing,
  });
}

function nothing(): never {
  throw new TypeError("a step kind of the catalogue was executed");
}

function bareName(slash: string): string {
  return slash.replace(/^\//u, "");
}
