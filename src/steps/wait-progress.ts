import type { OperationProgress } from "../argocd/operation-progress.ts";
import type { FailingResource, Verdict } from "../argocd/verdict.ts";
import { TOKEN_PATIENCE_MS } from "../argocd/outage.ts";
import type { WaitProgress } from "../argocd/wait-news.ts";
import type { Progress } from "../domain/outcome.ts";
import { isoTime } from "../platform/clock.ts";
import { durationText } from "../platform/duration.ts";

const MOST_LINES = 4;

/** What people read while an application is waited for. */
export function progressOf({ verdict, unreachableSinceMs, tokenRefused }: WaitProgress): Progress {
  if (unreachableSinceMs === undefined) return verdictProgress(verdict);
  if (tokenRefused === true) return refusedProgress(unreachableSinceMs);
  return awayProgress(unreachableSinceMs);
}

/** What people read while Argo CD is away. */
export function awayProgress(sinceMs: number): Progress {
  return { text: `Argo CD has not answered since ${isoTime(sinceMs).slice(11, 16)} UTC; waiting for it` };
}

/** What people read while Argo CD does not accept the token: it is for them to replace. */
export function refusedProgress(sinceMs: number): Progress {
  const [since, until] = [sinceMs, sinceMs + TOKEN_PATIENCE_MS].map((ms) => isoTime(ms).slice(11, 16));
  return {
    text: `Argo CD has not accepted the token since ${since} UTC; give Quarterdeck a new one by ${until} UTC, and this goes on`,
  };
}

function verdictProgress(verdict: Verdict): Progress {
  switch (verdict.kind) {
    case "pending":
      return { text: verdict.message };
    case "running":
      return operationProgress(verdict.progress, verdict);
    case "superseded":
      return { text: `Waiting for a later operation of ${verdict.by.initiatedBy} to end` };
    case "settling":
      return { text: "Synced; waiting for Argo CD to compare once more" };
    case "progressing": {
      const { healthy: done, total } = verdict.count;
      const health = verdict.health === "Progressing" ? "" : `; the application is ${verdict.health}`;
      return {
        text: `Waiting for resources to become healthy${health}`,
        done,
        total,
        lines: lines(verdict.resources),
      };
    }
    case "healthy-candidate":
      return { text: `Healthy; making sure that it stays so for ${durationText(verdict.recheckAfterMs)} more` };
    case "degraded":
      return {
        text: `Degraded; giving it ${durationText(verdict.recheckAfterMs)} to recover`,
        lines: lines(verdict.resources),
      };
    case "suspended":
      return { text: "Suspended: waiting for a promotion inside the application", lines: lines(verdict.resources) };
    case "unknown":
      return { text: verdict.message };
    case "proven":
      return { text: "Proven" };
    case "failed":
      return { text: verdict.message, lines: lines(verdict.resources) };
  }
}

function operationProgress(
  operation: OperationProgress,
  { own, automated }: { readonly own: boolean; readonly automated: boolean },
): Progress {
  const others = automated ? "Argo CD syncs it by itself: " : "Somebody else's operation: ";
  const whose = own ? "Syncing: " : others;
  const wave = operation.wave === undefined ? "" : `, wave ${operation.wave}`;
  const waiting = operation.waitingFor === undefined ? "" : `, waiting for ${operation.waitingFor}`;
  const phase = operation.syncPhase ?? operation.phase;
  const hooks = operation.hooks.map(({ hookType, name, phase: state }) => `${hookType} ${name}: ${state}`);
  return {
    text: operation.blockedByWindow ? "Held back by a sync window" : `${whose}${phase}${wave}${waiting}`,
    ...(operation.total > 0 && { done: operation.applied, total: operation.total }),
    ...(hooks.length > 0 && { lines: hooks.slice(-MOST_LINES) }),
  };
}

function lines(resources: readonly FailingResource[]): readonly string[] {
  return resources.slice(0, MOST_LINES).map(({ kind, name, status, message }) => {
    const why = message === "" ? "" : `: ${message.slice(0, 200)}`;
    return `${kind}/${name} ${status}${why}`;
  });
}
