import type { ArgocdView } from "./argocd-view.ts";
import type { ArgocdRead } from "./truth.ts";

/** Whether two looks at an application saw the same sources. */
export function hasSameSource(argocd: ArgocdView, left: ArgocdRead, right: ArgocdRead): boolean {
  const [one, other] = [argocd.specOf(left), argocd.specOf(right)];
  if (one === undefined || other === undefined) return one === other;
  return one.isAutoSynced === other.isAutoSynced && JSON.stringify(one.source) === JSON.stringify(other.source);
}

// The history has a deployment shortly before its operation is marked as ended.
const MARKED_WITHIN_MS = 2000;

/** What can have been shown as live in an answer of that moment. */
export function livePossible(argocd: ArgocdView, read: ArgocdRead): ReadonlySet<string> {
  const { app, uid, at } = read;
  const last = argocd.deploymentsUntil(app, uid, at).at(-1);
  const possible = new Set(last === undefined ? withoutHistory(argocd, read) : [last.revision]);
  for (const { revision, endedAt, uid: own } of argocd.operationsOf(app)) {
    if (own === uid && endedAt !== undefined && endedAt > at && endedAt <= at + MARKED_WITHIN_MS)
      possible.add(revision);
  }
  return possible;
}

/** Before anything was synced it is what was there at the beginning, or what Argo CD has compared it with and found. */
function withoutHistory(argocd: ArgocdView, { app, uid, isSynced, compared }: ArgocdRead): readonly string[] {
  const first = argocd.spansOf(app).find((span) => span.uid === uid)?.revision ?? "";
  return ["", first, ...(isSynced ? [compared] : [])];
}
