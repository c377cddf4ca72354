import {
  askerOf,
  type Attempt,
  attemptsOf,
  durationOf,
  failureCode,
  faultsOf,
  listOf,
  member,
} from "./attempt-book.ts";
import type { Looked } from "./forge-check.ts";
import { LEAST_MS } from "./forge-plan.ts";
import type { ForgeWorld } from "./forge-world.ts";
import { type Exchange, isSame, type Look, looksAmong, type Part, type Row } from "./traffic.ts";

const SETTLE_MS = 30_000;
const AWAY_MS = 900_000;
const SECOND_MS = 1000;
const GOOD: ReadonlySet<string> = new Set(["success", "neutral", "skipped"]);
const OPEN: ReadonlySet<string> = new Set(["queued", "in_progress", "pending"]);
const FAILED: ReadonlySet<string> = new Set(["failed", "canceled", "skipped"]);

/** Whether a check or status is over and good. */
export function isCheckGood({ state }: Row): boolean {
  return GOOD.has(state);
}

/** The checks and statuses of a look that are red. */
export function redRows({ rows }: Look): readonly Row[] {
  return checksOf(rows).filter((row) => !isCheckGood(row) && !OPEN.has(row.state));
}

function checksOf(rows: Look["rows"]): readonly Row[] {
  return [...(rows.get("checks") ?? []), ...(rows.get("statuses") ?? [])];
}

/** What is wrong about what steps say of CI: no verdict is better or worse than what they were told, or sooner than they were to. */
export function verdictFaults({ facts, world }: Looked): readonly string[] {
  const all = [...facts].flatMap(([run, log]) => attemptsOf(run, log));
  return all.flatMap((attempt) => {
    if (attempt.end === undefined) return [];
    if (attempt.uses === "github/checks") return judged(attempt, githubSights(attempt, world));
    return attempt.uses === "gitlab/pipeline" ? judged(attempt, gitlabSights(attempt, world)) : [];
  });
}

/** What a look has to mean. */
interface Sight {
  readonly at: number;
  readonly isGreen: boolean;
  readonly isRed: boolean;
  readonly isMissing: boolean;
  /** What is green, in which words. */
  readonly names: string;
}

interface Sights {
  readonly all: readonly Sight[];
  readonly settleMs: number;
  readonly code: "github.check" | "gitlab.pipeline";
}

function exchangesOf(attempt: Attempt, { line }: ForgeWorld): readonly Exchange[] {
  return line.exchanges.filter(
    ({ asker, sentAt }) => isSame(asker, askerOf(attempt)) && sentAt >= attempt.startedAt && sentAt <= attempt.endedAt,
  );
}

function judged(attempt: Attempt, { all, settleMs, code }: Sights): readonly string[] {
  const { end, endedAt, input, startedAt } = attempt;
  const last: Partial<Sight> = all.at(-1) ?? {};
  const isOver = end?.type === "step.succeeded";
  const failed = failureCode(attempt);
  const greenMs = endedAt - sinceOf(all, ({ isGreen, names }) => isGreen && names === last.names);
  const redMs = endedAt - sinceOf(all, ({ isRed }) => isRed);
  const [isRed, isMissing] = [failed === `${code}-failed`, failed === `${code}-missing`];
  return faultsOf({
    "CI is said to be green that is not": isOver && last.isGreen !== true,
    "CI is said to be green before it has settled": isOver && greenMs < settleMs,
    "CI is said to be red that is not": isRed && last.isRed !== true,
    "CI is given up before its grace is over": isRed && redMs < durationOf(member(input, "grace"), 0),
    "CI is said to be missing that is not": isMissing && last.isMissing !== true,
    "CI is said to be missing before its time is over":
      isMissing && endedAt - startedAt < durationOf(member(input, "appear-within"), Infinity),
  });
}

/** Since when the newest looks have all been so. */
function sinceOf(all: readonly Sight[], isSo: (sight: Sight) => boolean): number {
  const before = all.findLastIndex((sight) => !isSo(sight));
  return all[before + 1]?.at ?? Infinity;
}

/** What a step waits for on GitHub, as it was told to. */
interface Wanted {
  readonly isAll: boolean;
  readonly names: readonly string[];
  readonly workflow: unknown;
  readonly isCounted: (row: Row) => boolean;
  /** What it has to have read. */
  readonly parts: readonly Part[];
}

function wantedOf(input: unknown): Wanted {
  const workflow = member(input, "workflow");
  const required = member(input, "required") ?? (workflow === undefined ? "all" : []);
  const names = listOf(required).map(String);
  const ignored = listOf(member(input, "ignore")).map((pattern) => String(pattern).replace(/\*$/u, ""));
  const isAll = required === "all";
  const isCounted = ({ name }: Row): boolean =>
    isAll ? !ignored.some((start) => name.startsWith(start)) : names.includes(name);
  const parts: readonly Part[] = [
    ...(isAll || names.length > 0 ? (["checks", "statuses"] as const) : []),
    ...(isAll ? (["suites"] as const) : []),
    ...(workflow === undefined ? [] : (["workflows"] as const)),
  ];
  return { isAll, names, workflow, isCounted, parts };
}

function githubSights(attempt: Attempt, world: ForgeWorld): Sights {
  const wanted = wantedOf(attempt.input);
  const looks = looksAmong(exchangesOf(attempt, world), wanted.parts[0] ?? "checks");
  const settleMs = wanted.isAll ? durationOf(member(attempt.input, "settle"), SETTLE_MS) : 0;
  return { all: looks.map((look) => githubSight(look, wanted)), settleMs, code: "github.check" };
}

function githubSight({ at, rows }: Look, { isAll, names, workflow, isCounted, parts }: Wanted): Sight {
  const isWhole = parts.every((part) => rows.has(part));
  const checks = checksOf(rows).filter(isCounted);
  const [run] = (rows.get("workflows") ?? []).toReversed();
  const counted = run === undefined ? checks : [...checks, run];
  const lacks = isAll ? checks.length === 0 : names.some((name) => !checks.some((row) => row.name === name));
  const isMissing = lacks || (workflow !== undefined && run === undefined);
  const isOver = !isAll || (rows.get("suites") ?? []).every(({ state }) => state === "completed");
  const isRed = counted.some((row) => !isCheckGood(row) && !OPEN.has(row.state));
  const isGreen = isWhole && !isMissing && isOver && counted.every(isCheckGood);
  return { at, isMissing, isRed, isGreen, names: JSON.stringify(counted.map(({ name, state }) => [name, state])) };
}

function gitlabSights(attempt: Attempt, world: ForgeWorld): Sights {
  const all = looksAmong(exchangesOf(attempt, world), "pipelines").map(({ at, rows }): Sight => {
    const [newest] = rows.get("pipelines") ?? [];
    if (newest === undefined) return { at, isMissing: true, isRed: false, isGreen: false, names: "" };
    const tree = { jobs: rows.get("jobs") ?? [], bridges: rows.get("bridges") ?? [] };
    const { isBad, isGood } = treeState(newest, tree);
    const source = member(attempt.input, "source") ?? newest.name;
    const isMeant = newest.name === source && newest.isNewest === true && rows.has("jobs") && rows.has("bridges");
    return { at, isMissing: false, isRed: isMeant && isBad, isGreen: isMeant && isGood && !isBad, names: "" };
  });
  return { all, settleMs: 0, code: "gitlab.pipeline" };
}

interface Tree {
  readonly jobs: readonly Row[];
  readonly bridges: readonly Row[];
}

/** A pipeline is as good as it says, and as everything that it has started and that may not fail. */
function treeState({ id, state }: Row, tree: Tree): { readonly isBad: boolean; readonly isGood: boolean } {
  const jobs = tree.jobs.filter(({ group, mayFail }) => group === id && mayFail !== true);
  const below = tree.bridges.filter(({ group, mayFail }) => group === id && mayFail !== true);
  const states = below.map((row) => treeState(row, tree));
  return {
    isBad:
      FAILED.has(state) ||
      jobs.some((job) => ["failed", "canceled"].includes(job.state)) ||
      states.some(({ isBad }) => isBad),
    isGood: state === "success" && states.every(({ isGood }) => isGood),
  };
}

const WATCHES: ReadonlySet<string> = new Set(["github/checks", "gitlab/pipeline", "git/merged"]);
const OWN = /^(?:git\.(?!unreachable|timeout)|github\.|gitlab\.)/u;

/** An outage is no verdict: what a step says against the forge is what it was told, and it is patient for as long as it is to be. */
export function outageFaults({ facts, world }: Looked): readonly string[] {
  const all = [...facts].flatMap(([run, log]) => attemptsOf(run, log)).filter(({ uses }) => uses !== "git/commit");
  return all.flatMap((attempt) => {
    const { end, startedAt, endedAt, chainedAt } = attempt;
    const own = exchangesOf(attempt, world);
    const hasty = world.line.hasty(askerOf(attempt), chainedAt, endedAt).length > 0;
    const faults = hasty ? ["the forge is asked although it wants to be left alone"] : [];
    const code = failureCode(attempt);
    if (code === "" || OWN.test(code)) return faults;
    if (!isTold(code, { own, attempt }))
      return [
        ...faults,
        `a step fails with what it was not told: ${code} ${String(member(end, "failure", "message"))}`,
      ];
    if (!WATCHES.has(attempt.uses) || code === "step.timeout") return faults;
    const isPatient = endedAt - startedAt >= awayOf(attempt) && !isBack(attempt, own);
    return isPatient ? faults : [...faults, "a forge that is away is given up too soon"];
  });
}

function awayOf({ input }: Attempt): number {
  return durationOf(member(input, "away-for"), AWAY_MS);
}

/** Whether the forge was there within the time for which it may be away. */
function isBack(attempt: Attempt, own: readonly Exchange[]): boolean {
  const first = own.find(({ part }) => part !== "other")?.part ?? "other";
  return looksAmong(own, first).some(({ sentAt }) => sentAt > attempt.endedAt - awayOf(attempt));
}

/** Whether its time is up: what is put off for longer than it has ends at once. */
function isUp({ reachedAt, endedAt }: Attempt, own: readonly Exchange[]): boolean {
  const end = reachedAt + LEAST_MS;
  return endedAt >= end || own.some(({ quietUntil = 0 }) => quietUntil + SECOND_MS >= end);
}

function isTold(
  code: string,
  { own, attempt }: { readonly own: readonly Exchange[]; readonly attempt: Attempt },
): boolean {
  switch (code) {
    case "forge.away":
      return own.some(({ status = 0 }) => status >= 500);
    case "forge.bad-answer":
      return own.some(({ isForeign, status }) => isForeign === true && status === 200);
    case "forge.refused":
      return own.some(({ status = 0, quietUntil }) => status >= 400 && status < 500 && quietUntil === undefined);
    case "network.timeout":
    case "network.broken":
    case "network.unreachable":
      return own.some(({ fault }) => fault === code);
    case "step.timeout":
    case "forge.rate-limited":
      return isUp(attempt, own);
    default:
      return false;
  }
}
