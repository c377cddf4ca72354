import { describe, expect, it } from "vitest";

import type { OperationProgress } from "../../../src/argocd/operation-progress.ts";
import { awayProgress, progressOf } from "../../../src/steps/wait-progress.ts";

const operation: OperationProgress = { phase: "Running", applied: 0, total: 3, hooks: [], blockedByWindow: false };

function running(own: boolean, more: Partial<OperationProgress> = {}) {
  return progressOf({ verdict: { kind: "running", own, automated: false, progress: { ...operation, ...more } } });
}

describe("what people read while an application is waited for", () => {
  it("is how far the sync is, whose it is, and what it waits for", () => {
    expect(running(true)).toEqual({ text: "Syncing: Running", done: 0, total: 3 });
    expect(running(false, { syncPhase: "PreSync", wave: 2, waitingFor: "batch/Job/migrate" }).text).toBe(
      "Somebody else's operation: PreSync, wave 2, waiting for batch/Job/migrate",
    );
    const hooks = [{ name: "migrate", hookType: "PreSync", phase: "Running" }];
    expect(running(true, { hooks }).lines).toEqual(["PreSync migrate: Running"]);
    expect(running(true, { blockedByWindow: true }).text).toBe("Held back by a sync window");
  });

  it("is how many resources are healthy, and what the application is called unless that says the same", () => {
    const waiting = (health: string) =>
      progressOf({ verdict: { kind: "progressing", health, count: { healthy: 1, total: 2 }, resources: [] } });
    expect(waiting("Progressing")).toMatchObject({
      text: "Waiting for resources to become healthy",
      done: 1,
      total: 2,
    });
    expect(waiting("Missing").text).toBe("Waiting for resources to become healthy; the application is Missing");
  });

  it("is since when Argo CD has not answered, whatever was known before", () => {
    const since = Date.UTC(2026, 10, 21, 13, 7);
    const away = { text: "Argo CD has not answered since 13:07 UTC; waiting for it" };
    expect(awayProgress(since)).toEqual(away);
    expect(progressOf({ verdict: { kind: "settling" }, unreachableSinceMs: since })).toEqual(away);
  });
});
