import { rowText } from "./fact.ts";
import type { RunBook } from "./run-book.ts";
import type { Report } from "./violation.ts";

/** What must not be left undone when a commit is over. */
export function checkRest(run: RunBook, report: Report): void {
  for (const step of run.underWay()) {
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
}
