/** One part of what a person types after the slash. */
export type PatternItem =
  | { readonly kind: "word"; readonly word: string }
  /** With `rest` it takes every word up to the end of the text, or up to the optional words that end it. */
  | { readonly kind: "input"; readonly input: string; readonly rest?: true };

/** Words that may be left out, all together. */
export interface OptionalItems {
  readonly kind: "optional";
  readonly items: readonly PatternItem[];
}

/** `--again`, or `--reason <reason>` when `takesValue`; may stand anywhere and may be left out. */
export interface PatternFlag {
  readonly flag: string;
  readonly input: string;
  readonly takesValue: boolean;
}

/**
 * The grammar of one command: `/promote <service> <revision> to <environment> [--again]`.
 * The required items come first, then optional ones; an optional group that begins with an input may only be followed by
 * groups that begin with a word, so that every text can be read in one way only. `<reason...>`, after a word and in the last
 * place of what is required or optional, or alone in the only brackets, takes all the words that are left.
 */
export interface SlashPattern {
  readonly slash: string;
  readonly required: readonly PatternItem[];
  readonly optional: readonly OptionalItems[];
  readonly flags: readonly PatternFlag[];
}

interface PatternMistake {
  readonly offset: number;
  readonly length: number;
  readonly message: string;
}

export type PatternReading =
  | { readonly ok: true; readonly pattern: SlashPattern }
  | { readonly ok: false; readonly mistake: PatternMistake };

interface Piece {
  readonly text: string;
  readonly offset: number;
}

class PatternError extends Error {
  readonly piece: Piece;

  constructor(piece: Piece, message: string) {
    super(message);
    this.piece = piece;
  }
}

/** Reads the text of `on.slash`. */
export function readPattern(text: string): PatternReading {
  try {
    return { ok: true, pattern: read(text) };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    const { text: piece, offset } = error.piece;
    return { ok: false, mistake: { offset, length: Math.max(1, piece.length), message: error.message } };
  }
}

function read(text: string): SlashPattern {
  const [first, ...rest] = pieces(text);
  if (first === undefined || !/^\/[a-z0-9_-]{1,31}$/u.test(first.text)) {
    const example = "a slash and up to 31 small letters, digits, - or _, such as /promote";
    throw new PatternError(first ?? { text, offset: 0 }, `a slash command begins with ${example}`);
  }
  const required: PatternItem[] = [];
  const optional: OptionalItems[] = [];
  const flags: PatternFlag[] = [];
  for (let at = 0; at < rest.length; at += 1) {
    const piece = rest[at];
    if (piece === undefined) break;
    if (piece.text !== "[") {
      if (optional.length > 0) throw new PatternError(piece, "what is required comes before what is optional");
      required.push(readItem(piece));
      continue;
    }
    const close = rest.findIndex(({ text: end }, index) => index > at && end === "]");
    if (close === -1) throw new PatternError(piece, 'this "[" has no "]"');
    const group = rest.slice(at + 1, close);
    const flag = tryFlag(group);
    if (flag === undefined) optional.push(readOptional(piece, group, optional));
    else flags.push(flag);
    at = close;
  }
  const pattern = { slash: first.text.slice(1), required, optional, flags };
  refuseRepetition(pattern, { text, offset: 0 });
  refuseMisplacedRest(pattern, { text, offset: 0 });
  return pattern;
}

function pieces(text: string): readonly Piece[] {
  return [...text.matchAll(/[[\]]|<[^<>]*>|[^\s[\]<>]+|[<>]/gu)].map(({ 0: piece, index }) => ({
    text: piece,
    offset: index,
  }));
}

function readItem(piece: Piece): PatternItem {
  const [, input, rest] = /^<([a-z][A-Za-z0-9_]*)(\.{3})?>$/u.exec(piece.text) ?? [];
  if (input !== undefined) return rest === undefined ? { kind: "input", input } : { kind: "input", input, rest: true };
  if (/^[a-z][a-z-]{0,29}$/u.test(piece.text)) return { kind: "word", word: piece.text };
  if (piece.text.startsWith("--")) throw new PatternError(piece, `a flag is optional: write [${piece.text}]`);
  throw new PatternError(piece, `"${piece.text}" is neither a word in small letters nor an <input>`);
}

function tryFlag([first, second, ...rest]: readonly Piece[]): PatternFlag | undefined {
  if (first?.text.startsWith("--") !== true) return undefined;
  const flag = /^--([a-z][a-z-]{0,29})$/u.exec(first.text)?.[1];
  if (flag === undefined) throw new PatternError(first, "a flag has small letters and hyphens, such as --again");
  if (second === undefined) return { flag, input: camelCase(flag), takesValue: false };
  const item = readItem(second);
  if (item.kind !== "input" || item.rest === true || rest.length > 0)
    throw new PatternError(second, `write [--${flag}] or [--${flag} <input>]`);
  return { flag, input: item.input, takesValue: true };
}

function readOptional(open: Piece, group: readonly Piece[], before: readonly OptionalItems[]): OptionalItems {
  const items = group.map(readItem);
  const [first] = items;
  if (first === undefined) throw new PatternError(open, "there is nothing in these brackets");
  if (first.kind === "input" && before.length > 0) {
    throw new PatternError(open, "only the first optional group may begin with an input; put a word before it");
  }
  return { kind: "optional", items };
}

/** Every item of the pattern in its order, flags left out. */
export function allItems(pattern: SlashPattern): readonly PatternItem[] {
  return [...pattern.required, ...pattern.optional.flatMap(({ items }) => items)];
}

/** The inputs that the pattern names, in its order. */
export function patternInputs(pattern: SlashPattern): readonly string[] {
  const positional = allItems(pattern).flatMap((item) => (item.kind === "input" ? [item.input] : []));
  return [...positional, ...pattern.flags.map(({ input }) => input)];
}

/** The first word after the slash when it is fixed: `status` in `/qd status [<service>]`. */
export function patternVerb(pattern: SlashPattern): string | undefined {
  const [first] = pattern.required;
  return first?.kind === "word" ? first.word : undefined;
}

function refuseRepetition(pattern: SlashPattern, whole: Piece): void {
  const seen = new Set<string>();
  for (const input of patternInputs(pattern)) {
    if (seen.has(input)) throw new PatternError(whole, `the input <${input}> stands here twice`);
    seen.add(input);
  }
}

/** Whether one of its inputs takes the rest of the text. */
export function hasRest(pattern: SlashPattern): boolean {
  return allItems(pattern).some(isRest);
}

/** The word that stands before the input that takes the rest of the text; undefined when there is no such input. */
export function restWord(pattern: SlashPattern): string | undefined {
  const items = allItems(pattern);
  const before = items[items.findIndex((item) => item.kind === "input" && item.rest === true) - 1];
  return before?.kind === "word" ? before.word : undefined;
}

function isRest(item: PatternItem | undefined): boolean {
  return item?.kind === "input" && item.rest === true;
}

function refuseMisplacedRest(pattern: SlashPattern, whole: Piece): void {
  const { required, optional } = pattern;
  const count = allItems(pattern).filter(isRest).length;
  if (count === 0) return;
  if (count > 1) throw new PatternError(whole, "only one input can take the rest of the text");
  const isLast = isRest(required.at(-1)) || isRest(optional.at(-1)?.items.at(-1));
  const begins = optional.every(({ items: [first] }) => first?.kind === "word");
  if (isLast && begins && restWord(pattern) !== undefined) return;
  // Alone in the only brackets it is what is left in any case.
  const [only, ...others] = optional;
  if (only?.items.length === 1 && isRest(only.items[0]) && others.length === 0) return;
  const right = "it stands after a word, or alone in the only brackets, and nothing but optional words follow it";
  throw new PatternError(whole, `an input with "..." takes the rest of the text: ${right}`);
}

function camelCase(flag: string): string {
  return flag.replaceAll(/-([a-z])/gu, (_, letter: string) => letter.toUpperCase());
}
