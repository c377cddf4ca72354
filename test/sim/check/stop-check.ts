import { type Fact, rowText } from "./fact.ts";
import type { RunBook, StepBook } from "./run-book.ts";
import type { Report } from "./violation.ts";

// What does not answer is cut off a minute after it was told to stop, and a little later where much is to be done.
const STOPPED_WITHIN_MS = 75_000;
// What speaks with Argo CD hears it at once, but for an answer that it waits for.
const HEARS_WITHIN_MS = 15_000;

const ENDS: ReadonlySet<string> = new Set(["step.succeeded", "step.failed", "step.cancelled"]);

interface Deps {
  readonly wasCalm: ((from: number, until: number) => boolean) | undefined;
  readonly report: Report;
}

interface Stopping {
  readonly run: RunBook;
  readonly step: StepBook;
  readonly fact: Fact;
}

/** What becomes of a step that somebody executes while its run is being cancelled; to be called before the row is folded. */
export function checkStopping({ wasCalm, report }: Deps, { run, step, fact }: Stopping): void {
  const { cancel } = run;
  const isTold = run.status === "cancelling" && step.sort === "action" && step.stops === undefined;
  if (!isTold || cancel === undefined) return;
  const tookMs = fact.seenAt - cancel.seenAt;
  const limitMs = step.uses === "argocd/sync" ? HEARS_WITHIN_MS : STOPPED_WITHIN_MS;
  const isLate = tookMs > limitMs && wasCalm?.(cancel.seenAt, fact.seenAt) === true;
  const late = isLate ? `was waited for, for ${tookMs} ms after it had been told to stop` : undefined;
  const problem = problemWith(fact) ?? (ENDS.has(fact.type) ? late : undefined);
  if (problem === undefined) return;
  const proof = [rowText(cancel), rowText(fact)];
  report({ check: "cancel", what: `${step.path} ${problem}.`, run: run.id, proof });
}

// It was told to stop, or that it may not begin any more.
const TOLD: ReadonlySet<string> = new Set(["cancelled", "step.superseded"]);

function problemWith({ type, retryAt, failure }: Fact): string | undefined {
  if (type === "step.postponed") return "was put off although the run was being cancelled";
  if (retryAt !== undefined) return "is to be tried again although the run was being cancelled";
  return TOLD.has(failure?.code ?? "") ? "is said to have failed, although it only did as it was told" : undefined;
}
