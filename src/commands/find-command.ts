import { didYouMean } from "../platform/did-you-mean.ts";
import { isWord, tokensText } from "./token-text.ts";
import type { Command } from "./command.ts";
import { patternVerb } from "./slash-pattern.ts";
import type { Token } from "./slash-text.ts";

export type FoundCommand =
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "help" }
  | {
      readonly kind: "none";
      readonly code: "empty" | "unknown-command";
      readonly message: string;
      readonly token?: Token;
      readonly fixed?: string;
    };

const HELP = ["help", "--help", "-h", "?"];

/** The command that the first word chooses among those of one slash: a verb, `help`, or the only one without a verb. */
export function findCommand(commands: readonly Command[], tokens: readonly Token[]): FoundCommand {
  const [first] = tokens;
  const byVerb = commands.find(({ pattern }) => isWord(first, patternVerb(pattern) ?? ""));
  if (byVerb !== undefined) return { kind: "command", command: byVerb };
  if (tokens.length === 1 && HELP.some((word) => isWord(first, word))) return { kind: "help" };
  const direct = commands.find(({ pattern }) => patternVerb(pattern) === undefined);
  return direct === undefined ? noCommand(commands, tokens) : { kind: "command", command: direct };
}

function noCommand(commands: readonly Command[], tokens: readonly Token[]): FoundCommand {
  const [first] = tokens;
  const verbs = commands.flatMap(({ pattern }) => patternVerb(pattern) ?? []);
  if (verbs.length === 0) return { kind: "none", code: "unknown-command", message: "there is no such command" };
  const known = `there is: ${verbs.toSorted().join(", ")}`;
  if (first === undefined)
    return { kind: "none", code: "empty", message: `a word is missing that says what to do; ${known}` };
  const near = didYouMean(first.value, verbs) ?? onlyWithPart(first.value, verbs);
  const fixed = near === undefined ? {} : { fixed: tokensText(tokens, { token: first, by: near }) };
  return { kind: "none", code: "unknown-command", message: `this is no command; ${known}`, token: first, ...fixed };
}

/** The only verb that has the word as one of its own words: `drift` is short for `nightly-drift`. */
function onlyWithPart(word: string, verbs: readonly string[]): string | undefined {
  const [found, ...more] = verbs.filter((verb) => verb.split("-").includes(word.toLowerCase()));
  return more.length === 0 ? found : undefined;
}
