/** The longest text that a pattern is tried on. */
export const LONGEST_PATTERNED_TEXT = 200;
const MOST_REPETITIONS = 3;

/**
 * Compiles a regular expression from a command file for testing what people type, anchored at both ends. Gives the reason
 * instead when it is wrong, or when matching could take long: there is no way to stop a match that has begun.
 */
export function compilePattern(
  source: string,
): { readonly ok: true; readonly pattern: RegExp } | { readonly ok: false; readonly message: string } {
  // Repeating what repeats, or what has alternatives, is exponential in the length of the text, and so are many `?`; each
  // further repetition multiplies by that length.
  const bare = source
    .replaceAll(/\\./gu, "x")
    .replaceAll(/\[[^\]]*\]/gu, "x")
    .replaceAll("(?:", "(");
  if (/\(\?/u.test(bare) || /\\[1-9k]/u.test(source)) {
    return { ok: false, message: "look-around, flags and back references are not available in patterns" };
  }
  if (/\)[*+{?]/u.test(bare)) return { ok: false, message: "a group in a pattern cannot be repeated; write it out" };
  if ((bare.match(/[*+{?]/gu)?.length ?? 0) > MOST_REPETITIONS) {
    return { ok: false, message: `a pattern has at most ${MOST_REPETITIONS} repetitions (*, +, ?, {...})` };
  }
  try {
    return { ok: true, pattern: new RegExp(`^(?:${source})$`, "u") };
  } catch {
    return { ok: false, message: `"${source}" is no regular expression` };
  }
}
