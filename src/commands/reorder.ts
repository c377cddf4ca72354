import { assignTokens, isWord, tokensText } from "./assign-tokens.ts";
import type { Command } from "./command.ts";
import { allItems } from "./slash-pattern.ts";
import type { Token } from "./slash-text.ts";

const MOST_TOKENS = 8;

/**
 * The text as it was probably meant when its parts stand in the wrong order: two neighbouring parts are exchanged so that it
 * fits the grammar, and each fixed word keeps what follows it (`to prod` stays together).
 */
export function reordered(command: Command, tokens: readonly Token[]): string | undefined {
  if (tokens.length > MOST_TOKENS) return undefined;
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
        if (keepsPairs(words, tokens, moved) && assignTokens(command, moved).ok) return tokensText(moved);
      }
    }
  }
  return undefined;
}

function keepsPairs(words: readonly string[], before: readonly Token[], after: readonly Token[]): boolean {
  return before.every((token, index) => {
    if (!words.some((word) => isWord(token, word))) return true;
    return after[after.indexOf(token) + 1] === before[index + 1];
  });
}
