import type { RunEvent } from "../../src/domain/run-event.ts";
import type { RunChange } from "../../src/engine/ports.ts";
import { projectRun } from "../../src/engine/projection.ts";
import { newId, systemRandom } from "../../src/platform/ids.ts";

const APP = "argocd/apps/checkout-prod";
const START = Date.UTC(2026, 0, 1, 10);

export function sampleRunId(): string {
  return newId("run", START, systemRandom);
}

/** A short run, such as the engine would record it: a lock, an action, a wait that proves, the end. `order` is that of its lock. */
export function sampleEvents({ at = START, order = 1, service = "checkout", environment = "prod" } = {}): RunEvent[] {
  const keys = [`${service}/${environment}`];
  const step = { path: "lock/healthy", attempt: 1 };
  const proof = { applicationUid: "uid-1", revision: "abc123", sourceDigest: "digest", provenAt: at + 4000 };
  return [
    {
      type: "run.started",
      at,
      actor: "p_requester",
      plan: { engine: 1, command: "promote", title: "Promote", verb: "promote", steps: [], onFailure: [] },
      planDigest: "plan",
      inputs: { service },
      targets: [{ service, environment, app: APP }],
      origin: { door: "slash", team: "T1", channel: "C1", text: "/promote" },
      title: `Promote ${service}`,
    },
    { type: "lock.requested", at: at + 1000, path: "lock", keys, order },
    { type: "lock.acquired", at: at + 2000, path: "lock", keys },
    {
      ...step,
      type: "step.started",
      at: at + 3000,
      uses: "argocd/wait",
      sort: "wait",
      token: 1,
      input: { app: APP },
      deadlineAt: at + 60_000,
    },
    { ...step, type: "step.succeeded", at: at + 4000, output: proof },
    { type: "lock.released", at: at + 5000, path: "lock", keys },
    { type: "run.finished", at: at + 6000, status: "succeeded" },
  ];
}

/** The newest `count` of these events as one turn of the run. */
export function sampleTurn(run: string, events: readonly RunEvent[], count = 1): RunChange {
  const expectedVersion = events.length - count;
  const projection = projectRun(run, events);
  if (projection === undefined) throw new Error("a sample begins with run.started");
  const earlier = projectRun(run, events.slice(0, expectedVersion))?.proofs.length ?? 0;
  const append = { stream: run, expectedVersion, events: events.slice(expectedVersion) };
  return { ...append, ...projection, proofs: projection.proofs.slice(earlier) };
}
