import type { Command } from "../commands/command.ts";
import { patternVerb } from "../commands/slash-pattern.ts";
import type { Refusal } from "./api-answer.ts";

const MARK = /^ *\^+$/u;

/**
 * A refusal that names commands as whoever asks over the API does: `promote checkout abc123 to prod`, which is also what stands after
 * `quarterdeck run`, and no slash, which only people type into Slack. Pure.
 */
export function withoutSlashes(refusal: Refusal, commands: readonly Command[]): Refusal {
  const { message, suggestions } = refusal;
  return {
    ...refusal,
    message: renamed(message, commands),
    suggestions: suggestions?.map((text) => renamed(text, commands)),
  };
}

function renamed(text: string, commands: readonly Command[]): string {
  const named = new Map(commands.map((command) => [beginningOf(command), command.id]));
  if (named.size === 0) return text;
  const longestFirst = [...named.keys()].toSorted((left, right) => right.length - left.length);
  const any = longestFirst.map((beginning) => beginning.replaceAll(/[^\w/ ]/gu, String.raw`\$&`)).join("|");
  // An address and a path have slashes too.
  const beginnings = new RegExp(String.raw`(?<![\w/.\-])(?:${any})(?![\w/\-])`, "gu");
  let shorterBy = 0;
  const lines = text.split("\n").map((line) => {
    // It points at something in the line above.
    if (MARK.test(line)) return line.slice(Math.min(shorterBy, line.indexOf("^")));
    const spoken = line.replaceAll(beginnings, (beginning) => named.get(beginning) ?? beginning);
    shorterBy = line.length - spoken.length;
    return spoken;
  });
  return lines.join("\n");
}

function beginningOf({ pattern }: Command): string {
  return [`/${pattern.slash}`, patternVerb(pattern) ?? ""].join(" ").trim();
}
