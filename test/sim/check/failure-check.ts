import { rulesSince } from "./approval-check.ts";
import { type ArgocdView, withoutServer } from "./argocd-view.ts";
import { type Fact, membersOf, rowText, textOf } from "./fact.ts";
import type { RunBook, StepBook } from "./run-book.ts";
import type { ArgocdSpan, PlaceRule } from "./truth.ts";
import type { Report } from "./violation.ts";

const CHECK = "true failures";
const ANSWER_MS = 30_000;

// How much later than its moment something may happen that nothing keeps up.
const LATE_MS = 60_000;
// How late it may be noticed that the clock was set.
const SET_MS = 120_000;
// For so long nothing went wrong: everybody has seen by then what there is to see.
const CALM_MS = 180_000;

// What lasts so long is seen by everybody.
const WELL_MS = 5000;

// What hears nobody and never ends.
const DEAF = "sim/stubborn";

export interface FailureDeps {
  readonly dueAt: ((shown: number) => number) | undefined;
  readonly wasPresent: ((from: number, until: number) => boolean) | undefined;
  readonly wasCalm: ((from: number, until: number) => boolean) | undefined;
  readonly wasReachable: ((from: number, until: number) => boolean) | undefined;
  readonly wasBlind: ((at: number) => boolean) | undefined;
  readonly argocd: ArgocdView;
  readonly places: ReadonlyMap<string, PlaceRule>;
  readonly report: Report;
}

interface Failed {
  readonly run: RunBook;
  readonly step: StepBook;
  readonly fact: Fact;
}

/** What a step is said to have failed of really was so; to be called before the row is folded. */
export function checkFailure(deps: FailureDeps, failed: Failed): void {
  const { step, fact, run } = failed;
  const problem =
    timeProblem(run, step, fact) ??
    latenessProblem(deps, step, fact) ??
    anewProblem(deps, step, fact) ??
    WITNESS[fact.failure?.code ?? ""]?.(deps, failed) ??
    unreadProblem(deps, failed) ??
    acceptedProblem(deps, failed);
  if (problem === undefined) return;
  const what = `${step.path} failed with ${fact.failure?.code}, although ${problem}.`;
  deps.report({ check: CHECK, what, run: run.id, proof: [rowText(step.started), rowText(fact)] });
}

/** Limits by the application's clock, which may be set: neither early nor without there being one. */
function timeProblem(run: RunBook, step: StepBook, { at, failure }: Fact): string | undefined {
  switch (failure?.code ?? "") {
    case "gate.expired":
      return earlyProblem("the gate", step.gate?.expiresAt, at);
    case "step.timeout":
      return earlyProblem("the step", step.deadlineAt, at);
    case "attempt.timeout":
      return earlyProblem("the attempt", step.dispatched.attemptDeadlineAt ?? step.attemptDeadlineAt, at);
    case "run.timeout": {
      const { timeoutMs } = run.plan;
      const since = run.retries.at(-1)?.at ?? run.started.at;
      return earlyProblem("the run", timeoutMs === undefined ? undefined : since + timeoutMs, at);
    }
    case "gate.rejected":
      return step.gate?.decisions.at(-1)?.decision === "reject" ? undefined : "nobody had rejected it";
    default:
      return undefined;
  }
}

/** Where nothing went wrong, what is due happens when it is due. */
function latenessProblem(deps: FailureDeps, step: StepBook, { at, seenAt, failure }: Fact): string | undefined {
  const { wasCalm } = deps;
  const limits: Readonly<Record<string, number | undefined>> = {
    "gate.expired": step.gate?.expiresAt,
    "step.timeout": step.deadlineAt,
  };
  const lateMs = at - (limits[failure?.code ?? ""] ?? at);
  if (lateMs > LATE_MS && wasCalm?.(seenAt - lateMs, seenAt) === true) return `that was due ${lateMs} ms before`;
  return clockProblem(deps, limits[failure?.code ?? ""], seenAt) ?? forgottenProblem(wasCalm, step, { at, seenAt });
}

/** A clock that is set forward brings what is due nearer: that is noticed within a minute or two. */
function clockProblem(
  { dueAt, wasPresent }: FailureDeps,
  limit: number | undefined,
  seenAt: number,
): string | undefined {
  const due = limit === undefined ? undefined : dueAt?.(limit);
  if (due === undefined || seenAt - due < SET_MS || wasPresent?.(due, seenAt) !== true) return undefined;
  return `the clock had shown its moment ${seenAt - due} ms before`;
}

/** What Argo CD says of an application that was made anew says nothing of the one that is waited for. */
function anewProblem({ argocd }: FailureDeps, step: StepBook, { seenAt, failure }: Fact): string | undefined {
  const uid = textOf(membersOf(membersOf(step.input["operation"])["before"]), "uid");
  const code = failure?.code ?? "";
  if (step.uses !== "argocd/wait" || uid === "" || !code.startsWith("argocd.") || SAYS_SO.has(code)) return undefined;
  const uids = argocd.uidsBetween(appOf(step), seenAt - ANSWER_MS, seenAt);
  return uids.has(uid) || uids.has("") ? undefined : "the application had been made anew, of which it says nothing";
}

const SAYS_SO: ReadonlySet<string> = new Set(["argocd.recreated", "argocd.gone"]);

/** What was put off is taken up again. */
function forgottenProblem(
  wasCalm: FailureDeps["wasCalm"],
  { status, againAt }: StepBook,
  { at, seenAt }: Pick<Fact, "at" | "seenAt">,
): string | undefined {
  const waitedMs = status === "postponed" || status === "retrying" ? at - (againAt ?? at) : 0;
  const isForgotten = waitedMs > LATE_MS && wasCalm?.(seenAt - LATE_MS, seenAt) === true;
  return isForgotten ? `it was to be taken up again ${waitedMs} ms before` : undefined;
}

function earlyProblem(what: string, limitAt: number | undefined, at: number): string | undefined {
  if (limitAt === undefined) return `${what} had no limit`;
  return at < limitAt ? `${what} had ${limitAt - at} ms left` : undefined;
}

/** What was given up although it was, or had become, decidable, or was never done. */
function timeoutProblem(deps: FailureDeps, { step, fact }: Failed): string | undefined {
  const since = fact.seenAt - CALM_MS;
  if (step.started.seenAt > since || deps.wasCalm?.(since, fact.seenAt) !== true) return undefined;
  if (step.uses === DEAF) return undefined;
  if (step.sort === "action" && step.status === "running" && step.dispatched.seenAt < since)
    return "it had been handed out long before, and nobody had done it";
  return step.uses === "argocd/wait" ? decidableProblem(deps, { step, since, until: fact.seenAt }) : undefined;
}

interface Calm {
  readonly step: StepBook;
  readonly since: number;
  readonly until: number;
}

function decidableProblem(deps: FailureDeps, { step, since, until }: Calm): string | undefined {
  const app = appOf(step);
  const uids = deps.argocd.uidsBetween(app, since, until);
  if (uids.size === 1 && uids.has("")) return "the application had been gone for long";
  const read = deps.argocd.readsBetween(app, since, until).at(-1);
  if (read === undefined) return unseenProblem(deps, { step, since, until });
  if (read.healthSince > since) return undefined;
  // Where Argo CD syncs by itself, what it shows may be of a revision that has nothing to do with the one that is waited for.
  if (!isThere(deps.argocd, { step, app, at: read.at, begun: since })) return undefined;
  if (read.health === "Degraded") return "it had been Degraded at the revision for long, and nobody was told";
  return read.health === "Healthy" ? "it had been healthy at the revision for long" : undefined;
}

/** Nobody looked, although there was something to be seen for long. */
function unseenProblem({ argocd, wasBlind }: FailureDeps, { step, since, until }: Calm): string | undefined {
  const app = appOf(step);
  const isHidden = [since, until].some((at) => wasBlind?.(at) === true);
  const isHealthy = [since, until].every((at) => argocd.spanAt(app, at)?.health === "Healthy");
  if (isHidden || !isHealthy || argocd.uidsBetween(app, since, until).size > 1) return undefined;
  const isProvable = isThere(argocd, { step, app, at: until, begun: since });
  return isProvable ? "it had been healthy at the revision for long, and nobody had looked" : undefined;
}

interface Place {
  readonly step: StepBook;
  readonly app: string;
  readonly at: number;
  readonly begun: number;
}

/** The revision runs there as a whole, and nothing has happened since. */
function isThere(argocd: ArgocdView, { step, app, at, begun }: Place): boolean {
  const span = argocd.spanAt(app, at);
  const isWholeThere = span?.revision === textOf(step.input, "revision") && !span.isMixed;
  return isWholeThere && argocd.operationsOf(app).every(({ endedAt }) => endedAt !== undefined && endedAt < begun);
}

type Witness = (deps: FailureDeps, failed: Failed) => string | undefined;

/** What must have been in the world for a failure of each sort. */
const WITNESS: Readonly<Record<string, Witness>> = {
  // It says so itself, of one process.
  "sim.beside-itself": () => "nothing is to be executed beside itself",
  internal: () => "that is no reason",
  "approval.missing": ({ places }, { run, step }) => {
    const place = places.get(appOf(step));
    const rules = place === undefined ? [] : rulesSince(place, run.started.seenAt);
    const hasCome = rules.some((rule) => rule === undefined) && rules.some((rule) => rule !== undefined);
    return hasCome ? undefined : "nobody has begun to ask for approval there since the run started";
  },
  "step.timeout": (deps, failed) => timeoutProblem(deps, failed),
  "argocd.unreachable": (_deps, { step }) => (step.sort === "wait" ? "an outage is waited out" : undefined),
  "argocd.degraded": (deps, failed) => degradedProblem(deps, failed),
  "argocd.recreated": ({ argocd }, { step, fact }) =>
    argocd.uidsBetween(appOf(step), sinceOf(step), fact.seenAt).size > 1
      ? undefined
      : "it was the same application all the time",
  "argocd.gone": ({ argocd, wasBlind }, { step, fact }) =>
    wasBlind?.(fact.seenAt) === true || argocd.uidsBetween(appOf(step), step.started.seenAt, fact.seenAt).has("")
      ? undefined
      : "the application was there all the time",
  "argocd.terminated": (deps, failed) =>
    endedProblem(deps, failed, (operation) => operation.terminatedBy !== undefined),
  "argocd.sync-failed": (deps, failed) =>
    endedProblem(deps, failed, ({ phase }) => phase === "Failed" || phase === "Error"),
  "argocd.sync-error": (deps, failed) =>
    endedProblem(deps, failed, ({ phase }) => phase === "Error" || phase === "Failed"),
  "argocd.superseded": (deps, failed) => replacedProblem(deps, failed) ?? unfinishedProblem(deps, failed),
  "argocd.not-started": ({ argocd }, { step, fact }) => {
    const own = step.uses === "argocd/wait" ? argocd.waitedFor(step.input) : undefined;
    const isBegun = own?.startedAt !== undefined && own.startedAt < fact.seenAt - ANSWER_MS / 2;
    return isBegun && own.phase !== "lost" ? "Argo CD had begun with it" : undefined;
  },
  "argocd.result-unknown": (deps, failed) => knownProblem(deps, failed),
};

// What they say is of an operation that has ended.
const OF_AN_END: ReadonlySet<string> = new Set([
  "argocd.superseded",
  "argocd.terminated",
  "argocd.sync-failed",
  "argocd.sync-error",
]);

/** What a frame tells may be old news: whoever says that it has failed has looked since. */
function unreadProblem({ argocd }: FailureDeps, { step, fact }: Failed): string | undefined {
  if (step.uses !== "argocd/wait" || !OF_AN_END.has(fact.failure?.code ?? "")) return undefined;
  const begunAt = step.started.seenAt;
  const ended = argocd.operationsOf(appOf(step)).find(({ endedAt = 0 }) => endedAt > begunAt);
  const isRead = argocd.readsBetween(appOf(step), ended?.endedAt ?? begunAt, fact.seenAt).length > 0;
  return isRead ? undefined : "nobody had looked at it since";
}

/** Whether or not its answer was lost: what Argo CD has accepted and shows is not said to have come to nothing. */
function acceptedProblem({ argocd, wasReachable }: FailureDeps, { run, step, fact }: Failed): string | undefined {
  const code = fact.failure?.code ?? "";
  if (step.uses !== "argocd/sync" || !code.startsWith("argocd.") || code === "argocd.sync-error") return undefined;
  const own = argocd
    .operationsOf(appOf(step))
    .find(
      ({ identity }) => identity?.run === run.id && identity.step === step.path && identity.attempt === step.attempt,
    );
  if (own === undefined || own.phase === "lost" || wasReachable?.(own.requestedAt, fact.seenAt) !== true)
    return undefined;
  const isReplaced = argocd
    .operationsOf(own.app)
    .some(({ number, requestedAt }) => number > own.number && requestedAt < fact.seenAt);
  const isShown = argocd.readsBetween(own.app, own.requestedAt + 1, fact.seenAt).some(({ uid }) => uid === own.uid);
  return isShown && !isReplaced ? "Argo CD had accepted it, and showed that" : undefined;
}

function replacedProblem({ argocd }: FailureDeps, { run, step, fact }: Failed): string | undefined {
  const isReplaced = argocd
    .operationsOf(appOf(step))
    .some(
      ({ identity, requestedAt }) =>
        identity?.run !== run.id && requestedAt >= sinceOf(step) && requestedAt <= fact.seenAt,
    );
  return isReplaced ? undefined : "nobody else had begun anything there";
}

/** What others do there may end well: nobody knows before it has ended. */
function unfinishedProblem({ argocd }: FailureDeps, { step, fact }: Failed): string | undefined {
  const operations = argocd.operationsOf(appOf(step));
  const reads = readsBefore(argocd, step, fact);
  const isBusy = (at: number): boolean =>
    operations.some(({ requestedAt, endedAt = Infinity }) => requestedAt < at && endedAt > at);
  return reads.length > 0 && reads.every(({ at }) => isBusy(at)) ? "what took its place went on" : undefined;
}

/** That it has succeeded is in the history, whoever did something since. */
function knownProblem({ argocd }: FailureDeps, { step, fact }: Failed): string | undefined {
  const own = step.uses === "argocd/wait" ? argocd.waitedFor(step.input) : undefined;
  const { recordedAt, historyId = -1, uid } = own ?? {};
  if (recordedAt === undefined) return undefined;
  const reads = readsBefore(argocd, step, fact).filter((read) => read.uid === uid);
  const isTold = reads.every(({ at, oldestEntry = Infinity }) => at > recordedAt && oldestEntry <= historyId);
  return reads.length > 0 && isTold ? "its success stood in the history" : undefined;
}

/** The look that decided is one of those. */
function readsBefore(argocd: ArgocdView, step: StepBook, { seenAt }: Fact): ReturnType<ArgocdView["readsBetween"]> {
  return argocd.readsBetween(appOf(step), Math.max(step.started.seenAt, seenAt - ANSWER_MS), seenAt);
}

/** A wait is about the operation that the step before it began. */
function sinceOf({ input, started }: StepBook): number {
  const posted = membersOf(input["operation"])["postedAtMs"];
  // On another clock, which may have been set since: an hour is enough for any of them.
  return typeof posted === "number" ? Math.min(posted, started.seenAt) - 3_600_000 : started.seenAt;
}

function appOf({ input }: StepBook): string {
  return withoutServer(textOf(input, "app"));
}

function endedProblem(
  { argocd }: FailureDeps,
  { step, fact }: Failed,
  isSo: (operation: ReturnType<ArgocdView["operationsOf"]>[number]) => boolean,
): string | undefined {
  const ended = argocd
    .operationsOf(appOf(step))
    .filter(({ endedAt }) => endedAt !== undefined && endedAt <= fact.seenAt);
  return ended.some(isSo) ? undefined : "no operation there had ended so";
}

/** At some look shortly before it was Degraded, and it had been so when the time of grace began. */
function degradedProblem({ argocd, places, wasCalm }: FailureDeps, { step, fact }: Failed): string | undefined {
  const app = appOf(step);
  const graceMs = places.get(app)?.degradedGraceMs ?? 0;
  const reads = readsBefore(argocd, step, fact);
  const sick = reads.filter(({ health }) => health === "Degraded");
  if (sick.length === 0) return "it was not Degraded whenever somebody looked";
  const isOld = argocd.spansOf(app).some(({ health, at }) => health === "Degraded" && at <= fact.seenAt - graceMs);
  if (!isOld) return "it had not been Degraded for the time of grace";
  const since = fact.seenAt - graceMs;
  const isSeen = wasCalm?.(since - WELL_MS, fact.seenAt) === true;
  return isSeen && wasWell(argocd.spansOf(app), since) ? "it had been otherwise in between, for long" : undefined;
}

/** Whether it was anything but Degraded for so long that everybody has seen it, and until after a moment. */
function wasWell(spans: readonly ArgocdSpan[], since: number): boolean {
  return spans.some(({ at, health }, index) => {
    const next = spans.slice(index + 1).find((span) => span.health !== health)?.at;
    return health !== "Degraded" && next !== undefined && next > since && next - at > WELL_MS;
  });
}
