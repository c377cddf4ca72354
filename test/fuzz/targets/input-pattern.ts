import { compilePattern, LONGEST_PATTERNED_TEXT } from "../../../src/commands/safe-pattern.ts";
import type { FuzzTarget } from "../fuzz-target.ts";

const TEXTS = ["a", "0", "ab"].map(
  (piece) => `${piece.repeat(LONGEST_PATTERNED_TEXT).slice(0, LONGEST_PATTERNED_TEXT - 1)}!`,
);

/** A regular expression of a command file, tried on what people may type for it. */
export const target: FuzzTarget = {
  seeds: [
    "[A-Z]{2,10}-\\d{1,6}",
    "v?\\d+\\.\\d+\\.\\d+",
    "(eu|us)-(1|2)",
    "[^ ]+",
    "a|b|c",
    "(?:low|high)",
    "\\p{L}+",
    "a*b*c*",
  ],
  words: [
    "(a|a)",
    "(a|)",
    "(|a)",
    "(a|b|c)",
    "a*",
    "a+",
    "a?",
    ".*",
    "{1,99}",
    "[^]",
    "[]",
    "\\d",
    "\\p{L}",
    "\\b",
    "^",
    "$",
    "(?:",
    "(?=",
    ")",
    "|",
    "\\1",
    "\\k<a>",
    "(?<a>",
  ],
  longest: 100,
  run(input) {
    const compiled = compilePattern(input);
    if (!compiled.ok) return compiled.message;
    return TEXTS.map((text) => compiled.pattern.test(text));
  },
};
