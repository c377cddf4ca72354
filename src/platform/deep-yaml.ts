// Indicators that open a level each without a line of their own: `- - - x`.
const RUN = /(?:[-?:][ \t]+){8}/u;

const MOST_KEYS_IN_A_ROW = 20;

/**
 * Where a YAML text begins to be nested more deeply than that, counted in brackets, in spaces before a line, and in indicators or
 * keys in a row. To be asked before it is parsed: the parser recurses, and at which depth that ends differs from time to time.
 */
export function findDeepYaml(
  text: string,
  { brackets, spaces }: { readonly brackets: number; readonly spaces: number },
): number | undefined {
  const found = RUN.exec(text) ?? new RegExp(`^ {${spaces}}`, "mu").exec(text);
  return found?.index ?? nestedBeyond(text, brackets);
}

function nestedBeyond(text: string, mostBrackets: number): number | undefined {
  let depth = 0;
  let keys = 0;
  for (const { 0: mark, index } of text.matchAll(/[[\]{},\n]|:[ \t]/gu)) {
    // `a: b: c: x`, each within the one before, until something else separates them.
    keys = mark.startsWith(":") ? keys + 1 : 0;
    if (mark === "[" || mark === "{") depth += 1;
    if (mark === "]" || mark === "}") depth = Math.max(0, depth - 1);
    if (depth > mostBrackets || keys > MOST_KEYS_IN_A_ROW) return index;
  }
  return undefined;
}
