/**
 * A text that others wrote, as one harmless line: control, direction and other invisible characters removed, white space
 * made single, at most `longest` characters with an ellipsis where it was cut. Escaping for an output is not done here.
 */
export function safeLine(text: string, longest: number): string {
  // The first cut keeps a megabyte of subject cheap; removing characters only ever shortens it.
  const line = text
    .slice(0, longest * 8)
    .replaceAll(/[\s\p{Zl}\p{Zp}]+/gu, " ")
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu, "")
    .trim();
  const characters = Array.from(line);
  return characters.length <= longest ? line : `${characters.slice(0, longest - 1).join("")}\u2026`;
}
