import { parseArgs } from "node:util";

import type { Command, SubCommand } from "../commands/command.ts";
import { validateReport } from "../commands/validate-report.ts";
import { readEnvironment } from "../config/environment.ts";
import { Inventory } from "../inventory/inventory.ts";
import { AppError } from "../platform/errors.ts";
import { SecretMask } from "../platform/masking.ts";
import { chosenCommands, readCommandArgument } from "./command-argument.ts";
import { type LoadedFiles, loadFiles } from "./load-files.ts";
import { forecast } from "./plan-forecast.ts";
import { planInputs } from "./plan-inputs.ts";
import { planText } from "./plan-text.ts";
import { explained } from "./validate.ts";

const USAGE = "Usage: quarterdeck plan FILE|NAME [--inputs NAME=VALUE ...] [--json]";

interface Arguments {
  readonly name: string;
  readonly given: ReadonlyMap<string, string>;
  readonly isJson: boolean;
}

/**
 * `quarterdeck plan`: prints what a command would do with some inputs, from files alone: no server, no Slack, no Argo CD, no Git
 * is asked. Ends with 1 where something is wrong in the files or the inputs.
 */
export async function plan(args: readonly string[]): Promise<number> {
  const wanted = readArguments(args);
  return await explained(wanted.isJson, async () => {
    const environment = readEnvironment(new SecretMask());
    const argument = readCommandArgument(wanted.name);
    const loaded = await loadFiles(environment, { folder: argument.folder });
    const chosen = chosenCommands(loaded, argument, environment);
    const report = validateReport(chosen);
    if (report.exitStatus !== 0) {
      print(wanted, report);
      return 1;
    }
    const command = [...chosen.commands, ...chosen.subCommands].find(({ id }) => id === argument.id);
    if (command === undefined) throw new TypeError(`${argument.id} is neither a command nor a mistake`);
    return printPlan(wanted, { loaded, command });
  });
}

function printPlan(
  wanted: Arguments,
  { loaded, command }: { readonly loaded: LoadedFiles; readonly command: SubCommand & Partial<Command> },
): number {
  if (command.body.kind !== "plan") {
    throw new AppError(`"${command.id}" starts no run, so there is nothing to plan.`, { code: "usage" });
  }
  const { configuration } = loaded;
  const inventory = new Inventory(configuration);
  const isDiscovered = configuration.discovery !== undefined;
  const { inputs, mistakes } = planInputs({ inputs: command.inputs, given: wanted.given, inventory, isDiscovered });
  if (mistakes.length > 0) {
    const text = mistakes.map((mistake) => `${command.id}: ${mistake}`).join("\n");
    print(wanted, { text, json: { ok: false, mistakes } });
    return 1;
  }
  const found = forecast({ command, plan: command.body.plan, inputs, inventory, configuration });
  print(wanted, { text: planText(found), json: { ok: true, ...found } });
  return 0;
}

function print({ isJson }: Arguments, { text, json }: { readonly text: string; readonly json: unknown }): void {
  process.stdout.write(isJson ? `${JSON.stringify(json)}\n` : `${text}\n`);
}

function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parsed(args);
  const [name, ...rest] = positionals;
  if (name === undefined) throw new AppError(USAGE, { code: "usage" });
  const given = new Map<string, string>();
  for (const text of [...(values.inputs ?? []), ...rest]) {
    const at = text.indexOf("=");
    const key = text.slice(0, at);
    if (at < 1) throw new AppError(`"${text}" is no input; write name=value. ${USAGE}`, { code: "usage" });
    if (given.has(key)) throw new AppError(`"${key}" is given twice. ${USAGE}`, { code: "usage" });
    given.set(key, text.slice(at + 1));
  }
  return { name, given, isJson: values.json === true };
}

function parsed(args: readonly string[]) {
  try {
    const options = { inputs: { type: "string", multiple: true }, json: { type: "boolean" } } as const;
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (cause) {
    throw new AppError(USAGE, { code: "usage", cause });
  }
}
