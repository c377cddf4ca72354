/** A word or a quoted text of what a person typed. Offsets are in the normalised text. */
export interface Token {
  readonly value: string;
  readonly offset: number;
  readonly length: number;
  /** Quoted tokens are never taken for words or flags of the grammar. */
  readonly quoted: boolean;
  /** The Slack user whom the word names, where Slack made a mention of it. */
  readonly person?: string | undefined;
}

interface TextMistake {
  readonly message: string;
  readonly offset: number;
  readonly length: number;
}

export type TextReading =
  | { readonly ok: true; readonly text: string; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly text: string; readonly mistake: TextMistake };

/** Slack limit: a message, and so the text of a slash command, has at most so many characters that matter to us. */
const LONGEST_TEXT = 3000;
const SHOWN_OF_LONG_TEXT = 200;

/**
 * Reads the text of a slash command as Slack sends it: entities and links decoded, quotes, dashes and spaces that keyboards
 * "improve" put right, then split at white space outside of quotes. Control characters and invisible direction marks are
 * refused, because they make a text look like another one.
 */
export function readSlashText(sent: string): TextReading {
  if (sent.length > LONGEST_TEXT) {
    const message = `this is too long: ${sent.length} characters, at most ${LONGEST_TEXT} can be read`;
    const text = cleaned(sent.slice(0, SHOWN_OF_LONG_TEXT));
    return { ok: false, text, mistake: { message, offset: 0, length: 1 } };
  }
  const people = new Map<string, string>();
  const text = normalise(decodeSlack(sent, people));
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const forbidden = /[\u0000-\u001F\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]|\p{Surrogate}/u.exec(
    text,
  );
  if (forbidden === null) return withPeople(split(text), people);
  const code = forbidden[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0") ?? "";
  const message = `there is an invisible or control character (U+${code}) here; type the text anew`;
  return { ok: false, text: cleaned(text), mistake: { message, offset: forbidden.index, length: 1 } };
}

/** Every forbidden character as one visible one, so that places stay the same. */
function cleaned(text: string): string {
  return text.replaceAll(/\p{C}/gu, (char) => "\u00B7".repeat(char.length));
}

/**
 * `<@U1|ana>`, `<#C1|deploys>`, `<!here>`, `<https://x|x>` as the person saw them, then the three entities. Who was mentioned is
 * noted in `people`, by the word that stands there then.
 */
function decodeSlack(text: string, people: Map<string, string>): string {
  return text
    .replaceAll(/<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>/gu, (_, sigil: string, body: string, label: string | undefined) => {
      const shown = decodeReference(sigil, body, label);
      if (sigil === "@") people.set(normalise(shown), body);
      return shown;
    })
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

function withPeople(reading: TextReading, people: ReadonlyMap<string, string>): TextReading {
  if (!reading.ok || people.size === 0) return reading;
  const tokens = reading.tokens.map((token) => {
    const person = token.quoted ? undefined : people.get(token.value);
    return person === undefined ? token : { ...token, person };
  });
  return { ...reading, tokens };
}

function decodeReference(sigil: string, body: string, label: string | undefined): string {
  if (sigil === "!") return label === undefined || label === "" ? `@${body}` : label;
  if (sigil !== "") return `${sigil}${label === undefined || label === "" ? body : label}`;
  // Slack makes links of words such as web.io and a@b.c; the label is what was typed.
  return label === undefined || label === "" ? body : label;
}

function normalise(text: string): string {
  return text
    .normalize("NFC")
    .replaceAll(/[\u201C\u201D\u201E\u201F\u00AB\u00BB]/gu, '"')
    .replaceAll(/[\u2018\u2019\u201A\u201B]/gu, "'")
    .replaceAll(/[\u200B-\u200D\u2060\uFEFF\u00AD]/gu, "")
    .replaceAll(/[\t\r\n\p{Zs}\u2028\u2029]/gu, " ")
    .trim();
}

function split(text: string): TextReading {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    if (text[at] === " ") {
      at += 1;
      continue;
    }
    const start = flagValueStart(text, at) ?? at;
    const quote = text[start];
    const end = quote === '"' || quote === "'" ? endOfQuoted(text, start) : endOfWord(text, at);
    if (end === undefined) {
      const message = `this quote (${quote ?? ""}) is not closed; close it, or leave it out`;
      return { ok: false, text, mistake: { message, offset: start, length: 1 } };
    }
    if (start > at) tokens.push(plain(text, at, start - 1));
    tokens.push(quote === '"' || quote === "'" ? quoted(text, start, end) : plain(text, start, end));
    at = end;
  }
  return { ok: true, text, tokens };
}

/** The start of the value in `--flag=value`. */
function flagValueStart(text: string, at: number): number | undefined {
  const flag = /^(?:--|[\u2013\u2014])[A-Za-z-]+=(?=[^ ])/u.exec(text.slice(at, at + 100));
  return flag === null ? undefined : at + flag[0].length;
}

function endOfWord(text: string, at: number): number {
  const end = text.indexOf(" ", at);
  return end === -1 ? text.length : end;
}

function endOfQuoted(text: string, start: number): number | undefined {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === quote && (at + 1 === text.length || text[at + 1] === " ")) return at + 1;
  }
  return undefined;
}

function plain(text: string, start: number, end: number): Token {
  // Keyboards make one long dash of the two that begin a flag.
  const value = text.slice(start, end).replace(/^[\u2013\u2014](?=\p{L})/u, "--");
  return { value, offset: start, length: end - start, quoted: false };
}

function quoted(text: string, start: number, end: number): Token {
  const value = text.slice(start + 1, end - 1).replaceAll(/\\(["'\\])/gu, "$1");
  return { value, offset: start, length: end - start, quoted: true };
}

/** The text as one token: in quotes where it would otherwise be read as something else. */
export function quoteToken(value: string): string {
  // A long dash at the beginning is read as the two of a flag.
  const isPlain = /^[^\s"'\\\-\u2013\u2014][^\s]*$/u.test(value);
  return isPlain ? value : `"${value.replaceAll(/["\\]/gu, String.raw`\$&`)}"`;
}
