import { hash } from "node:crypto";

import { type Fact, rowText } from "./fact.ts";
import { checkRetry } from "./retry-check.ts";
import { goesOnBeside, standingOf } from "./side-by-side.ts";
import type { RunBook, StepBook } from "./run-book.ts";
import type { Report } from "./violation.ts";

const UNDER_WAY: ReadonlySet<StepBook["status"]> = new Set(["running", "retrying", "postponed"]);
const AFTER_THE_END: ReadonlySet<string> = new Set(["run.retried", "run.refused", "gate.refused"]);

/** Judges one row of a run by what the rows before it say; to be called before it is folded. */
export function checkLife(run: RunBook, fact: Fact, report: Report): void {
  const say = (check: string, what: string, ...proof: readonly (Fact | undefined)[]): void => {
    const rows = [...proof, fact].filter((row) => row !== undefined);
    report({ check, what, run: run.id, proof: rows.map(rowText) });
  };
  if (run.isOver && !AFTER_THE_END.has(fact.type)) {
    say("ended runs stay ended", `${fact.type} was recorded after the run had ended.`, run.finished);
    return;
  }
  if (fact.type === "run.retried") checkRetry(run, fact, report);
  else if (fact.type.startsWith("run.")) checkRun(run, fact, say);
  else if (fact.type.startsWith("gate.")) checkGate(run, fact, say);
  else if (fact.type === "step.started") checkStart(run, fact, say);
  else if (fact.type === "step.skipped" || fact.type === "for-each.entered") checkReached(run, fact, say);
  else if (fact.type.startsWith("step.")) checkStep(run, fact, say);
}

type Say = (check: string, what: string, ...proof: readonly (Fact | undefined)[]) => void;

function checkReached(run: RunBook, fact: Fact, say: Say): void {
  const { path = "" } = fact;
  const before = run.steps.get(path);
  if (before !== undefined || run.loops.has(path))
    say("step order", `${path} was reached a second time.`, before?.started);
}

function checkStart(run: RunBook, fact: Fact, say: Say): void {
  const { path = "", attempt = 0 } = fact;
  const before = run.steps.get(path);
  const expected = (run.attempts.get(path) ?? 0) + 1;
  if (attempt !== expected)
    say("attempts count up", `Attempt ${attempt} of ${path} began where ${expected} comes next.`);
  checkToken(fact, say);
  if (before !== undefined) checkAgain(before, fact, say);
  // What ends the leftovers of a run goes beside everything else.
  if (fact.stops === undefined) checkTurn(run, fact, say);
}

/** Steps begin one after the other, and those for a failure only after one. */
function checkTurn(run: RunBook, fact: Fact, say: Say): void {
  const { path = "" } = fact;
  if (run.status === "cancelling") say("cancel", `${path} began although the run was being cancelled.`, run.cancel);
  const isAtTheEnd = path.startsWith(`${run.plan.command}/finally/`);
  if (isAtTheEnd !== (run.status === "concluding"))
    say("step order", `${path} began while the run was ${run.status}.`, run.concluding);
  const isOnFailure = path.startsWith(`${run.plan.command}/on-failure/`);
  if (run.status === "failing" && !isOnFailure) say("step order", `${path} began although the run had failed.`);
  if (run.status === "running" && isOnFailure) say("step order", `${path} began although the run had not failed.`);
  for (const other of run.underWay()) {
    if (other.path === path || standingOf(run, other.path, path) === "beside") continue;
    say("step order", `${path} began while ${other.path} was still under way.`, other.started);
  }
}

/** A step that is there already begins once more only for a reason that the log gives. */
function checkAgain(before: StepBook, fact: Fact, say: Say): void {
  const { path = "", at } = fact;
  if (before.status === "voided") return;
  if (before.status !== "retrying") {
    const state = before.status === "succeeded" ? "had succeeded" : `was ${before.status}`;
    say("nothing runs again", `${path} began again although it ${state}.`, before.ended ?? before.started);
  } else if (earlyMs(before, at) > 0) {
    say("nothing runs again", `${path} was tried again ${earlyMs(before, at)} ms before its time.`, before.started);
  }
}

// The clock of the application may be set; what keeps it right moves it by less.
const SET_BACK_MS = 2000;

/** How long before its time a step is taken up again. After the clock was set back nobody knows when that is. */
function earlyMs({ againAt, putOffAt }: StepBook, at: number): number {
  return againAt === undefined || putOffAt - at > SET_BACK_MS ? 0 : againAt - at;
}

function checkToken(fact: Fact, say: Say): void {
  // The version of a run only grows, and so does what is made of it.
  const { token, row, path } = fact;
  if (token !== row.version)
    say("newest token", `${path} was handed out under token ${token}, which is not of this moment (${row.version}).`);
}

function checkStep(run: RunBook, fact: Fact, say: Say): void {
  const { path = "", attempt, type } = fact;
  const step = run.steps.get(path);
  if (step === undefined) return say("step order", `${type} is about ${path}, which was never started.`);
  if (step.attempt !== attempt)
    return say("newest token", `${type} is about attempt ${attempt} of ${path}, while ${step.attempt} was the newest.`);
  if (!ALLOWED[type]?.has(step.status))
    return say("step order", `${type} was recorded for ${path}, which was ${step.status}.`, step.ended ?? step.started);
  return checkDetails(run, { step, fact }, say);
}

const ALLOWED: Readonly<Record<string, ReadonlySet<StepBook["status"]>>> = {
  "step.dispatched": new Set(["running", "postponed"]),
  "step.checkpointed": new Set(["running"]),
  "step.postponed": new Set(["running"]),
  "step.succeeded": new Set(["running"]),
  "step.failed": UNDER_WAY,
  "step.cancelled": UNDER_WAY,
};

function checkDetails(run: RunBook, { step, fact }: { readonly step: StepBook; readonly fact: Fact }, say: Say): void {
  const { path, stops } = step;
  switch (fact.type) {
    case "step.dispatched":
      checkToken(fact, say);
      if (step.status === "postponed" && earlyMs(step, fact.at) > 0)
        say("nothing runs again", `${path} was handed out again ${earlyMs(step, fact.at)} ms before its time.`);
      if (run.status === "cancelling" && stops === undefined)
        say("cancel", `${path} was handed out again although the run was being cancelled.`, run.cancel);
      return;
    case "step.postponed":
      return checkPutOff(path, fact, say);
    case "step.checkpointed":
      if (run.status === "cancelling" && stops === undefined)
        say("cancel", `${path} wrote something down, to begin, although the run was being cancelled.`, run.cancel);
      return;
    case "step.succeeded":
      if (step.sort === "gate" && step.gate === undefined)
        say("approval", `The gate ${path} let the run through without ever having been shown.`);
      return;
    case "step.cancelled":
      if (run.status !== "cancelling" && !isGivenUp(run, step))
        say("cancel", `${path} was cancelled although nobody had cancelled the run.`);
      return;
    default:
  }
}

/** What waits for people is given up when something beside it has failed, and the command does not go on then. */
function isGivenUp(run: RunBook, { path, sort }: StepBook): boolean {
  const failed = Array.from(run.steps.values()).flatMap((step) => (step.status === "failed" ? [step.path] : []));
  return (
    sort === "gate" &&
    [...failed, ...run.failures.keys()].some(
      (other) => standingOf(run, other, path) === "beside" && !goesOnBeside(run, other, path),
    )
  );
}

// What keeps a step from its effect is looked at again every few minutes at least.
const LONGEST_PUT_OFF_MS = 600_000;

function checkPutOff(path: string, { at, until = at }: Fact, say: Say): void {
  if (until - at > LONGEST_PUT_OFF_MS) say("everything ends", `${path} was put off for ${until - at} ms.`);
}

function checkGate(run: RunBook, fact: Fact, say: Say): void {
  const { path = "", attempt, type } = fact;
  const step = run.steps.get(path);
  if (type === "gate.refused") return;
  if (step === undefined || step.sort !== "gate" || step.attempt !== attempt)
    return say("approval", `${type} is about ${path}, which is not the gate that is asked now.`);
  if (type === "gate.opened") return checkOpening(step, fact, say);
  if (type === "gate.decided") return checkDecision(step, fact, say);
  if (step.status !== "succeeded" && step.status !== "running")
    say("approval", `${path} was voided although it was ${step.status}.`);
  if (step.status === "succeeded" && !isFoundVoid(run, step))
    say("approval", `${path} was voided although nothing that it had let through had found that.`, step.ended);
}

/** Whether something that has ended since the gate let it through found that the approval does not hold any more. */
function isFoundVoid({ steps }: RunBook, { ended }: StepBook): boolean {
  const since = ended?.row.sequence ?? 0;
  return Array.from(steps.values()).some(
    (step) => step.failure?.code === "approval.void" && (step.ended?.row.sequence ?? 0) > since,
  );
}

function checkOpening(step: StepBook, fact: Fact, say: Say): void {
  const { path, subject, digest, expiresAt = 0, at } = { ...fact, path: step.path };
  if (step.gate !== undefined) say("approval", `The gate ${path} was opened twice.`, step.gate.opened);
  if (step.status !== "running") say("approval", `The gate ${path} was opened although it was ${step.status}.`);
  // The stored text is canonical, so what was read keeps its order.
  if (hash("sha256", JSON.stringify(subject ?? null), "hex") !== digest)
    say("approval content", `The digest of the gate ${path} is not that of what it shows.`);
  if (expiresAt <= at) say("approval", `The gate ${path} had expired when it was opened.`);
}

function checkDecision(step: StepBook, fact: Fact, say: Say): void {
  const { gate, path, status } = step;
  const { actor, digest, at } = fact;
  if (gate === undefined || status !== "running")
    return say("approval", `Somebody decided on ${path}, on which nothing was left to decide (${status}).`, step.ended);
  if (digest !== gate.digest)
    say(
      "approval content",
      `${actor} decided on ${path} with the digest of something else than it shows.`,
      gate.opened,
    );
  if (at >= gate.expiresAt)
    say("approval", `${actor} decided on ${path} ${at - gate.expiresAt} ms after it had expired.`, gate.opened);
  const earlier = gate.decisions.find((other) => other.actor === actor);
  if (earlier !== undefined) say("approval", `${actor} decided twice on ${path}.`, earlier.fact);
}

function checkRun(run: RunBook, fact: Fact, say: Say): void {
  const { status } = run;
  switch (fact.type) {
    case "run.started":
      return say("ended runs stay ended", "The run was started twice.", run.started);
    case "run.cancel-requested":
      if (status !== "running" && status !== "failing" && status !== "concluding")
        say("cancel", `The run was cancelled while it was ${status}.`, run.cancel ?? run.finished);
      return;
    case "run.concluding":
      return checkConcluding(run, fact, say);
    case "run.failed":
      if (status !== "running" && status !== "concluding") say("step order", `The run failed while it was ${status}.`);
      return checkReason(run, fact, say);
    case "run.finished":
      return checkFinished(run, fact, say);
    default:
  }
}

/** A run fails by a step that has failed for good, or before a step could begin. */
function checkReason(run: RunBook, fact: Fact, say: Say): void {
  const step = run.steps.get(fact.path ?? "");
  if (step !== undefined && step.status !== "failed")
    say("step order", `The run failed because of ${step.path}, which was ${step.status}.`, step.started);
}

/** A run that had failed stays so when it is cancelled. */
function expectedEnd(run: RunBook): string {
  if (run.status === "running") return "succeeded";
  if (run.status === "concluding") return run.failure === undefined ? (run.concluding?.status ?? "") : "failed";
  return run.status === "failing" || run.failure !== undefined ? "failed" : "cancelled";
}

/** What is done at the end has its turn once, when everything else is over. */
function checkConcluding(run: RunBook, fact: Fact, say: Say): void {
  if (run.concluding !== undefined) say("step order", "The run came to its end twice.", run.concluding);
  if ((run.plan.finally ?? []).length === 0)
    say("step order", "The run came to an end that its command does not have.");
  if (fact.status !== expectedEnd(run))
    say("ended runs stay ended", `The run came to its end as ${fact.status} while it was ${run.status}.`, run.cancel);
  checkOver(run, say);
}

function checkOver(run: RunBook, say: Say): void {
  const [open] = run.underWay();
  if (open !== undefined)
    say("ended runs stay ended", `The run ended while ${open.path} was ${open.status}.`, open.started);
  for (const [path, lock] of run.locks) {
    if (lock.status !== "over") say("locks", `The run ended with the lock ${path} (${lock.keys.join(", ")}).`);
  }
}

function checkFinished(run: RunBook, fact: Fact, say: Say): void {
  checkOver(run, say);
  if (run.concluding === undefined && (run.plan.finally ?? []).length > 0)
    say("step order", "The run ended without what its command does at the end in any case.");
  if (fact.status !== expectedEnd(run))
    say("ended runs stay ended", `The run ended as ${fact.status} while it was ${run.status}.`, run.cancel);
  if (fact.status !== "succeeded") return;
  const bad = Array.from(run.steps.values()).find(({ status }) => status !== "succeeded" && status !== "skipped");
  if (bad !== undefined) say("step order", `The run succeeded although ${bad.path} was ${bad.status}.`, bad.started);
}
