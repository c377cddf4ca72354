import { mutateJson } from "./mutate-json.ts";

/** What chance has to work with. */
export interface Material {
  /** From 0 up to 1. */
  readonly fraction: () => number;
  /** Inputs that reached something. */
  readonly kept: readonly string[];
  readonly words: readonly string[];
  readonly longest: number;
}

// What has broken parsers before: limits of numbers, names that JavaScript takes for something else, invisible and mirrored characters,
// halves of characters, what shells, templates, YAML, JSON, URLs and Slack give a meaning to.
const NASTY = [
  "",
  "\0",
  "\n",
  "\r\n",
  "\t",
  " ",
  "\u00A0",
  "\u200B",
  "\u202E",
  "\uFEFF",
  "\uD800",
  "\uDC00",
  "\u{1F600}",
  "e\u0301",
  "\u2028",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "null",
  "undefined",
  "NaN",
  "true",
  "-0",
  "-1",
  "0",
  "1e309",
  "9007199254740993",
  "4294967296",
  "0x7fffffff",
  "${{",
  "}}",
  "${{ ",
  " }}",
  "{{",
  "%00",
  "%2e%2e%2f",
  "../",
  "..\\",
  "/etc/passwd",
  "--",
  "-",
  "--upload-pack=x",
  "@file",
  "@",
  "$(id)",
  "`id`",
  ";",
  "|",
  "&",
  "&amp;",
  "<",
  ">",
  "<@U1|x>",
  "<!here>",
  "<https://x|y>",
  "'",
  '"',
  "\\",
  '\\"',
  "\u201C",
  "\u2014",
  "[",
  "]",
  "{",
  "}",
  "[[[[[[[[",
  "{{{{{{{{",
  "((((((((",
  "&a [*a,*a]",
  "*a",
  "!!js/function",
  "? ",
  ": ",
  "- ",
  "| ",
  "> ",
  "#",
  "%",
  "=",
  "?",
  "//",
  "data: ",
  "data:",
  "event: ",
  "\n\n",
  '{"result":',
  '{"error":',
  "[]",
  "{}",
  '""',
] as const;

/** Another input, made from one that is there. */
export function mutate(input: string, material: Material): string {
  const { fraction, longest } = material;
  let text = input;
  const steps = 1 + Math.floor(fraction() ** 2 * 8);
  // Cut after each step: what is made 200 times longer three times over is longer than any string can be.
  for (let step = 0; step < steps; step += 1) text = mutateOnce(text, material).slice(0, longest);
  return text;
}

function mutateOnce(text: string, material: Material): string {
  const { fraction } = material;
  const isJson = /^\s*[[{]/u.test(text);
  if (isJson && fraction() < 0.6) return mutateJson(text, { fraction, word: () => wordOf(material) }) ?? text;
  const at = Math.floor(fraction() * (text.length + 1));
  const length = Math.floor(fraction() ** 3 * (text.length - at + 1));
  const head = text.slice(0, at);
  const tail = text.slice(at + length);
  const cut = text.slice(at, at + length);
  switch (Math.floor(fraction() * 10)) {
    case 0:
      return head + tail;
    case 1:
      return head + wordOf(material) + text.slice(at);
    case 2:
      return head + wordOf(material) + tail;
    case 3:
      return head + cut.repeat(2 + Math.floor(fraction() ** 4 * 200)) + tail;
    case 4:
      return head + characterOf(fraction) + text.slice(at + 1);
    case 5:
      return head + characterOf(fraction) + text.slice(at);
    case 6:
      return head + splice(material) + tail;
    case 7:
      return head + wordOf(material).repeat(1 + Math.floor(fraction() ** 4 * 2000)) + tail;
    case 8:
      return head + Array.from(cut).toReversed().join("") + tail;
    default:
      return text.slice(0, at) + text.slice(Math.floor(fraction() * (text.length + 1)));
  }
}

function splice({ kept, fraction }: Material): string {
  const other = kept[Math.floor(fraction() * kept.length)] ?? "";
  const start = Math.floor(fraction() * other.length);
  return other.slice(start, start + Math.floor(fraction() * (other.length - start + 1)));
}

function wordOf({ words, fraction }: Material): string {
  const list = words.length > 0 && fraction() < 0.6 ? words : NASTY;
  return list[Math.floor(fraction() * list.length)] ?? "";
}

function characterOf(fraction: () => number): string {
  const kind = fraction();
  if (kind < 0.7) return String.fromCharCode(32 + Math.floor(fraction() * 95));
  return String.fromCharCode(Math.floor(fraction() * (kind < 0.9 ? 256 : 65_536)));
}
