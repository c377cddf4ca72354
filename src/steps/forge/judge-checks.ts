import type { CommitCheck } from "./commit-check.ts";
import type { CheckSuite } from "./github-api.ts";

/** What was read about a commit. */
export interface CommitChecks {
  readonly checks: readonly CommitCheck[];
  /** Of the workflow that is asked for; undefined where there is no run of it yet. */
  readonly workflow: CommitCheck | undefined;
  readonly suites: readonly CheckSuite[];
  /** False where some came or went while they were read. */
  readonly isComplete: boolean;
}

export interface ChecksWanted {
  /** The names that have to be green, or every check that there is. */
  readonly required: readonly string[] | "all";
  /** Names that do not count; `*` stands for any text. */
  readonly ignore: readonly string[];
  /** The workflow of which a run has to be green besides. */
  readonly workflow: string | undefined;
}

/** What the checks of a commit say now. `counted` are those that are asked about. */
export interface ChecksVerdict {
  readonly counted: readonly CommitCheck[];
  readonly failed: readonly CommitCheck[];
  readonly pending: readonly CommitCheck[];
  /** What is required and has not appeared, for people. */
  readonly missing: readonly string[];
  /** Suites that are not over although each of their checks is: more of them may come. */
  readonly unfinished: readonly string[];
}

/**
 * Holds what was read against what is wanted; pure. All checks and statuses of a required name have to be green, as GitHub wants it
 * where a check and a status have the same name. Where all have to be, one at least has to be there, and every suite that has any
 * has to be over: the jobs of a workflow that wait for others appear only when those are done.
 */
export function judgeChecks(read: CommitChecks, wanted: ChecksWanted): ChecksVerdict {
  const { required, ignore, workflow } = wanted;
  const isIgnored = ignored(ignore);
  const names = required === "all" ? undefined : new Set(required);
  const counted = read.checks.filter(({ name }) => (names === undefined ? !isIgnored(name) : names.has(name)));
  const all = read.workflow === undefined ? counted : [...counted, read.workflow];
  return {
    counted: all,
    failed: all.filter(({ state }) => state === "failed"),
    pending: all.filter(({ state }) => state === "pending"),
    missing: [
      ...missingNames(counted, required),
      ...(workflow !== undefined && read.workflow === undefined ? [`workflow ${workflow}`] : []),
    ],
    unfinished: required === "all" ? unfinishedSuites(read) : [],
  };
}

/** Whether nothing more is waited for. */
export function isGreen({ failed, pending, missing, unfinished }: ChecksVerdict): boolean {
  return failed.length + pending.length + missing.length + unfinished.length === 0;
}

function missingNames(counted: readonly CommitCheck[], required: ChecksWanted["required"]): readonly string[] {
  if (required === "all") return counted.length === 0 ? ["any check"] : [];
  const present = new Set(counted.map(({ name }) => name));
  return [...new Set(required)].filter((name) => !present.has(name));
}

function unfinishedSuites({ suites, isComplete }: CommitChecks): readonly string[] {
  return [...openSuites(suites), ...(isComplete ? [] : ["the list of checks"])];
}

/**
 * The names of the Apps whose suites are not over. GitHub makes a suite for every App that may write checks; those that never write
 * one never end, and do not count.
 */
export function openSuites(suites: readonly CheckSuite[]): readonly string[] {
  const open = suites.filter(({ status, latest_check_runs_count: runs }) => (runs ?? 0) > 0 && status !== "completed");
  return [...new Set(open.map(({ app }) => app?.name ?? "an App"))];
}

function ignored(patterns: readonly string[]): (name: string) => boolean {
  const matchers = patterns.map((pattern) => {
    const parts = pattern.split("*");
    return (name: string): boolean => isLike(name, parts);
  });
  return (name) => matchers.some((matches) => matches(name));
}

/** By hand, as a pattern of many stars would make a regular expression take ages. */
function isLike(name: string, [first = "", ...rest]: readonly string[]): boolean {
  if (rest.length === 0) return name === first;
  if (!name.startsWith(first)) return false;
  const last = rest.at(-1) ?? "";
  let at = first.length;
  for (const part of rest.slice(0, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
