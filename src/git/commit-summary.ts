import type { GitResult } from "./git-program.ts";
import { safeLine } from "./safe-line.ts";

interface CommitPerson {
  readonly name: string;
  readonly email: string;
}

/** What people are told of a commit. Texts are one line, capped, free of control and direction characters; they are not escaped for any output. */
export interface CommitSummary {
  readonly sha: string;
  /** The shortest unique beginning, 7 digits or more. */
  readonly short: string;
  readonly subject: string;
  readonly author: CommitPerson;
  /** Milliseconds since the epoch. */
  readonly authoredAt: number;
  /** From `Co-authored-by` lines. */
  readonly coAuthors: readonly CommitPerson[];
}

/** For `git log -z`: fields end with NUL, which no commit can contain. */
export const SUMMARY_FORMAT =
  "--format=tformat:%H%x00%h%x00%an%x00%ae%x00%at%x00%ct%x00%s%x00%(trailers:key=Co-authored-by,valueonly,unfold,separator=%x1E)";

const FIELDS = 8;
const LONGEST_SUBJECT = 300;
const LONGEST_NAME = 120;
const LONGEST_EMAIL = 254;
const MOST_CO_AUTHORS = 10;
const LATEST_TIME_MS = 8.64e15;

/** Reads what `git log -z` with SUMMARY_FORMAT wrote. */
export function parseSummaries(result: GitResult): readonly CommitSummary[] {
  const fields = result.stdout.split("\0");
  const summaries: CommitSummary[] = [];
  for (let start = 0; start + FIELDS <= fields.length; start += FIELDS) {
    const [sha = "", short = "", name = "", email = "", authored = "", committed = "", subject = "", trailers = ""] =
      fields.slice(start, start + FIELDS);
    summaries.push({
      sha,
      short,
      subject: safeLine(subject, LONGEST_SUBJECT),
      author: person(name, email),
      authoredAt: timeMs(authored) ?? timeMs(committed) ?? 0,
      coAuthors: trailers
        .split("\u001E")
        .flatMap((trailer) => coAuthor(trailer))
        .slice(0, MOST_CO_AUTHORS),
    });
  }
  return summaries;
}

function person(name: string, email: string): CommitPerson {
  return { name: safeLine(name, LONGEST_NAME), email: safeLine(email, LONGEST_EMAIL) };
}

function coAuthor(trailer: string): readonly CommitPerson[] {
  const open = trailer.lastIndexOf("<");
  const close = trailer.lastIndexOf(">");
  if (open < 0 || close < open) return [];
  return [person(trailer.slice(0, open), trailer.slice(open + 1, close))];
}

function timeMs(seconds: string): number | undefined {
  const value = Number(seconds) * 1000;
  return seconds === "" || !(Math.abs(value) <= LATEST_TIME_MS) ? undefined : value;
}
