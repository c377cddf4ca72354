import type { Token } from "./slash-text.ts";

/** The tokens as text again, one of them replaced. */
export function tokensText(
  tokens: readonly Token[],
  replaced?: { readonly token: Token; readonly by: string },
): string {
  return tokens.map((token) => (token === replaced?.token ? replaced.by : tokenText(token))).join(" ");
}

/** Whether the token is this word of the grammar, which is given in small letters. */
export function isWord(token: Token | undefined, word: string): boolean {
  return token?.quoted === false && token.value.toLowerCase() === word;
}

/** A negative number is a value, everything else that begins with a hyphen is meant as a flag. */
export function isFlag(token: Token): boolean {
  return !token.quoted && /^-[^\d\s]/u.test(token.value);
}

/** Several tokens as one. */
export function joinTokens(tokens: readonly Token[]): Token {
  const [first] = tokens;
  const last = tokens.at(-1);
  const offset = first?.offset ?? 0;
  return {
    value: tokensText(tokens),
    offset,
    length: (last?.offset ?? 0) + (last?.length ?? 0) - offset,
    quoted: true,
  };
}

function tokenText(token: Token): string {
  return token.quoted ? `"${token.value.replaceAll(/["\\]/gu, String.raw`\$&`)}"` : token.value;
}
