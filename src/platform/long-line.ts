/** The first line that has more characters than that: its number from 1, and where it begins. */
export function findLongLine(
  text: string,
  most: number,
): { readonly line: number; readonly offset: number } | undefined {
  let line = 1;
  for (let offset = 0; offset <= text.length; line += 1) {
    const end = text.indexOf("\n", offset);
    if ((end === -1 ? text.length : end) - offset > most) return { line, offset };
    if (end === -1) return undefined;
    offset = end + 1;
  }
  return undefined;
}
