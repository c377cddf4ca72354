import { type Fact, rowText } from "./fact.ts";
import type { RunBook, StepBook } from "./run-book.ts";
import type { Report } from "./violation.ts";

const CHECK = "budgets";
// What keeps nobody up is taken up again in the moment at which it is due.
const LATE_MS = 15_000;
const BEFORE_MS = 5000;

interface Deps {
  readonly wasCalm: ((from: number, until: number) => boolean) | undefined;
  readonly report: Report;
}

interface Again {
  readonly run: RunBook;
  readonly step: StepBook;
  readonly fact: Fact;
}

/** What was put off, or is to be tried again, is taken up when it is due; before the row is folded. */
export function checkAgain({ wasCalm, report }: Deps, { run, step, fact }: Again): void {
  const isTakenUp = fact.type === "step.dispatched" || fact.type === "step.started";
  if (!isTakenUp || (step.status !== "postponed" && step.status !== "retrying")) return;
  const lateMs = fact.at - (step.againAt ?? fact.at);
  if (lateMs <= LATE_MS || wasCalm?.(fact.seenAt - lateMs - BEFORE_MS, fact.seenAt) !== true) return;
  const what = `${step.path} was to be taken up again ${lateMs} ms before.`;
  report({ check: CHECK, what, run: run.id, proof: [rowText(step.started), rowText(fact)] });
}
