import { tryDuration } from "../platform/duration.ts";
import type { Command } from "./command.ts";
import type { OptionalItems } from "./slash-pattern.ts";
import type { Token } from "./slash-text.ts";

/** The last words of a text that were probably meant as a duration. */
export interface MeantDuration {
  readonly meant: readonly Token[];
  /** How it would be written, such as `2h`; undefined when that cannot be told. */
  readonly right: string | undefined;
}

// A number and a unit, written together or apart.
const MOST_WORDS = 2;
const AMOUNT = /^(?:\d|(?:an?|one)$)/iu;
const UNIT =
  /^(\d{1,9}(?:\.\d{1,3})?) ?(?:(s)(?:ecs?|econds?)?|(m)(?:ins?|inutes?)?|(h)(?:rs?|ours?)?|(d)(?:ays?)?)\.?$/u;

/**
 * Finds `for 2 hours` at the end of a text that takes all the words that are left: read as a part of the text, it would make
 * something last for good that somebody meant to end.
 */
export function meantDuration(
  command: Command,
  { rest, groups }: { readonly rest: readonly Token[]; readonly groups: readonly OptionalItems[] },
): MeantDuration | undefined {
  for (const { items } of groups) {
    const [word, value] = items;
    if (word?.kind !== "word" || value?.kind !== "input") continue;
    const input = command.inputs.find(({ name }) => name === value.input);
    const meant = input?.definition.type === "duration" ? wordsAfter(word.word, rest) : [];
    const [first] = meant;
    if (first !== undefined && !first.quoted && AMOUNT.test(first.value)) return { meant, right: written(meant) };
  }
  return undefined;
}

/** What follows the word at its last place; nothing where the word begins the text, or where too much follows. */
function wordsAfter(word: string, rest: readonly Token[]): readonly Token[] {
  const at = rest.findLastIndex((token) => !token.quoted && token.value.toLowerCase() === word);
  const after = rest.slice(at + 1);
  return at < 1 || after.length > MOST_WORDS ? [] : after;
}

function written(tokens: readonly Token[]): string | undefined {
  const text = tokens.map(({ value }) => value.toLowerCase().replace(/^(?:an?|one)$/u, "1")).join(" ");
  const [, amount = "", ...units] = UNIT.exec(text) ?? [];
  const right = amount + units.join("");
  return tryDuration(right) === undefined ? undefined : right;
}
