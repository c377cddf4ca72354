import { type Answer, notice } from "../engine/answer.ts";
import { noArtifacts } from "../engine/artifacts.ts";
import type { Judgement } from "../domain/approver-policy.ts";
import type { GateSubject } from "../domain/gate.ts";
import { tryMachine } from "../domain/machine.ts";
import { askersOf, behalfAskerOf, ownAskersOf } from "../domain/askers.ts";
import type { RunState, StepState } from "../domain/run-state.ts";
import type { PeopleStore } from "../engine/ports.ts";
import type { RunService } from "../engine/run-service.ts";
import type { RunWork } from "../engine/run-work.ts";
import type { StepKind } from "../engine/step-kind.ts";
import type { Clock } from "../platform/clock.ts";
import { AppError, errorCode, errorMessage } from "../platform/errors.ts";
import { timeLimit } from "../platform/time-limit.ts";
import type { DecisionArrival } from "./arrival.ts";
import type { DeciderQuestion, PeopleCheck } from "./people-check.ts";

export interface DecisionDeps {
  readonly runs: Pick<RunService, "state" | "apply">;
  readonly work: Pick<RunWork, "facts">;
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly people: PeopleStore;
  readonly check: Pick<PeopleCheck, "mayDecide">;
  readonly clock: Clock;
}

// A click has a person waiting behind it.
const SUBJECT_TIMEOUT_MS = 20_000;

/** Deals with a click on a gate: who it was, whether they may, whether it still is what they saw; then the run decides. `settle` marks the click as dealt with. */
export async function decideOnGate(
  deps: DecisionDeps,
  arrival: DecisionArrival,
  sender: Sender,
): Promise<Answer | undefined> {
  const state = tryState(deps, arrival.run);
  const step = state?.steps.get(arrival.path);
  if (state === undefined || step === undefined) {
    return notice(
      "run.unknown",
      "This run is not known here. Look at the newest message of the run, or ask for its history.",
    );
  }
  if (!arrival.isCurrent) {
    return notice("gate.copy", "This button is on a copy of the message. Use the one in the run's own thread.");
  }
  for (let current = step; ;) {
    const judged = await judge(deps, arrival, { state, step: current });
    const newest = deps.runs.state(arrival.run).steps.get(arrival.path) ?? current;
    // Who may decide depends on who has. From here to the decision nothing is waited for, so nobody comes in between.
    const isAsJudged = newest.gate?.decisions.length === current.gate?.decisions.length;
    if (isAsJudged) return await decide(deps, arrival, { judged, sender });
    current = newest;
  }
}

interface Sender {
  readonly actor: string;
  readonly settle: () => Promise<void>;
}

async function decide(
  deps: DecisionDeps,
  arrival: DecisionArrival,
  { judged, sender }: { readonly judged: Judged; readonly sender: Sender },
): Promise<Answer | undefined> {
  const { run, path, attempt, decision, digest, reason } = arrival;
  const { judgement, subject: current } = judged;
  const clicked = { path, attempt, decision, actor: sender.actor, digest, reason };
  const decided = deps.runs.apply(run, { type: "gate-decision", ...clicked, judgement, current });
  // In the same turn and so in the same commit: a crash can never count a click twice.
  const [{ events }] = await Promise.all([decided, sender.settle()]);
  const refusal = events.find((event) => event.type === "gate.refused");
  if (refusal === undefined) return undefined;
  return { kind: "notice", code: refusal.code, message: refusal.message, ...decidedBy(deps, refusal.code, arrival) };
}

function tryState(deps: DecisionDeps, run: string): RunState | undefined {
  try {
    return deps.runs.state(run);
  } catch (error) {
    if (errorCode(error) === "run.unknown") return undefined;
    throw error;
  }
}

interface At {
  readonly state: RunState;
  readonly step: StepState;
}

interface Judged {
  readonly judgement: Judgement;
  readonly subject: GateSubject | undefined;
}

async function judge(deps: DecisionDeps, arrival: DecisionArrival, { state, step }: At): Promise<Judged> {
  if (step.gate === undefined || step.status !== "running") {
    // Nothing is left to decide; the run itself says how it ended.
    const message = "There is nothing left to decide here.";
    return { judgement: { kind: "refused", code: "gate.closed", message }, subject: undefined };
  }
  const question = {
    rule: step.gate.rule,
    clicker: { pseudonym: "", team: arrival.team, user: arrival.user },
    askers: askersOf(state).map((actor) => deps.people.person(actor)),
    decided: step.gate.decisions.map(({ actor }) => deps.people.person(actor)),
    notBy: (step.gate.rule.notBy ?? []).map((actor) => deps.people.person(actor)),
  };
  const judgement = await withWhoAsked(deps, { state, question, judgement: await deps.check.mayDecide(question) });
  const isOut = judgement.kind === "refused";
  if (arrival.decision === "reject" || (isOut && !BY_THE_RULE.has(judgement.code)))
    return { judgement, subject: undefined };
  const look = await currentSubject(deps, { state, step });
  if (look.kind === "read") return { judgement, subject: look.subject };
  return { judgement: isOut ? judgement : look.judgement, subject: undefined };
}

interface Refused {
  readonly state: RunState;
  readonly question: DeciderQuestion;
  readonly judgement: Judgement;
}

/** Whoever has asked for nothing, because a machine did it for them, would not understand otherwise. */
async function withWhoAsked(
  { check, people }: DecisionDeps,
  { state, question, judgement }: Refused,
): Promise<Judgement> {
  if (judgement.kind !== "refused" || judgement.code !== "approval.requester") return judgement;
  const asker = behalfAskerOf(state);
  const machine = tryMachine((asker === undefined ? undefined : people.person(asker)) ?? { user: "" });
  if (machine === undefined) return judgement;
  const askers = ownAskersOf(state).map((actor) => people.person(actor));
  const own = await check.mayDecide({ ...question, askers });
  if (own.kind === "refused" && own.code === judgement.code) return judgement;
  const { sort, name } = machine;
  const message = `The ${sort} ${name} asked for this run on your behalf, so someone else has to decide on it.`;
  return { ...judgement, message };
}

// Whom only the rule keeps out may be somebody whom a newer rule names: where it has changed, the request has to be asked anew.
const BY_THE_RULE: ReadonlySet<string> = new Set([
  "approval.requester",
  "approval.group-gone",
  "approval.not-in-group",
]);

type Look =
  | { readonly kind: "read"; readonly subject: GateSubject }
  | { readonly kind: "unreadable"; readonly judgement: Judgement };

/** What an approval would be of now. When that cannot be found out, nothing is approved. */
async function currentSubject(deps: DecisionDeps, { state, step }: At): Promise<Look> {
  const kind = deps.kinds.get(step.uses);
  using limit = timeLimit(deps.clock, SUBJECT_TIMEOUT_MS);
  const context = {
    effect: { run: state.id, path: step.path, attempt: step.attempt },
    facts: deps.work.facts(state, step),
    signal: limit.signal,
    startedAt: step.startedAt,
    planDigest: state.planDigest,
    artifacts: noArtifacts,
    progress: () => undefined,
  };
  try {
    if (kind?.sort !== "gate") throw new TypeError(`${step.uses} is not a gate of this program`);
    return { kind: "read", subject: await kind.subject(step.input, context) };
  } catch (error) {
    const next =
      error instanceof AppError && error.retry === "never"
        ? "Press Approve again when that is mended."
        : "Try again in a moment.";
    const message = `Nothing was approved, because it could not be checked whether what you saw is still so: ${errorMessage(error)} ${next}`;
    return { kind: "unreadable", judgement: { kind: "refused", code: "gate.unverifiable", message } };
  }
}

function decidedBy(deps: DecisionDeps, code: string, { run, path }: DecisionArrival): { about?: string } {
  const last = code === "gate.decided" ? deps.runs.state(run).steps.get(path)?.gate?.decisions.at(-1) : undefined;
  const user = last === undefined ? undefined : deps.people.person(last.actor)?.user;
  return user === undefined ? {} : { about: user };
}
