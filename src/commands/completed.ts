import { assignTokens } from "./assign-tokens.ts";
import { isWord, tokensText } from "./token-text.ts";
import type { Command } from "./command.ts";
import { allItems, hasRest } from "./slash-pattern.ts";
import type { Token } from "./slash-text.ts";

const MOST_TOKENS = 8;
// What a text of several words takes at its end is not looked at.
const MOST_WITH_REST = 60;

/** The text as it was probably meant when a fixed word was left out or another one stands in its place (`checkout abc123 prod`). */
export function completed(command: Command, tokens: readonly Token[]): string | undefined {
  if (tokens.length > (hasRest(command.pattern) ? MOST_WITH_REST : MOST_TOKENS)) return undefined;
  for (const item of allItems(command.pattern)) {
    if (item.kind !== "word" || tokens.some((token) => isWord(token, item.word))) continue;
    const word = { value: item.word, offset: 0, length: 0, quoted: false };
    for (const index of tokens.slice(0, MOST_TOKENS).keys()) {
      const before = tokens.slice(0, index);
      const candidates = [
        [...before, word, ...tokens.slice(index)],
        [...before, word, ...tokens.slice(index + 1)],
      ];
      const fitting = candidates.find(
        (candidate) => keepsTexts(tokens, candidate) && assignTokens(command, candidate).ok,
      );
      if (fitting !== undefined) return tokensText(fitting);
    }
  }
  return undefined;
}

// What somebody put in quotes, or as a flag, was not meant to be a word of the grammar.
function keepsTexts(before: readonly Token[], after: readonly Token[]): boolean {
  return before.every((token) => after.includes(token) || (!token.quoted && !token.value.startsWith("-")));
}
