import type { Answers } from "../commands/command-file.ts";
import type { Command } from "../commands/command.ts";
import { patternVerb } from "../commands/slash-pattern.ts";

/** What a command begins with, such as `/qd sync`. */
export function commandName({ pattern }: Command): string {
  return [`/${pattern.slash}`, patternVerb(pattern) ?? ""].join(" ").trim();
}

/** What the command that answers the question begins with, by the names that the commands have here; undefined without one. */
export function questionName(commands: readonly Command[], question: Answers): string | undefined {
  const command = commands.find(({ body }) => body.kind === "answers" && body.answers === question);
  return command === undefined ? undefined : commandName(command);
}
