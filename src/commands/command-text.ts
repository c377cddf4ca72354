import type { Command } from "./command.ts";
import { allItems } from "./slash-pattern.ts";
import { quoteToken } from "./slash-text.ts";

/** The text that matches the command with these values as typed; inputs without a value are left out. */
export function commandText(command: Command, values: Readonly<Record<string, string | true>>): string {
  const { slash, required, optional, flags } = command.pattern;
  const fixed = allItems(command.pattern).flatMap((item) => (item.kind === "word" ? [item.word] : []));
  const words = new Set([...fixed, "help", "?"]);
  const items = [...required, ...optional.flatMap((group) => (isGiven(group.items, values) ? group.items : []))];
  const texts = items.map((item) => {
    if (item.kind === "word") return item.word;
    return item.rest === true ? restText(values[item.input], words) : valueText(values[item.input], words);
  });
  const flagTexts = flags.flatMap(({ flag, input, takesValue }) => {
    const value = values[input];
    if (value === undefined) return [];
    return takesValue ? [`--${flag}`, valueText(value, words)] : [`--${flag}`];
  });
  return [`/${slash}`, ...texts, ...flagTexts].join(" ");
}

function isGiven(
  items: readonly { readonly kind: string; readonly input?: string }[],
  values: Readonly<Record<string, string | true>>,
): boolean {
  return items.some(({ input }) => input !== undefined && values[input] !== undefined);
}

/** Several words stand as they are, unless they could be read as something else. */
function restText(value: string | true | undefined, words: ReadonlySet<string>): string {
  const text = value === undefined || value === true ? "" : value;
  const isPlain = text
    .split(" ")
    .every((word) => /^[^\s"'\u2013\u2014]+$/u.test(word) && !words.has(word.toLowerCase()));
  return isPlain ? text : `"${text.replaceAll(/["\\]/gu, String.raw`\$&`)}"`;
}

function valueText(value: string | true | undefined, words: ReadonlySet<string>): string {
  const text = value === undefined || value === true ? "" : value;
  return words.has(text.toLowerCase()) ? `"${text}"` : quoteToken(text);
}
