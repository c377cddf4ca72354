import { Application } from "../../../src/argocd/application.ts";
import type { Expectation } from "../../../src/argocd/expectation.ts";
import { infosOf, type OperationIdentity } from "../../../src/argocd/operation-identity.ts";

export const SHA_A = "a".repeat(40);
export const SHA_B = "b".repeat(40);
export const SHA_C = "c".repeat(40);

export const ours: OperationIdentity = { run: "run_1", step: "promote/sync", attempt: 1 };

/** Wall time of second `second` of the stories in these tests, as Argo CD writes it. */
export function at(second: number): string {
  return new Date(atMs(second)).toISOString().replace(".000Z", "Z");
}

export function atMs(second: number): number {
  return Date.UTC(2026, 0, 1, 10) + second * 1000;
}

type Part = Readonly<Record<string, unknown>>;

export interface ApplicationParts {
  readonly version?: number;
  readonly metadata?: Part;
  readonly spec?: Part;
  readonly operation?: Part;
  readonly status?: Part;
}

/** The Application `checkout-prod`: manual sync, branch at SHA_A, everything Synced and Healthy, but for what `parts` changes. */
export function anApplication(parts: ApplicationParts = {}): Application {
  return Application.parse({
    metadata: {
      name: "checkout-prod",
      namespace: "argocd",
      uid: "uid-1",
      resourceVersion: String(parts.version ?? 1),
      ...parts.metadata,
    },
    spec: {
      project: "team-a",
      source: { repoURL: "https://git.example.com/deploy.git", path: "checkout", targetRevision: "main" },
      destination: { namespace: "checkout" },
      ...parts.spec,
    },
    operation: parts.operation,
    status: {
      sync: { status: "Synced", revision: SHA_A },
      health: { status: "Healthy" },
      reconciledAt: at(0),
      resources: [
        resource("Service", "checkout", "Healthy"),
        resource("Deployment", "checkout", "Healthy", { group: "apps" }),
      ],
      ...parts.status,
    },
  });
}

export function resource(kind: string, name: string, health: string, more: Part = {}): Part {
  return { kind, name, namespace: "checkout", status: "Synced", health: { status: health }, ...more };
}

/** The request part of an operation. */
export function anOperation(revision: string, by: OperationIdentity | string, more: Part = {}): Part {
  const own = typeof by !== "string";
  return {
    sync: { revision },
    initiatedBy: { username: own ? "quarterdeck" : by },
    info: own ? infosOf(by) : [],
    ...more,
  };
}

/** `status.operationState` of an operation from second 10 to second 20, or still running. */
export function aState(revision: string, by: OperationIdentity | string, phase: string, more: Part = {}): Part {
  const ended = phase === "Succeeded" || phase === "Failed" || phase === "Error";
  return {
    operation: anOperation(revision, by),
    phase,
    message: ended ? "successfully synced (all tasks run)" : "",
    startedAt: at(10),
    ...(ended ? { finishedAt: at(20) } : {}),
    syncResult: {
      revision,
      resources: [
        {
          kind: "Service",
          name: "checkout",
          namespace: "checkout",
          status: "Synced",
          message: "service/checkout unchanged",
          hookPhase: "Running",
          syncPhase: "Sync",
        },
        {
          group: "apps",
          kind: "Deployment",
          name: "checkout",
          namespace: "checkout",
          status: "Synced",
          message: "deployment.apps/checkout configured",
          hookPhase: "Running",
          syncPhase: "Sync",
        },
      ],
    },
    ...more,
  };
}

/** Our sync to SHA_B, posted at second 9 to a quiet application. */
export function anExpectation(parts: Partial<Expectation> = {}): Expectation {
  return {
    mode: "pin",
    revisions: [{ sourceIndex: 0, sha: SHA_B }],
    operation: ours,
    before: { uid: "uid-1", historyId: 3, reconciledAt: at(0) },
    postedAtMs: atMs(9),
    timing: { settleMs: 15_000, degradedGraceMs: 60_000, startDeadlineMs: 120_000 },
    ...parts,
  };
}
