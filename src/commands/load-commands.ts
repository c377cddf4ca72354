import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { AppError, errorText } from "../platform/errors.ts";
import type { CommandDiagnostic } from "./command-source.ts";
import type { CommandSetting } from "./command-draft.ts";
import type { Command, SubCommand } from "./command.ts";
import { linkCommands } from "./link-commands.ts";
import { commandId, type CommandReading, type CommandText, readCommand } from "./read-command.ts";
import { patternVerb } from "./slash-pattern.ts";
import { reachableFrom, type UsesGraph } from "./uses-graph.ts";

/** All commands of a folder. Those with diagnostics are not among them; nothing should start while there are any. */
export interface CommandSet {
  /** Those that people can type. */
  readonly commands: readonly Command[];
  /** Those that are only used by others. */
  readonly subCommands: readonly SubCommand[];
  readonly diagnostics: readonly CommandDiagnostic[];
  /** Which commands each of them uses. */
  readonly uses: UsesGraph;
}

/** Reads every `*.yaml` of the folder, in the order of their names. Throws an AppError `commands.unreadable`. */
export async function readCommandFolder(folder: string): Promise<readonly CommandText[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => !entry.isDirectory() && /^[^.].*\.ya?ml$/u.test(entry.name));
    const files = names.map(({ name }) => join(folder, name)).toSorted();
    return await Promise.all(files.map(async (file) => ({ file, text: await readFile(file, "utf8") })));
  } catch (error) {
    const message = `The command files in "${folder}" cannot be read: ${errorText(error)}. Set QUARTERDECK_COMMANDS to the folder that holds them.`;
    throw new AppError(message, { code: "commands.unreadable" });
  }
}

/** Reads and checks all command files, each by itself and then against one another. Pure; never throws for what is in them. */
export function loadCommands(texts: readonly CommandText[], setting: CommandSetting): CommandSet {
  const readings = texts.map((text) => readCommand(text, setting));
  const { links, uses } = linkCommands(readings, setting);
  const diagnostics = links.flatMap((link) => link.diagnostics);
  const commands: Command[] = [];
  const subCommands: SubCommand[] = [];
  const owners = new Map<string, CommandReading>();
  for (const { reading, command } of links) {
    if (command === undefined) continue;
    const clashes = claimsOf(command).filter(({ claim }) => owners.has(claim));
    for (const { claim, path, what } of clashes) {
      const message = `${what} is taken by ${owners.get(claim)?.source.file ?? "another file"} already`;
      diagnostics.push(reading.source.diagnostic(reading.source.valueSpan(path), message));
    }
    for (const { claim } of claimsOf(command)) if (!owners.has(claim)) owners.set(claim, reading);
    if (clashes.length > 0) continue;
    const { pattern, ...bare } = command;
    if (pattern === undefined) subCommands.push(bare);
    else commands.push({ ...bare, pattern });
  }
  return { commands, subCommands, diagnostics, uses };
}

/** One command, with what it uses at any depth and what is wrong in any of them; nothing of the others. */
export function commandsBehind(set: CommandSet, id: string): CommandSet {
  const ids = reachableFrom(set.uses, id);
  return {
    commands: set.commands.filter((command) => ids.has(command.id)),
    subCommands: set.subCommands.filter((command) => ids.has(command.id)),
    diagnostics: set.diagnostics.filter(({ file }) => ids.has(commandId(file))),
    uses: set.uses,
  };
}

interface Claim {
  readonly claim: string;
  readonly path: readonly string[];
  readonly what: string;
}

/** What only one command may have: its id, its name, and its slash command with the verb after it. */
function claimsOf({ id, name, pattern }: SubCommand & Partial<Command>): readonly Claim[] {
  const own = [
    { claim: `id ${id}`, path: [], what: `the file name ${id}` },
    { claim: `name ${name.toLowerCase()}`, path: ["name"], what: `the name "${name}"` },
  ];
  if (pattern === undefined) return own;
  const verb = patternVerb(pattern);
  const typed = verb === undefined ? `/${pattern.slash}` : `/${pattern.slash} ${verb}`;
  return [...own, { claim: `slash ${typed}`, path: ["on", "slash"], what: typed }];
}
