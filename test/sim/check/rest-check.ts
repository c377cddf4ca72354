import { rowText, textOf } from "./fact.ts";
import type { RunBook, StepBook } from "./run-book.ts";
import type { Report } from "./violation.ts";

/** What must not be left undone when a commit is over. */
export function checkRest(run: RunBook, report: Report): void {
  for (const step of run.underWay()) {
    const [path, keys] = lockGivenBack(run, step) ?? [];
    if (path !== undefined) {
      const what = `${path} (${keys?.join(", ")}) was given back although ${step.path} was still under way.`;
      report({ check: "locks", what, run: run.id, proof: [rowText(step.started)] });
    }
    checkStep(run, step, report);
  }
}

/** The lock that a step works under, when it is not had any more. */
function lockGivenBack(
  run: RunBook,
  { input, reachedAt, sort }: StepBook,
): readonly [string, readonly string[]] | undefined {
  const target = run.targets.get(textOf(input, "app"));
  if (sort === "gate" || target === undefined) return undefined;
  const own = `${target.service}/${target.environment}`;
  for (const [path, lock] of run.locks) {
    const { keys, releasedAt = 0 } = lock;
    if (keys.includes(own) && reachedAt > lock.reachedAt && reachedAt < releasedAt) return [path, keys];
  }
  return undefined;
}

function checkStep(run: RunBook, step: StepBook, report: Report): void {
  const { gate, path, sort, started, status } = step;
  const approvals = gate?.decisions.filter(({ decision }) => decision === "approve") ?? [];
  if (status === "running" && gate?.rule !== undefined && approvals.length >= gate.rule.quorum) {
    const what = `${path} goes on asking although ${approvals.length} of ${gate.rule.quorum} have approved.`;
    report({ check: "approval", what, run: run.id, proof: approvals.map(({ fact }) => rowText(fact)) });
  }
  if (run.status === "cancelling" && (sort !== "action" || status !== "running") && step.stops === undefined) {
    const what = `${path}, which only waits, goes on although the run was cancelled.`;
    report({ check: "cancel", what, run: run.id, proof: [rowText(started)] });
  }
}
