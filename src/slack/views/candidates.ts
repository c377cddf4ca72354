import type { Answer } from "../../engine/answer.ts";
import { context, message, section, type MessageContent } from "../blocks.ts";
import { code, dateToken, inert } from "../mrkdwn.ts";

const MOST = 8;

/** The private answer to a revision that means several commits. */
export function renderCandidates({ text, commits, more }: Extract<Answer, { kind: "candidates" }>): MessageContent {
  const shown = commits.slice(0, MOST);
  const rest = more + commits.length - shown.length;
  const lines = shown.map(
    ({ sha, subject, author, authoredAt }) =>
      `${code(sha.slice(0, 12))} ${inert(subject, 150)} (${inert(author, 60)}, ${dateToken(authoredAt, "{ago}")})`,
  );
  const head = `${code(text, 100)} means ${commits.length + more} commits. Nothing was started.`;
  const names = shown.map(({ sha, subject }) => `${sha.slice(0, 12)} ${inert(subject, 80)}`).join("; ");
  return message(`${inert(text, 100)} means several commits: ${names}. Send it again with more digits.`, [
    section(head),
    ...(lines.length > 0 ? [section([...lines, ...(rest > 0 ? [`… and ${rest} more`] : [])].join("\n"))] : []),
    context("Send the command again with more digits."),
  ]);
}
