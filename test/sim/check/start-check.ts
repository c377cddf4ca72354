import type { ArgocdView } from "./argocd-view.ts";
import { type Fact, rowText } from "./fact.ts";
import type { RunBook, StepBook } from "./run-book.ts";
import type { ArgocdOperation, PlaceRule } from "./truth.ts";
import type { Report } from "./violation.ts";

const CHECK = "budgets";
// What keeps nobody up is said by then.
const LATE_MS = 30_000;

interface Deps {
  readonly wasCalm: ((from: number, until: number) => boolean) | undefined;
  readonly wasBlind: ((at: number) => boolean) | undefined;
  readonly argocd: ArgocdView;
  readonly places: ReadonlyMap<string, PlaceRule>;
  readonly report: Report;
}

interface Ended {
  readonly run: RunBook;
  readonly step: StepBook;
  readonly fact: Fact;
}

/** What Argo CD has accepted and does not begin with is not waited for longer than it may take; before the row is folded. */
export function checkStart(deps: Deps, { run, step, fact }: Ended): void {
  const own = step.uses === "argocd/wait" ? deps.argocd.waitedFor(step.input) : undefined;
  const place = own === undefined ? undefined : deps.places.get(own.app);
  if (own === undefined || place === undefined) return;
  const since = Math.max(own.requestedAt, step.started.seenAt);
  const due = since + place.startDeadlineMs + LATE_MS;
  if (fact.seenAt < due || !isUnbegun(deps.argocd, own, due) || isHidden(deps, since, due)) return;
  const what = `${step.path} was waited for, although Argo CD had not begun with it for ${due - own.requestedAt} ms.`;
  deps.report({ check: CHECK, what, run: run.id, proof: [rowText(step.started), rowText(fact)] });
}

/** Nothing had been done about it by then, and nobody had taken its place. */
function isUnbegun(argocd: ArgocdView, own: ArgocdOperation, due: number): boolean {
  if (own.phase === "lost" || (own.startedAt ?? Infinity) < due) return false;
  return argocd.operationsOf(own.app).every(({ number, requestedAt }) => number <= own.number || requestedAt > due);
}

function isHidden({ wasCalm, wasBlind }: Deps, since: number, due: number): boolean {
  return wasCalm?.(since, due) !== true || [since, due].some((at) => wasBlind?.(at) === true);
}
