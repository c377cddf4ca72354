import { dirname } from "node:path";

import { type CommandSet, commandsBehind } from "../commands/load-commands.ts";
import { commandId, type CommandText } from "../commands/read-command.ts";
import type { Environment } from "../config/environment.ts";
import { didYouMean } from "../platform/did-you-mean.ts";
import { AppError } from "../platform/errors.ts";

/** Which command an argument names: by its file, which is read with the others of its folder, or by its id among all commands. */
export interface CommandArgument {
  readonly id: string;
  /** The folder of the file; undefined for a command that is named by its id. */
  readonly folder: string | undefined;
}

export function readCommandArgument(argument: string): CommandArgument {
  const isFile = /\.ya?ml$/u.test(argument) || argument.includes("/");
  return { id: commandId(argument), folder: isFile ? dirname(argument) : undefined };
}

/** The command that is named and what it uses. Throws an AppError `usage` where there is no such file. */
export function chosenCommands(
  { commands, texts }: { readonly commands: CommandSet; readonly texts: { readonly commands: readonly CommandText[] } },
  { id, folder }: CommandArgument,
  { commandsFolder }: Pick<Environment, "commandsFolder">,
): CommandSet {
  const ids = texts.commands.map(({ file }) => commandId(file));
  if (ids.includes(id)) return commandsBehind(commands, id);
  const near = didYouMean(id, ids);
  const hint = near === undefined ? `There is: ${ids.toSorted().join(", ")}.` : `Did you mean "${near}"?`;
  throw new AppError(`There is no command file "${id}.yaml" in "${folder ?? commandsFolder}". ${hint}`, {
    code: "usage",
  });
}
