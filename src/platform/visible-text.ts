// Controls other than line end and tab; format characters: bidirectional marks, zero-width characters, tags, byte order marks.
const INVISIBLE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text from outside without anything that hides, reorders or is not text: lone surrogates, controls, bidi marks, zero-width characters. */
export function visible(text: string): string {
  return text.toWellFormed().replaceAll("\r\n", "\n").replaceAll(INVISIBLE, "");
}
