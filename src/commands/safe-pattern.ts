/** The longest text that a pattern is tried on. */
export const LONGEST_PATTERNED_TEXT = 200;
const MOST_REPETITIONS = 3;
/**
 * How many ways through a pattern may be tried. So many repetitions can share the longest text among them in so many ways, and
 * every choice between alternatives multiplies that; a way through many choices is a long one.
 */
const MOST_WAYS = 1_400_000;
const WAYS_TO_SHARE = [1, 200, 20_000, 1_333_000];
const LONG_WAY = 10;

/**
 * Compiles a regular expression from a command file for testing what people type, anchored at both ends. Gives the reason
 * instead when it is wrong, or when matching could take long: there is no way to stop a match that has begun.
 */
export function compilePattern(
  source: string,
): { readonly ok: true; readonly pattern: RegExp } | { readonly ok: false; readonly message: string } {
  // By itself, because brackets that close and open those around it would take the anchors away.
  if (!isPattern(source)) return { ok: false, message: `"${source}" is no regular expression` };
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
  const repetitions = bare.match(/[*+{?]/gu)?.length ?? 0;
  if (repetitions > MOST_REPETITIONS) {
    return { ok: false, message: `a pattern has at most ${MOST_REPETITIONS} repetitions (*, +, ?, {...})` };
  }
  const chosen = choices(bare);
  const ways = (chosen === 1 ? 1 : chosen * LONG_WAY) * (WAYS_TO_SHARE[repetitions] ?? Infinity);
  if (ways > MOST_WAYS) {
    return { ok: false, message: "a pattern with so many alternatives can take long; write fewer (...|...) into it" };
  }
  return { ok: true, pattern: new RegExp(`^(?:${source})$`, "u") };
}

function isPattern(source: string): boolean {
  try {
    return new RegExp(source, "u").source !== "";
  } catch {
    return false;
  }
}

/** In how many ways one can go through the groups of a pattern, one after the other. Outside of all groups alternatives are tried apart. */
function choices(bare: string): number {
  let product = 1;
  const open: number[] = [];
  for (const character of bare) {
    if (character === "(") open.push(1);
    if (character === "|" && open.length > 0) open.push((open.pop() ?? 1) + 1);
    if (character === ")") product *= open.pop() ?? 1;
  }
  return product;
}
