import { type ArgocdView, withoutServer } from "./argocd-view.ts";
import { type Fact, rowText } from "./fact.ts";
import type { GateBook, RunBook } from "./run-book.ts";
import { hasSameSource, livePossible } from "./shown-content.ts";
import type { ArgocdRead } from "./truth.ts";
import type { Report } from "./violation.ts";

interface Deps {
  readonly argocd: ArgocdView;
  readonly runs: ReadonlyMap<string, RunBook>;
  readonly report: Report;
}

/** Nobody approves what, by every look since their click, was not what they were shown any more. */
export function checkClick(
  { argocd, runs, report }: Deps,
  { received, fact }: { readonly received: Fact; readonly fact: Fact },
): void {
  const run = runs.get(fact.row.stream);
  const gate = run?.steps.get(fact.path ?? "");
  const shown = gate?.gate;
  if (fact.type !== "gate.decided" || fact.decision !== "approve" || gate === undefined || shown === undefined) return;
  const app = withoutServer(shown.subject.app);
  const reads = argocd.readsBetween(app, received.seenAt, fact.seenAt);
  const before = argocd.readsBetween(app, gate.started.seenAt, shown.opened.seenAt);
  const problems = reads.map((read) => changeProblem(argocd, { read, before, shown }));
  const [first] = problems;
  if (first === undefined || problems.includes(undefined)) return;
  const what = `${gate.path} was approved although ${first} since it was shown.`;
  report({ check: "approval content", what, run: fact.row.stream, proof: [shown.opened, received, fact].map(rowText) });
}

interface Look {
  readonly read: ArgocdRead;
  /** The looks that the request was made from. */
  readonly before: readonly ArgocdRead[];
  readonly shown: GateBook;
}

function changeProblem(argocd: ArgocdView, { read, before, shown: { subject } }: Look): string | undefined {
  if (read.uid !== subject.applicationUid) return "the application had been made anew";
  if (!before.some((other) => hasSameSource(argocd, read, other))) return "the application's sources had changed";
  // What auto-sync follows counts as live before any operation.
  if (argocd.specOf(read)?.isAutoSynced === true) return undefined;
  return livePossible(argocd, read).has(subject.fromRevision) ? undefined : "another revision had become live";
}
