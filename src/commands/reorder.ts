import { assignTokens } from "./assign-tokens.ts";
import { isWord, tokensText } from "./token-text.ts";
import type { Command } from "./command.ts";
import { allItems, hasRest } from "./slash-pattern.ts";
import type { Token } from "./slash-text.ts";

const MOST_TOKENS = 8;

/**
 * The text as it was probably meant when its parts stand in the wrong order: two neighbouring parts are exchanged so that it
 * fits the grammar. Each fixed word and flag keeps what follows it (`to prod` stays together), and the rest keeps its order.
 */
export function reordered(command: Command, tokens: readonly Token[]): string | undefined {
  // In a text of several words nothing stands in the wrong order.
  if (tokens.length > MOST_TOKENS || hasRest(command.pattern)) return undefined;
  const words = allItems(command.pattern).flatMap((item) => (item.kind === "word" ? [item.word] : []));
  for (let start = 0; start < tokens.length; start += 1) {
    for (let middle = start + 1; middle < tokens.length; middle += 1) {
      for (let end = middle + 1; end <= tokens.length; end += 1) {
        const moved = [
          ...tokens.slice(0, start),
          ...tokens.slice(middle, end),
          ...tokens.slice(start, middle),
          ...tokens.slice(end),
        ];
        if (keepsMeaning(words, tokens, moved) && assignTokens(command, moved).ok) return tokensText(moved);
      }
    }
  }
  return undefined;
}

function keepsMeaning(words: readonly string[], before: readonly Token[], after: readonly Token[]): boolean {
  const isLeader = (token: Token | undefined): boolean =>
    token !== undefined &&
    ((token.value.startsWith("-") && !token.quoted) || words.some((word) => isWord(token, word)));
  const free = (tokens: readonly Token[]): readonly Token[] =>
    tokens.filter((token, index) => !isLeader(token) && !isLeader(tokens[index - 1]));
  const freeAfter = free(after);
  const keepsOrder = free(before).every((token, index) => token === freeAfter[index]);
  const keepsPairs = before.every(
    (token, index) => !isLeader(token) || after[after.indexOf(token) + 1] === before[index + 1],
  );
  return keepsOrder && keepsPairs;
}
