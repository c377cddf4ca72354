import { type ArgocdView, withoutServer } from "./argocd-view.ts";
import { type Fact, rowText, textOf } from "./fact.ts";
import type { RunBook, StepBook } from "./run-book.ts";
import type { PlaceRule } from "./truth.ts";
import type { Report } from "./violation.ts";

const CHECK = "proof";
// Argo CD shows seconds, and what it shows is some seconds old.
const SHOWN_MS = 5000;

interface Deps {
  readonly wasCalm: ((from: number, until: number) => boolean) | undefined;
  readonly argocd: ArgocdView;
  readonly places: ReadonlyMap<string, PlaceRule>;
  readonly report: Report;
}

interface Soaked {
  readonly run: RunBook;
  readonly step: StepBook;
  readonly fact: Fact;
}

/** What has been good for a while really was, all of that time; to be called before the row is folded. */
export function checkSoak(deps: Deps, { run, step, fact }: Soaked): void {
  const [, seconds] = /^(\d+)s$/u.exec(textOf(step.input, "for")) ?? [];
  if (step.uses !== "soak" || seconds === undefined) return;
  const problem = shortProblem(deps, { step, fact }, Number(seconds) * 1000) ?? illProblem(deps, step, fact);
  if (problem === undefined) return;
  const what = `${step.path} was taken to have been good for ${seconds} s, although ${problem}.`;
  deps.report({ check: CHECK, what, run: run.id, proof: [rowText(step.started), rowText(fact)] });
}

/** The clock of the application may be set: then nobody knows how long it was. */
function shortProblem(
  { wasCalm }: Deps,
  { step, fact }: { readonly step: StepBook; readonly fact: Fact },
  forMs: number,
): string | undefined {
  const lastedMs = fact.seenAt - step.started.seenAt;
  const isShort = lastedMs < forMs && wasCalm?.(step.started.seenAt, fact.seenAt) === true;
  return isShort ? `it had begun ${lastedMs} ms before` : undefined;
}

function illProblem({ argocd, places, wasCalm }: Deps, step: StepBook, { seenAt }: Fact): string | undefined {
  const app = withoutServer(textOf(step.input, "app"));
  const graceMs = places.get(app)?.degradedGraceMs ?? 0;
  const now = argocd.spanAt(app, seenAt);
  if (now?.health !== "Degraded") return undefined;
  const other = argocd.spansOf(app).findLast(({ at, health }) => at < now.at && health !== "Degraded");
  const since = argocd.spansOf(app).find(({ at }) => at > (other?.at ?? 0))?.at ?? now.at;
  const illMs = seenAt - since;
  const isSeen = wasCalm?.(since, seenAt) === true;
  return illMs > graceMs + SHOWN_MS && isSeen ? `it had been Degraded for ${illMs} ms` : undefined;
}
