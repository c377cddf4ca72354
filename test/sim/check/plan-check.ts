import { withoutServer } from "./argocd-view.ts";
import { type Fact, type PlanNodeOutline, type PlanOutline, rowText, textOf } from "./fact.ts";
import { findNode, lastOf, type RunBook, type StepBook } from "./run-book.ts";
import { goesOnBeside } from "./side-by-side.ts";
import type { PlaceRule } from "./truth.ts";
import type { Report } from "./violation.ts";

const VOID = "approval.void";

// The last delay between two attempts is shorter than this.
const LONGEST_DELAY_MS = 120_000;

interface Deps {
  readonly places: ReadonlyMap<string, PlaceRule>;
  readonly report: Report;
}

type Say = (check: string, what: string, ...proof: readonly (Fact | undefined)[]) => void;

/** Judges one row of a run by the command that it runs; to be called before the row is folded. */
export function checkPlan({ places, report }: Deps, run: RunBook, fact: Fact): void {
  const say: Say = (check, what, ...proof) => {
    const rows = [...proof, fact].filter((row) => row !== undefined);
    report({ check, what, run: run.id, proof: rows.map(rowText) });
  };
  switch (fact.type) {
    case "step.started":
      checkLimits(run, fact, say);
      if (fact.stops !== undefined) checkStop(run, fact, say);
      else checkBegin(run, fact, say);
      checkHeld(run, fact, say);
      checkLetThrough(run, fact, say);
      return checkAsked(places, fact, say);
    case "step.failed":
      return checkRepeated(run, fact, say);
    case "lock.requested":
    case "lock.acquired":
      return checkBegin(run, fact, say);
    case "for-each.entered":
      return checkShare(run, fact, say);
    case "run.failed":
      return checkAskedAnew(run, fact, say);
    case "run.finished":
      return fact.status === "failed" && run.cancel === undefined ? checkAlerted(run, say) : undefined;
    default:
      return undefined;
  }
}

/** Time limits are kept, and nothing is tried more often than the command says. */
function checkLimits(run: RunBook, fact: Fact, say: Say): void {
  const { path = "", deadlineAt } = fact;
  const node = fact.stops === undefined ? findNode(run.plan, lastOf(path)) : undefined;
  if (node === undefined) return;
  if (node.timeoutMs !== undefined && deadlineAt === undefined)
    say("step order", `${path} began without the time limit that the command gives it.`);
  const tries = triesWith(run, fact);
  const most = node.retry?.attempts ?? 1;
  if (tries > most) say("nothing runs again", `${path} was tried ${tries} times, and ${most} are meant.`);
}

/** How often it has been tried since it was reached, with this attempt; none when it is no repetition. */
function triesWith(run: RunBook, { path = "", attempt = 0 }: Fact): number {
  const before = run.steps.get(path);
  return before?.status === "retrying" ? attempt - before.firstAttempt + 1 : 0;
}

/** Nothing is built on what has failed, and nothing new begins beside it, unless the command goes on with the others. */
function checkBegin(run: RunBook, { path = "" }: Fact, say: Say): void {
  const steps = Array.from(run.steps.values()).filter(
    ({ status, stops }) => status === "failed" && stops === undefined,
  );
  const failed = [...steps.map(({ path: own, ended }) => ({ path: own, row: ended })), ...failuresOf(run)].find(
    (other) => other.path !== path && !goesOnBeside(run, other.path, path),
  );
  // What is under way beside it may go on with its tries.
  const isNew = run.steps.get(path)?.status !== "retrying";
  if (failed !== undefined && run.status === "running" && isNew)
    say("step order", `${path} began although ${failed.path} had failed.`, failed.row);
}

function failuresOf({ failures }: RunBook): readonly { readonly path: string; readonly row: Fact }[] {
  return Array.from(failures, ([path, row]) => ({ path, row }));
}

/** What stands in a lock begins only while the run has it. */
function checkHeld(run: RunBook, { path = "", stops }: Fact, say: Say): void {
  if (stops !== undefined) return;
  for (const [lock, book] of run.locks) {
    if (book.status !== "held" && isInside(run.plan, lock, path))
      say("locks", `${path} began while ${lock} was ${book.status}.`);
  }
}

/** Whether a step stands in this lock, in the same sequence. */
function isInside({ steps }: PlanOutline, lock: string, path: string): boolean {
  const parent = path.slice(0, path.lastIndexOf("/") + 1);
  if (lock !== parent + lastOf(lock)) return false;
  return hasLock(steps, lastOf(lock), lastOf(path));
}

/** Whether there is a lock of this key that has this step in its own sequence. */
function hasLock(nodes: readonly PlanNodeOutline[], lock: string, step: string): boolean {
  return nodes.some(
    (node) =>
      (node.type === "lock" && node.key === lock && keysIn(node).includes(step)) ||
      hasLock(node.steps ?? node.branches ?? [], lock, step),
  );
}

function keysIn({ steps = [] }: PlanNodeOutline): readonly string[] {
  return steps.flatMap((node) => (node.type === "lock" || node.type === "group" ? keysIn(node) : [node.key]));
}

/** As many rounds of a loop go at once as the command says: a share of them is rounded up, and at least one goes at a time. */
function checkShare(run: RunBook, { path = "", items = [], atATime = 1 }: Fact, say: Say): void {
  const { atATime: said = "1" } = findNode(run.plan, lastOf(path)) ?? {};
  const [, input = ""] = /^\$\{\{ (\w+) \}\}$/u.exec(`${said}`) ?? [];
  const text = input === "" ? `${said}` : textOf(run.inputs, input);
  const number = Number.parseInt(text, 10);
  const expected = text.endsWith("%") ? Math.max(1, Math.ceil((items.length * number) / 100)) : number;
  if (items.length > 0 && atATime !== expected)
    say("step order", `${path} lets ${atATime} rounds of ${items.length} go at once, and not ${text}.`);
}

const PROTECTING = new Set(["argocd/sync", "argocd/rollback"]);

/** What people let through says by which word of theirs it goes. */
function checkLetThrough(run: RunBook, fact: Fact, say: Say): void {
  if (!PROTECTING.has(fact.uses ?? "") || fact.approval !== undefined) return;
  const app = textOf(fact.input, "app");
  const gate = Array.from(run.steps.values()).find(
    ({ sort, status, input }) => sort === "gate" && status === "succeeded" && textOf(input, "app") === app,
  );
  if (gate !== undefined)
    say("approval", `${fact.path ?? ""} began as if nobody had been asked, and ${gate.path} was approved.`, gate.ended);
}

/** What has changed since it was approved is asked for anew; it does not end the run, unless something else does. */
function checkAskedAnew(run: RunBook, { path = "", failure }: Fact, say: Say): void {
  const step = run.steps.get(path);
  const others = [...run.failures.values(), ...run.steps.values()].map((other) => other.failure?.code ?? VOID);
  if (failure?.code === VOID && step?.approval !== undefined && others.every((code) => code === VOID))
    say("approval", `${path} ended the run instead of asking anew.`, step.started);
}

/** What is proven is not ended. */
function checkStop(run: RunBook, { stops = "" }: Fact, say: Say): void {
  const step = run.steps.get(stops);
  const app = textOf(step?.input, "app");
  const proof = Array.from(run.steps.values()).find(
    ({ uses, status, input, reachedAt }) =>
      uses === "argocd/wait" &&
      status === "succeeded" &&
      textOf(input, "app") === app &&
      reachedAt > (step?.reachedAt ?? 0),
  );
  if (proof !== undefined) say("cancel", `What ${stops} had begun was ended although it was proven.`, proof.ended);
}

/** People are asked where the configuration says so, and nowhere else. */
function checkAsked(places: ReadonlyMap<string, PlaceRule>, fact: Fact, say: Say): void {
  const place = places.get(withoutServer(textOf(fact.input, "app")));
  if (fact.sort !== "gate" || place === undefined) return;
  if (place.approvals.every(({ rule }) => rule === undefined))
    say("approval", `${fact.path} asks people, and ${place.environment} asks nobody.`);
}

/** What is worth another try gets one, and what is not gets none. */
function checkRepeated(run: RunBook, fact: Fact, say: Say): void {
  const { path = "", failure, retryAt } = fact;
  const step = run.steps.get(path);
  if (step === undefined || step.stops !== undefined || run.status === "cancelling") return;
  if (failure?.retry === "never" && retryAt !== undefined)
    say("nothing runs again", `${path} is to be tried again although that is of no use.`, step.started);
  if (failure?.retry !== "never" && retryAt === undefined && mayTryAgain(run, step, fact))
    say("step order", `${path} was given up although more attempts are meant.`, step.started);
}

function mayTryAgain(run: RunBook, step: StepBook, { at }: Fact): boolean {
  const most = findNode(run.plan, lastOf(step.path))?.retry?.attempts ?? 1;
  const hasTime = step.deadlineAt === undefined || step.deadlineAt - at > LONGEST_DELAY_MS;
  return hasTime && step.attempt - step.firstAttempt + 1 < most;
}

/** Where a run has failed, everything is done that its command says for that. */
function checkAlerted(run: RunBook, say: Say): void {
  for (const { key } of run.plan.onFailure) {
    const path = `${run.plan.command}/on-failure/${key}`;
    const step: StepBook | undefined = run.steps.get(path);
    if (step === undefined || step.reachedAt < (run.failure?.since ?? 0))
      say("nobody is left alone", `The run has failed, and ${path} was left out.`);
  }
}
