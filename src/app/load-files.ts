import { dirname } from "node:path";

import { readCommandFolder, loadCommands, type CommandSet } from "../commands/load-commands.ts";
import type { CommandText } from "../commands/read-command.ts";
import { validateReport, type ValidateReport } from "../commands/validate-report.ts";
import type { Configuration } from "../config/configuration.ts";
import type { Environment } from "../config/environment.ts";
import type { Fault } from "../config/fault.ts";
import { grantedVerbs } from "../commands/granted-verbs.ts";
import { grantedVerbFaults } from "../config/granted-verb-faults.ts";
import { checkConfiguration, type ConfigurationResult, readConfigurationText } from "../config/load-configuration.ts";
import type { StepKind } from "../engine/step-kind.ts";
import { systemClock } from "../platform/clock.ts";
import { diagnosticText, InvalidFileError } from "../platform/diagnostic.ts";
import { AppError } from "../platform/errors.ts";
import { BUILTIN } from "../steps/builtin-steps.ts";
import { IDLE_DEPS } from "../steps/idle-deps.ts";
import { loadPlugins } from "../steps/plugins/load-plugins.ts";
import type { LoadedPlugin } from "../steps/plugins/plugin-kinds.ts";
import type { StepDeps } from "../steps/step-deps.ts";
import { stepsOf } from "../steps/steps-of.ts";
import { triggerFaults } from "./triggers.ts";
import { scheduleFaults } from "../triggers/schedule/schedule-faults.ts";

/** The configuration and the commands, read and checked together. */
export interface LoadedFiles {
  readonly configuration: Configuration;
  readonly commands: CommandSet;
  /** The step kinds of one's own, as they were loaded. */
  readonly plugins: readonly LoadedPlugin[];
  /** What they were read from. */
  readonly texts: { readonly configuration: string; readonly commands: readonly CommandText[] };
}

interface Wanted {
  /** Has the command files where they are others than those of the environment. */
  readonly folder?: string | undefined;
  /** What this process has loaded already: code is loaded once. */
  readonly plugins?: readonly LoadedPlugin[] | undefined;
}

/**
 * Reads both. Throws with every diagnostic for the configuration, because without it the commands cannot be judged;
 * diagnostics of the commands are in the result. The plug-ins that the configuration names are executed for it.
 */
export async function loadFiles(
  environment: Environment,
  { folder, plugins: known }: Wanted = {},
): Promise<LoadedFiles> {
  const file = environment.configurationFile;
  // Where both are missing, it is the one that everybody has to write.
  const text = await readConfigurationText(file);
  const texts = await readCommandFolder(folder ?? environment.commandsFolder);
  const source = { text, file };
  const checked = checkConfiguration(source);
  const { plugins, faults } = known === undefined ? await loadNamed(checked, file) : { plugins: known, faults: [] };
  const commandsFor = ({ slack, secrets, programs }: Configuration): CommandSet => {
    const slashNames = { promote: bareName(slack.commands.promote), qd: bareName(slack.commands.main) };
    const catalogue = stepCatalogue(plugins, programs);
    return loadCommands(texts, { catalogue, slashNames, secrets: Object.keys(secrets) });
  };
  const furtherFaults = (valid: Configuration, commands: CommandSet): readonly Fault[] => {
    // Without all kinds it is not known what commands there are. Grants are for those of the environment, and other files have
    // verbs of their own.
    if (faults.length > 0 || folder !== undefined) return faults;
    const usable = validateReport(commands).exitStatus === 0 ? commands.commands : undefined;
    return [
      ...grantedVerbFaults(valid, verbsOf(commands)),
      ...scheduleFaults(valid, usable),
      ...triggerFaults(valid, usable),
    ];
  };
  if (checked.kind === "valid") {
    const { configuration } = checked;
    const commands = commandsFor(configuration);
    const isGood = furtherFaults(configuration, commands).length === 0;
    if (isGood) return { configuration, commands, plugins, texts: { configuration: text, commands: texts } };
  }
  // Once more, for everything that is wrong with its place.
  const result = checkConfiguration(source, (valid) => furtherFaults(valid, commandsFor(valid)));
  throw new InvalidFileError("configuration.invalid", result.kind === "invalid" ? result.diagnostics : []);
}

/** The plug-ins that a configuration names; none while mistakes in it leave open which. */
async function loadNamed(
  checked: ConfigurationResult,
  file: string,
): Promise<{ readonly plugins: readonly LoadedPlugin[]; readonly faults: readonly Fault[] }> {
  if (checked.kind === "invalid" || checked.configuration.steps.length === 0) return { plugins: [], faults: [] };
  const { steps } = checked.configuration;
  const loaded = await loadPlugins({ steps, from: dirname(file), clock: systemClock });
  const faults = loaded.faults.map(({ index, message }): Fault => ({ path: ["steps", index], part: "value", message }));
  return { plugins: loaded.plugins, faults };
}

/** The verbs that can be granted; undefined while mistakes in the command files leave that open. */
function verbsOf(commands: CommandSet): readonly string[] | undefined {
  if (validateReport(commands).exitStatus !== 0) return undefined;
  return commands.commands.flatMap(({ body }) => grantedVerbs(body));
}

/** The commands, or an error that lists what is wrong in their files. */
export function usableCommands({ commands, configuration, plugins }: LoadedFiles): CommandSet["commands"] {
  const report: ValidateReport = validateReport(commands);
  if (report.exitStatus === 0) return commands.commands;
  const problems = report.json.diagnostics.map((diagnostic) => diagnosticText(diagnostic));
  const named = new Set(plugins.map((plugin) => plugin.named));
  const isLoaded = configuration.steps.every((step) => named.has(step));
  const later = isLoaded
    ? []
    : ["What `steps` names anew is loaded at the next start: commands that use it wait for that"];
  throw new AppError(report.text, { code: "commands.invalid", details: { problems: [...problems, ...later] } });
}

/** The step kinds as command files see them: what they take and give, and which programs they may run. Nothing of this is ever executed. */
export function stepCatalogue(
  plugins: readonly LoadedPlugin[],
  programs: Configuration["programs"] = {},
): ReadonlyMap<string, StepKind> {
  const allowedProgram: StepDeps["allowedProgram"] = (name) =>
    Object.hasOwn(programs, name) ? programs[name] : undefined;
  return stepsOf([BUILTIN, ...plugins], { ...IDLE_DEPS, allowedProgram });
}

function bareName(slash: string): string {
  return slash.replace(/^\//u, "");
}
