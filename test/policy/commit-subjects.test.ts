import { describe, expect, it } from "vitest";

import { tryGitLines } from "../support/tracked-files.ts";

const FORM = /^(?:build|chore|ci|docs|feat|fix|perf|refactor|style|test)(?:\([a-z0-9][a-z0-9-]*\))?: [a-z].*[^.\s]$/u;
const LONGEST = 72;
// Commits that are older were written before anybody measured.
const MEASURED_SINCE = "2026-11-22T00:00:00Z";

// Begin with the name of a thing; a history that others have is not written anew.
const EXCUSED: ReadonlySet<string> = new Set([
  "feat(simulator): Applications of the demo that sync themselves",
  "test(slack): Slack over HTTP, and whoever pretends to be it",
]);

/** What is wrong with the subject of a commit. */
function problemOf(subject: string, isMeasured: boolean): string | undefined {
  if (subject.startsWith('Revert "')) return undefined;
  if (!FORM.test(subject)) return `"${subject}" is not of the form "type(scope): do something"`;
  const [, description = ""] = subject.split(": ");
  if (/^(?:added|changed|fixed|removed|adds|changes|fixes|removes|adding|fixing)\b/u.test(description))
    return `"${subject}" says what was done instead of what to do`;
  return isMeasured && subject.length > LONGEST ? `"${subject}" has more than ${LONGEST} characters` : undefined;
}

describe("the subject of a commit", () => {
  it.each([
    ["fix(store): wait for a log that is locked", undefined],
    ["build: pin the compiler", undefined],
    ['Revert "fix(store): wait for a log that is locked"', undefined],
    ["Fix the store", "form"],
    ["fix(store): Wait for a log", "form"],
    ["fix(store): wait for a log.", "form"],
    ["fix(store): fixed the log", "instead of"],
    [`fix(store): ${"wait ".repeat(20)}long`, "more than 72"],
  ])("%s", (subject, problem) => {
    if (problem === undefined) expect(problemOf(subject, true)).toBeUndefined();
    else expect(problemOf(subject, true)).toContain(problem);
  });

  const commits = tryGitLines("log", "--no-merges", "--format=%cI %s");
  // Skipped, and counted as skipped, where there is no history to read.
  it.skipIf(commits === undefined)("is in that form throughout the history", () => {
    const problems = (commits ?? []).flatMap((line) => {
      const space = line.indexOf(" ");
      const isMeasured = Date.parse(line.slice(0, space)) >= Date.parse(MEASURED_SINCE);
      const subject = line.slice(space + 1);
      return EXCUSED.has(subject) ? [] : (problemOf(subject, isMeasured) ?? []);
    });
    expect(problems).toEqual([]);
    expect(commits?.length).toBeGreaterThan(0);
  });
});
