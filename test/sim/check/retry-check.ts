import { type Fact, rowText } from "./fact.ts";
import { lastOf, type RunBook, type StepBook } from "./run-book.ts";
import { standingOf } from "./side-by-side.ts";
import type { Report } from "./violation.ts";

type Say = (check: string, what: string, ...proof: readonly (Fact | undefined)[]) => void;

/** Judges from where a run goes on; to be called before the row is folded. */
export function checkRetry(run: RunBook, fact: Fact, report: Report): void {
  const say: Say = (check, what, ...proof) => {
    const rows = [...proof, fact].filter((row) => row !== undefined);
    report({ check, what, run: run.id, proof: rows.map(rowText) });
  };
  if (!run.isOver) say("retry", "The run was retried before it had ended.");
  if (run.status === "succeeded") say("retry", "The run was retried although it had succeeded.", run.finished);
  checkKept(run, fact, say);
  checkForgotten(run, fact, say);
}

/** What did not go well is gone into again, wherever it stands, and so is what rests on that from which the run goes on. */
function checkKept(run: RunBook, { from = "", forgotten = [] }: Fact, say: Say): void {
  // Of a lock that was refused nothing has become.
  const isReached = run.steps.has(from) || run.locks.has(from);
  if (isReached && !forgotten.includes(from))
    say("retry", `The run goes on from ${from}, and keeps what had become of it.`, run.finished);
  for (const step of run.steps.values()) {
    if (step.path === from || step.stops !== undefined || forgotten.includes(step.path)) continue;
    if (isLeaf(run, step))
      say("retry", `The run goes on from ${from}, and keeps that ${step.path} was ${stateOf(step)}.`, step.ended);
    else if (standingOf(run, from, step.path) === "before")
      say("retry", `The run goes on from ${from}, and keeps ${step.path}, which comes after it.`, step.ended);
  }
}

/** Nothing that went well is done over, but for what comes after a place from which the run goes on. */
function checkForgotten(run: RunBook, { from = "", forgotten = [] }: Fact, say: Say): void {
  const leaves = Array.from(run.steps.values()).flatMap((step) => (isLeaf(run, step) ? [step.path] : []));
  const points = [from, ...leaves];
  for (const path of forgotten) {
    const step = run.steps.get(path);
    if (step === undefined || step.stops !== undefined || points.includes(path) || isAfterwards(run, path)) continue;
    if (points.some((point) => standingOf(run, point, path) === "before")) continue;
    say("nothing runs again", `The retry from ${lastOf(from)} forgot ${path}, which does not come after it.`);
  }
}

/** A place at which the run stopped: a command with branches has several. Nothing is built on what was begun and then ended. */
function isLeaf(run: RunBook, { path, status, stops }: StepBook): boolean {
  if (stops !== undefined) return false;
  return status === "failed" || status === "cancelled" || isEnded(run, path);
}

function isEnded(run: RunBook, path: string): boolean {
  return Array.from(run.steps.values()).some(({ stops }) => stops === path);
}

function stateOf({ status }: StepBook): string {
  return status === "succeeded" ? "ended in Argo CD" : status;
}

/** What is done about how a run ends: that comes anew when it ends anew. */
function isAfterwards({ plan, concluding }: RunBook, path: string): boolean {
  if (path.startsWith(`${plan.command}/on-failure/`)) return true;
  // At the end of a run that had succeeded, its end is all that there is to go on with.
  return path.startsWith(`${plan.command}/finally/`) && concluding?.status !== "succeeded";
}
