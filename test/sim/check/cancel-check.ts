import { type ArgocdView, withoutServer } from "./argocd-view.ts";
import { operationsUnderWay, saysLeft } from "./effect-check.ts";
import { rowText, textOf, timeText } from "./fact.ts";
import { findNode, lastOf, type RunBook } from "./run-book.ts";
import type { PlaceRule } from "./truth.ts";
import type { Report } from "./violation.ts";

interface Deps {
  readonly argocd: ArgocdView;
  readonly places: ReadonlyMap<string, PlaceRule>;
  readonly carryMs: number;
  readonly report: Report;
}

/** What has to be so at the moment at which a run says that it has ended; after the row is folded. */
export function checkEnding(deps: Deps, run: RunBook): void {
  if (run.cancel !== undefined) checkStopped(deps, run);
  if (run.status === "succeeded") checkHold(deps, run);
}

/** Nothing that the run began goes on in Argo CD, unless the log says what could not be stopped. */
function checkStopped({ argocd, places, carryMs, report }: Deps, run: RunBook): void {
  const { finished } = run;
  if (finished === undefined || saysLeft(run).length > 0) return;
  for (const operation of operationsUnderWay({ argocd, places }, run)) {
    // What reached Argo CD after the last look at it was on its way then, and the log says to look again.
    const lastLook = argocd.readsBetween(operation.app, 0, finished.seenAt).at(-1)?.at ?? 0;
    if (operation.requestedAt > lastLook - carryMs) continue;
    const step = run.tries.get(`${operation.identity?.step}#${operation.identity?.attempt}`);
    const isCut = step?.message.includes("cut off") === true;
    if (isCut || isProvenAfter(run, operation.app)) continue;
    const what = `The run ended as ${run.status} while its operation on ${operation.app} went on in Argo CD.`;
    const since = `operation ${operation.number} since ${timeText(operation.requestedAt)}`;
    report({ check: "cancel", what, run: run.id, proof: [since, rowText(finished)] });
  }
}

function isProvenAfter(run: RunBook, app: string): boolean {
  return Array.from(run.steps.values()).some(
    ({ uses, status, input }) =>
      uses === "argocd/wait" && status === "succeeded" && withoutServer(textOf(input, "app")) === app,
  );
}

/** A run whose lock says so leaves a hold where it has changed something. */
function checkHold({ report }: Deps, run: RunBook): void {
  for (const [path, lock] of run.locks) {
    const mustHold = findNode(run.plan, lastOf(path))?.hold === true;
    if (!mustHold || lock.hold !== undefined) continue;
    const what = `${path} (${lock.keys.join(", ")}) was given back without a hold.`;
    report({ check: "locks", what, run: run.id });
  }
}
