import type { GitResult } from "./git-program.ts";
import { safeLine } from "./safe-line.ts";

/** What people are told of a commit. Texts are one line, capped, free of control and direction characters; they are not escaped for any output. */
export interface CommitSummary {
  readonly sha: string;
  /** The shortest unique beginning, 7 digits or more. */
  readonly short: string;
  readonly subject: string;
  readonly author: { readonly name: string; readonly email: string };
  /** Milliseconds since the epoch. */
  readonly authoredAt: number;
}

/** For `git log -z`: fields end with NUL, which no commit can contain. */
export const SUMMARY_FORMAT = "--format=tformat:%H%x00%h%x00%an%x00%ae%x00%at%x00%ct%x00%s";

const FIELDS = 7;
const LONGEST_SUBJECT = 300;
const LONGEST_NAME = 120;
const LONGEST_EMAIL = 254;
const LATEST_TIME_MS = 8.64e15;

/** Reads what `git log -z` with SUMMARY_FORMAT wrote. */
export function parseSummaries(result: GitResult): readonly CommitSummary[] {
  const fields = result.stdout.split("\0");
  const summaries: CommitSummary[] = [];
  for (let start = 0; start + FIELDS <= fields.length; start += FIELDS) {
    const [sha = "", short = "", name = "", email = "", authored = "", committed = "", subject = ""] = fields.slice(
      start,
      start + FIELDS,
    );
    summaries.push({
      sha,
      short,
      subject: safeLine(subject, LONGEST_SUBJECT),
      author: { name: safeLine(name, LONGEST_NAME), email: safeLine(email, LONGEST_EMAIL) },
      authoredAt: timeMs(authored) ?? timeMs(committed) ?? 0,
    });
  }
  return summaries;
}

function timeMs(seconds: string): number | undefined {
  const value = Number(seconds) * 1000;
  return seconds === "" || !(Math.abs(value) <= LATEST_TIME_MS) ? undefined : value;
}
