import type { Answer } from "./answer.ts";

const MOST = 8;

/** What is wrong with a revision that means several commits, in one line. */
export function candidatesText({ text, commits, more }: Extract<Answer, { readonly kind: "candidates" }>): string {
  const names = commits.slice(0, MOST).map(({ sha, subject }) => `${sha.slice(0, 12)} ${subject}`);
  return `"${text}" means ${commits.length + more} commits. Name one by more of its digits: ${names.join("; ")}.`;
}
