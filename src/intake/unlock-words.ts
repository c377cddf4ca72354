import type { Command } from "../commands/command.ts";
import { commandText } from "../commands/command-text.ts";
import type { HandLock } from "../domain/hand-lock.ts";

/** What is typed to lift a lock: `/qd unlock checkout in prod`, by the names that the commands have here; undefined without such a command. */
export function unlockWords(commands: readonly Command[], { key }: Pick<HandLock, "key">): string | undefined {
  const unlock = commands.find(({ body }) => body.kind === "acts" && body.acts === "unlock");
  if (unlock === undefined) return undefined;
  const slash = key.lastIndexOf("/");
  const named: Readonly<Record<string, string>> = { service: key.slice(0, slash), environment: key.slice(slash + 1) };
  const values = unlock.inputs.flatMap(({ name, definition }): [string, string][] => {
    const value = named[definition.type];
    return value === undefined ? [] : [[name, value]];
  });
  return commandText(unlock, Object.fromEntries(values));
}
