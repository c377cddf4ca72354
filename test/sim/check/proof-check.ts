import { type ArgocdView, withoutServer } from "./argocd-view.ts";
import { type Fact, type Members, membersOf, rowText, textOf, timeText } from "./fact.ts";
import type { RunBook, StepBook } from "./run-book.ts";
import type { ArgocdRead, ArgocdSpan, PlaceRule } from "./truth.ts";
import type { Report } from "./violation.ts";

const CHECK = "proof";
// From the answer that proved it to the row that says so, and how late a look may be; and where nothing went wrong.
const ANSWER_MS = 30_000;
const CALM_ANSWER_MS = 5000;
// Argo CD shows what pods do a little later, and on some days compares slowly.
const LATE_MS = 15_000;
// Argo CD writes seconds: what comes and goes within one cannot be told from what stayed.
const SECOND_MS = 1000;

export interface ProofDeps {
  readonly wasCalm: ((from: number, until: number) => boolean) | undefined;
  readonly wasStill: ((from: number, until: number) => boolean) | undefined;
  readonly argocd: ArgocdView;
  readonly places: ReadonlyMap<string, PlaceRule>;
  readonly report: Report;
}

interface Proven {
  readonly run: RunBook;
  readonly step: StepBook;
  readonly fact: Fact;
}

/** What a wait says to have proven really was so. */
export function checkProof(
  { argocd, places, report, wasCalm, wasStill }: ProofDeps,
  { run, step, fact }: Proven,
): void {
  const app = withoutServer(textOf(step.input, "app"));
  const place = places.get(app);
  const revision = textOf(fact.output, "revision");
  const say = (why: string, proof: readonly string[] = []): void => {
    const what = `${step.path} was taken to be proven at ${revision.slice(0, 7)}, although ${why}.`;
    report({ check: CHECK, what, run: run.id, proof: [...proof, rowText(fact)] });
  };
  if (place === undefined) return;
  const reads = looksBefore({ argocd, wasCalm }, step, fact);
  if (reads.length === 0) return say("nobody had looked at the application");
  const uid = textOf(fact.output, "applicationUid");
  const ofIt = reads.filter((read) => read.uid === uid);
  if (ofIt.length === 0) return say("the application was another one by then");
  const operation = membersOf(step.input["operation"]);
  const uidBefore = textOf(membersOf(operation["before"]), "uid");
  if (uidBefore !== "" && uidBefore !== uid) return say("the application had been made anew since it was synced");
  // The look that decided is one of those: it is enough that one of them could.
  const isTracked = operation["tracked"] === true;
  const askedAt = isTracked || operation["skipped"] === true ? 0 : syncedAt(run, operation);
  const problems = ofIt.map((read) => problemWith(argocd, { read, revision, place, isTracked, askedAt }));
  if (!problems.includes(undefined))
    return say(problems.at(-1) ?? "", [
      ...argocd.spansOf(app).slice(-3).map(spanText),
      ...ofIt.slice(-3).map(readText),
    ]);
  const lateMs = isTracked ? 0 : lateness({ argocd, wasStill }, { app, uid, fact, step, place });
  return lateMs > LATE_MS ? say(`that could have been said ${lateMs} ms before`) : undefined;
}

/** Those looks of which one has decided. */
function looksBefore(
  { argocd, wasCalm }: Pick<ProofDeps, "argocd" | "wasCalm">,
  { input, started }: StepBook,
  { seenAt }: Fact,
): readonly ArgocdRead[] {
  const isCalm = wasCalm?.(seenAt - ANSWER_MS, seenAt) === true;
  const since = seenAt - (isCalm ? CALM_ANSWER_MS : ANSWER_MS);
  return argocd.readsBetween(withoutServer(textOf(input, "app")), Math.max(started.seenAt, since), seenAt);
}

interface Said {
  readonly app: string;
  readonly uid: string;
  readonly fact: Fact;
  readonly step: StepBook;
  readonly place: PlaceRule;
}

/** For how long everything that it takes had been there and shown; 0 where something went wrong or was done meanwhile. */
function lateness(
  { argocd, wasStill }: Pick<ProofDeps, "argocd" | "wasStill">,
  { app, uid, fact, step, place }: Said,
): number {
  const brought = argocd.deploymentsUntil(app, uid, fact.seenAt).at(-1);
  if (brought?.comparedAt === undefined) return 0;
  const spans = argocd.spansOf(app);
  const other = spans.findLastIndex(({ health, isMixed }) => health !== "Healthy" || isMixed);
  const healthyAt = spans[other + 1]?.at ?? fact.seenAt;
  const shownAt = Math.max(brought.comparedAt, healthyAt, step.started.seenAt);
  return wasStill?.(shownAt, fact.seenAt) === true ? fact.seenAt - shownAt - place.settleMs : 0;
}

/** When the step that asked for the operation was first handed out; 0 when there was none. */
function syncedAt(run: RunBook, operation: Members): number {
  const { step: path, attempt } = operation;
  const first = Array.from(run.tries.values()).find((step) => step.path === path && step.attempt === attempt);
  return first?.started.seenAt ?? 0;
}

interface Look {
  readonly read: ArgocdRead;
  readonly revision: string;
  readonly place: PlaceRule;
  readonly isTracked: boolean;
  /** Nothing that ended before counts. */
  readonly askedAt: number;
}

/** Why a look could not prove it; undefined when it could. */
function problemWith(argocd: ArgocdView, look: Look): string | undefined {
  const { read, revision, place, isTracked } = look;
  const { app, at, health, healthSince } = read;
  const now = argocd.spanAt(app, at);
  if (now?.isMixed === true) return "what ran there was a mixture";
  if (health !== "Healthy") return `it was ${health}`;
  if (at - healthSince + SECOND_MS < place.settleMs) return `it had been Healthy for ${at - healthSince} ms only`;
  // A commit that changes nothing of what is followed leads to no operation.
  if (isTracked && read.isSynced && read.compared === revision) return undefined;
  if (now?.revision !== revision) return `${now?.revision.slice(0, 7) || "nothing"} ran there`;
  return originProblem(argocd, look);
}

/** An operation has brought the revision there, and Argo CD has compared it since. */
function originProblem(argocd: ArgocdView, look: Look): string | undefined {
  const { read, revision, askedAt } = look;
  const { app, uid, at } = read;
  const brought = argocd.deploymentsUntil(app, uid, at).at(-1);
  // What was there at the beginning needs no operation.
  const isFirst = argocd.spansOf(app).find((span) => span.uid === uid)?.revision === revision;
  if (askedAt > 0 && (brought?.endedAt ?? at) < askedAt)
    return "no operation had brought it there since it was to be synced";
  if (brought?.revision !== revision) return isFirst ? undefined : "no operation had brought it there";
  return lookedAtProblem(look, brought.endedAt ?? at);
}

function lookedAtProblem({ read: { at, comparedAt }, place }: Look, endedAt: number): string | undefined {
  const thereMs = at - endedAt;
  if (thereMs + SECOND_MS < place.settleMs) return `it had been there for ${thereMs} ms only`;
  const isCompared = comparedAt !== undefined && comparedAt > endedAt;
  return isCompared ? undefined : "Argo CD had not compared it since the operation";
}

function spanText({ at, revision, health, isMixed, app }: ArgocdSpan): string {
  return `${app} from ${timeText(at)}: ${revision.slice(0, 7) || "nothing"}${isMixed ? " in part" : ""}, ${health}`;
}

function readText({ at, app, health, healthSince, comparedAt }: ArgocdRead): string {
  const compared = comparedAt === undefined ? "never" : timeText(comparedAt);
  return `read of ${app} at ${timeText(at)}: ${health} since ${timeText(healthSince)}, compared ${compared}`;
}
