/**
 * Of what explains a typing mistake over several lines, what fits one: the sentence, what would have been typed, and what was meant. A
 * text of one line stays as it is. Pure.
 */
export function mistakeLine(text: string): string {
  const [sentence = "", ...more] = text.split("\n");
  const end = more.findIndex((line) => line.startsWith("Usage:"));
  const [typed, ...meant] = (end < 0 ? [] : more.slice(0, end)).filter((line) => !/^ *\^+$/u.test(line));
  return [sentence, ...(typed === undefined ? [] : [`It would have been typed as: ${typed}.`]), ...meant].join(" ");
}
