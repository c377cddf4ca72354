import { askerOf, type Attempt, attemptsOf, durationOf, failureCode, faultsOf, member } from "./attempt-book.ts";
import { LEAST_MS } from "./forge-plan.ts";
import type { Looked } from "./forge-check.ts";
import type { ForgeEffect, Request } from "./forge-server.ts";
import type { ForgeWorld } from "./forge-world.ts";
import { MAIN } from "./git-server.ts";
import { isCheckGood, redRows } from "./verdict-check.ts";
import { isSame, type Look, looksAmong } from "./traffic.ts";

const KINDS: ReadonlySet<string> = new Set(["git/pull-request", "git/merge", "git/merged"]);
// For so long it is put off, and what would be longer than it has time is not done.
const PUT_OFF_MS = 10_000;
const MERGING_APPEAR_MS = 30_000;

/** What is wrong about the pull requests that steps have opened and merged, and about what they say of them. */
export function requestFaults({ facts, world }: Looked): readonly string[] {
  const all = [...facts].flatMap(([run, log]) => attemptsOf(run, log)).filter(({ uses }) => KINDS.has(uses));
  return [
    ...world.forge.effects.flatMap((effect) => effectFaults(effect, { all, world })),
    ...all.flatMap((attempt) => endFaults(attempt, world)),
  ];
}

interface Steps {
  readonly all: readonly Attempt[];
  readonly world: ForgeWorld;
}

/** Nothing is done but for a step that is under way, and what it is told to. */
function effectFaults(effect: ForgeEffect, { all, world }: Steps): readonly string[] {
  const { asker, sentAt, kind, request } = effect;
  const attempt = all.findLast(
    (one) => isSame(askerOf(one), asker) && one.startedAt <= sentAt && sentAt <= one.endedAt,
  );
  if (attempt === undefined) return [`a request is ${kind} for a step that is not under way`];
  if (kind === "merged") return mergeFaults(effect, { attempt, world });
  const before = world.forge.effects.some(
    (other) => other !== effect && isSame(other.asker, asker) && other.at < sentAt && other.at >= attempt.startedAt,
  );
  const isMeant = request.head === member(attempt.input, "head") && request.base === baseOf(attempt);
  return [
    ...(before ? ["a second request is opened by one attempt"] : []),
    ...(isMeant ? [] : ["another request is opened than was asked for"]),
    ...(request.isDraft.at(effect.at) === (member(attempt.input, "draft") === true)
      ? []
      : ["it is no draft, or is one"]),
  ];
}

function baseOf({ input }: Attempt): unknown {
  return member(input, "base") ?? MAIN;
}

/** What is merged is what was meant, and nothing was known to speak against it. */
function mergeFaults(
  { head, request, sentAt }: ForgeEffect,
  { attempt, world }: { readonly attempt: Attempt; readonly world: ForgeWorld },
): readonly string[] {
  const { input, startedAt, uses } = attempt;
  const look = looksOf(attempt, world).findLast(({ at }) => at <= sentAt);
  const appearMs = durationOf(member(input, "appear-within"), MERGING_APPEAR_MS);
  // What is put off while it is being merged has been looked at before.
  const isUnseen = request.state.at(sentAt) === "open" && look?.rows.get("request")?.[0]?.name !== head;
  const isAll = member(input, "checks") !== "required";
  return faultsOf({
    "what only waits merges": uses !== "git/merge",
    "another request is merged": request.number !== Number(member(input, "number")),
    "a commit is merged that was not meant": (member(input, "sha") ?? head) !== head,
    "another commit is merged than was looked at": isUnseen,
    "something is merged although somebody asked for changes": look !== undefined && isAgainst(look),
    "something is merged before CI has begun":
      isAll && look !== undefined && !hasChecks(look) && sentAt - startedAt < appearMs,
    "something is merged that is not green": isAll && (look === undefined || !isGood(look)),
  });
}

function looksOf(attempt: Attempt, { line }: ForgeWorld): readonly Look[] {
  const own = line.exchanges.filter(
    ({ asker, sentAt }) => isSame(asker, askerOf(attempt)) && sentAt >= attempt.startedAt && sentAt <= attempt.endedAt,
  );
  return looksAmong(own, "request");
}

function pipelineState(look: Look): string | undefined {
  return look.rows.get("request")?.find(({ name }) => name === "pipeline")?.state;
}

function hasChecks(look: Look): boolean {
  const pipeline = pipelineState(look);
  const count = (look.rows.get("checks")?.length ?? 0) + (look.rows.get("statuses")?.length ?? 0);
  return pipeline === undefined ? count > 0 : pipeline !== "none";
}

function isGood(look: Look): boolean {
  const pipeline = pipelineState(look);
  if (pipeline !== undefined) return pipeline === "none" || pipeline === "success";
  const checks = [...(look.rows.get("checks") ?? []), ...(look.rows.get("statuses") ?? [])];
  const isOver = (look.rows.get("suites") ?? []).every(({ state }) => state === "completed");
  return isOver && checks.every(isCheckGood);
}

/** What each person said last; what is only remarked takes nothing back. */
function isAgainst(look: Look): boolean {
  const said = (look.rows.get("reviews") ?? []).filter(({ state }) => state !== "COMMENTED");
  return [...new Map(said.map(({ name, state }) => [name, state])).values()].includes("CHANGES_REQUESTED");
}

function endFaults(attempt: Attempt, world: ForgeWorld): readonly string[] {
  const { end, uses } = attempt;
  if (end?.type === "step.failed") return refusalFaults(attempt, world);
  if (end?.type !== "step.succeeded") return [];
  return uses === "git/pull-request" ? openedFaults(attempt, world) : mergedFaults(attempt, world);
}

/** The request that a step says to have opened is there, is ours, and is what was asked for. */
function openedFaults(attempt: Attempt, { forge, server, line }: ForgeWorld): readonly string[] {
  const { startedAt, endedAt, end } = attempt;
  const asked = line.exchanges.findLast(({ asker, sentAt }) => isSame(asker, askerOf(attempt)) && sentAt <= endedAt);
  const output = member(end, "output");
  const request = forge.get(Number(member(output, "number")));
  if (request === undefined) return ["a request is said to be open that is not"];
  const faults: string[] = [];
  if (request.opener === undefined) faults.push("somebody else's request is taken over");
  if (request.head !== member(attempt.input, "head") || request.base !== baseOf(attempt))
    faults.push("a request is said to be open that is another");
  if (request.state.within(asked?.sentAt ?? startedAt, endedAt).every((state) => state === "closed"))
    faults.push("a request is said to be open that is closed");
  const heads = [request.last, ...server.head(request.head).within(startedAt, endedAt)];
  if (!heads.includes(String(member(output, "sha")))) faults.push("a request is said to have another commit");
  const isOwn = forge.effects.some(
    (one) => one.request === request && isSame(one.asker, askerOf(attempt)) && one.sentAt >= startedAt,
  );
  return member(output, "opened") === isOwn ? faults : [...faults, "it is said wrongly who has opened it"];
}

/** What is said to be merged is, and that is what was meant. */
function mergedFaults({ input, end, endedAt }: Attempt, { forge }: ForgeWorld): readonly string[] {
  const output = member(end, "output");
  const request = forge.get(Number(member(input, "number")));
  if (request?.merged === undefined || request.state.at(endedAt) !== "merged")
    return ["a request is said to be merged that is not"];
  const { sha, head, by } = request.merged;
  const faults: string[] = [];
  const isSaid = member(output, "sha") === sha && member(output, "head") === head && member(output, "by") === by;
  if (!isSaid) faults.push("it is said that something else was merged");
  if ((member(input, "sha") ?? head) !== head) faults.push("it is fine that another commit was merged than was meant");
  return faults;
}

function refusalFaults(attempt: Attempt, world: ForgeWorld): readonly string[] {
  const { input, startedAt, endedAt } = attempt;
  const { forge, server } = world;
  const request = forge.get(Number(member(input, "number")));
  const wrong = (isSo: boolean | undefined, what: string): readonly string[] => (isSo === true ? [] : [what]);
  switch (failureCode(attempt)) {
    case "git.request-taken":
      return wrong(
        forge.requests.some((one) => isOther(one, attempt)),
        "a request is said to be somebody else's that is not",
      );
    case "git.request-closed": {
      const meant = request === undefined ? forge.effects.map((one) => one.request) : [request];
      const isClosed = meant.some(({ state }) => state.within(startedAt, endedAt).includes("closed"));
      return wrong(isClosed, "a request is said to be closed that is not");
    }
    case "git.head-moved": {
      const heads = [
        request?.merged?.head,
        request?.last,
        ...server.head(request?.head ?? "").within(startedAt, endedAt),
      ];
      return wrong(
        heads.some((head) => head !== undefined && head !== member(input, "sha")),
        "a branch is said to have moved that has not",
      );
    }
    case "git.conflict": {
      // GitLab is asked twice for one look, and somebody may resolve it in between.
      const ready = looksOf(attempt, world)
        .slice(-2)
        .map(({ rows }) => rows.get("request")?.at(-1)?.state ?? "");
      const isThere = ready.some((state) => state === "dirty" || state === "conflict");
      return wrong(isThere, "a conflict is said to be there that is not");
    }
    case "git.checks-failed": {
      const look = looksOf(attempt, world).at(-1);
      const isRed =
        ["failed", "canceled"].includes((look && pipelineState(look)) ?? "") || (look && redRows(look).length > 0);
      return wrong(isRed, "checks are said to be red that are not");
    }
    case "git.not-mergeable":
      return wrong(endedAt - attempt.reachedAt >= LEAST_MS - PUT_OFF_MS, "a request is given up before its time");
    default:
      return [];
  }
}

function isOther({ head, base, opener, state }: Request, attempt: Attempt): boolean {
  const isAlike = head === member(attempt.input, "head") && base === baseOf(attempt);
  return isAlike && opener === undefined && state.within(attempt.startedAt, attempt.endedAt).includes("open");
}
