import type { HttpCall } from "../../../src/argocd/argocd-http.ts";
import { argocdRollback } from "../../../src/steps/argocd-rollback.ts";
import { argocdTerminate } from "../../../src/steps/argocd-terminate.ts";
import { FakeArgocd } from "../../support/fake-argocd.ts";
import { anApplication, anOperation, aState, atMs, SHA_A, SHA_B } from "../../unit/argocd/application-builder.ts";
import type { ActionScene } from "../step-kind.contract.ts";

const APP = "main/argocd/checkout-prod";
const SOURCE = { repoURL: "https://git.example.com/deploy.git", path: "checkout", targetRevision: "main" };
const HISTORY = [
  { id: 3, revision: SHA_A, source: SOURCE },
  { id: 4, revision: SHA_B, source: SOURCE },
];

/** An application that goes back as soon as it is asked to. */
export async function rollbackScene(): Promise<ActionScene> {
  const operationState = aState(SHA_B, "ana", "Succeeded");
  const argocd = new FakeArgocd(anApplication({ status: { history: HISTORY, operationState } }));
  const world = countingWorld(argocd, ({ method }) => {
    if (method !== "POST") return false;
    const sync = { revision: SHA_A, syncStrategy: { apply: {} } };
    const operation = { sync, initiatedBy: { username: "quarterdeck" } };
    argocd.put(anApplication({ operation, status: { history: HISTORY } }));
    return true;
  });
  const kind = argocdRollback({
    servers: argocd.servers,
    clock: { now: () => atMs(30), sleep: async () => undefined, monotonic: () => 30 },
    preparation: {
      ruleOf: () => undefined,
      git: { commitsBetween: () => Promise.reject(new Error("going back is what is wanted")) },
    },
  });
  return { kind, input: { app: APP, revision: SHA_A }, ...world };
}

/** An application in the middle of a sync of ours, which ends as soon as it is told to. */
export async function terminateScene(): Promise<ActionScene> {
  const own = { run: "run_1", step: "promote/sync", attempt: 1 };
  const history = [{ id: 3, revision: SHA_A }];
  const running = { history, operationState: aState(SHA_B, own, "Running") };
  const argocd = new FakeArgocd(anApplication({ operation: anOperation(SHA_B, own), status: running }));
  const world = countingWorld(argocd, ({ method }) => {
    if (method !== "DELETE") return false;
    const ended = aState(SHA_B, own, "Failed", {
      message: "Operation terminated",
      syncResult: { revision: SHA_B, resources: [] },
    });
    argocd.put(anApplication({ status: { history, operationState: ended } }));
    return true;
  });
  const operation = { ...own, skipped: false, postedAtMs: atMs(9), before: { uid: "uid-1", historyId: 3 } };
  const kind = argocdTerminate({
    servers: argocd.servers,
    clock: { now: () => atMs(30), sleep: async () => undefined, monotonic: () => 30 },
  });
  return { kind, input: { app: APP, operation }, ...world };
}

/** Counts the calls that change something, and can be made not to answer. */
function countingWorld(argocd: FakeArgocd, change: (call: HttpCall) => boolean): Pick<ActionScene, "effects" | "hold"> {
  let effects = 0;
  argocd.before = (call) => {
    if (change(call)) effects += 1;
  };
  return {
    effects: () => effects,
    hold: () => {
      const asked = Promise.withResolvers<void>();
      argocd.before = ({ signal }) => {
        asked.resolve();
        return new Promise((_, reject) => {
          signal?.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
        });
      };
      return asked.promise;
    },
  };
}
