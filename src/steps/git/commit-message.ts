import type { CommitPerson } from "./git-writing.ts";

/** The trailer that says whose effect a commit is: `run/path/attempt`. */
export const EFFECT_TRAILER = "Quarterdeck-Effect";

/** The whole message: what was given, who asked for it, and what makes the commit known to whoever made it. */
export function commitMessage({
  text,
  coAuthor,
  effect,
}: {
  readonly text: string;
  readonly coAuthor: CommitPerson | undefined;
  readonly effect: string;
}): string {
  const trailers = [
    ...(coAuthor === undefined ? [] : [`Co-authored-by: ${oneLine(coAuthor.name)} <${oneLine(coAuthor.email)}>`]),
    `${EFFECT_TRAILER}: ${oneLine(effect)}`,
  ];
  return `${withoutTrailers(text)}\n\n${trailers.join("\n")}\n`;
}

/** The same text, of which nothing can be taken for a trailer of ours. */
function withoutTrailers(text: string): string {
  const lines = text.replaceAll(/\r\n?/gu, "\n").trim().split("\n");
  return lines.map((line) => (/^\s*(?:quarterdeck-|co-authored-by\s*:)/iu.test(line) ? `> ${line}` : line)).join("\n");
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}<>]+/gu, " ").trim();
}
