import { describe, expect, it } from "vitest";

import type { Application } from "../../../src/argocd/application.ts";
import { ArgocdError, type ArgocdErrorClass } from "../../../src/argocd/argocd-errors.ts";
import type { HttpCall } from "../../../src/argocd/argocd-http.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import { noArtifacts } from "../../../src/engine/artifacts.ts";
import type { ActionContext, StepFacts } from "../../../src/engine/step-kind.ts";
import type { Json } from "../../../src/platform/canonical-json.ts";
import { argocdRollback } from "../../../src/steps/argocd-rollback.ts";
import { sourceDigest } from "../../../src/steps/live-revision.ts";
import { approvedFacts } from "../../support/approved-facts.ts";
import { FakeArgocd } from "../../support/fake-argocd.ts";
import { anApplication, aState, atMs, SHA_A, SHA_B } from "../argocd/application-builder.ts";

const THEN = { repoURL: "https://git.example.com/deploy.git", path: "checkout/old", targetRevision: "main" };
const THEN_DIGEST = sourceDigest(anApplication({ spec: { source: THEN } }));
const HISTORY = [
  { id: 2, revision: SHA_A, source: { ...THEN, path: "checkout/older" } },
  { id: 3, revision: SHA_A, source: THEN },
  { id: 4, revision: SHA_B, source: THEN },
];
const OURS = { sync: { revision: SHA_A, syncStrategy: { apply: {} } }, initiatedBy: { username: "quarterdeck" } };

function at(revision: string, more: Record<string, unknown> = {}): Application {
  return anApplication({
    status: { history: HISTORY, operationState: aState(revision, "ana", "Succeeded"), ...more },
  });
}

/** With the rollback under way. */
function rolling(): Application {
  return anApplication({ operation: OURS, status: { history: HISTORY } });
}

class RollbackRig {
  readonly argocd: FakeArgocd;
  readonly posts: Json[] = [];
  readonly checkpoints: Json[] = [];
  facts: StepFacts = { runTitle: "Roll back checkout", requester: "p_ana", requesterUser: "U1" };
  checkpointed: Json | undefined;
  onPost: () => void = () => this.argocd.put(rolling());

  constructor(application: Application = at(SHA_B)) {
    this.argocd = new FakeArgocd(application);
    this.argocd.before = (call: HttpCall) => {
      if (call.method !== "POST") return;
      this.posts.push(JSON.parse(JSON.stringify(call.body)));
      this.onPost();
    };
  }

  async run(attempt = 1): Promise<Outcome> {
    const kind = argocdRollback({
      servers: this.argocd.servers,
      clock: { now: () => atMs(30), monotonic: () => 30, sleep: () => Promise.resolve() },
      preparation: {
        ruleOf: () => undefined,
        git: { commitsBetween: () => Promise.reject(new Error("going back is what is wanted")) },
      },
    });
    if (kind.sort !== "action" || kind.prepare === undefined) throw new Error("not an action");
    const context: ActionContext = {
      effect: { run: "run_1", path: "rollback/restore", attempt },
      facts: this.facts,
      signal: new AbortController().signal,
      startedAt: atMs(29),
      checkpointed: this.checkpointed,
      artifacts: noArtifacts,
      progress: () => undefined,
      checkpoint: (data) => {
        this.checkpoints.push(data);
        return Promise.resolve();
      },
    };
    const input = { app: "main/argocd/checkout-prod", revision: SHA_A };
    return await kind.run(input, { ...context, prepared: await kind.prepare(input, context) });
  }
}

function refused(kind: ArgocdErrorClass, retry: "never" | "backoff" = "never"): ArgocdError {
  return new ArgocdError(`no: ${kind}`, { class: kind, retry });
}

const RESTORES = { historyId: 3, revisions: [SHA_A], sourceDigest: THEN_DIGEST, username: "quarterdeck" };

describe("a rollback of Argo CD's own", () => {
  it("names the last deployment of the revision, and writes down first how to find itself again", async () => {
    const rig = new RollbackRig();
    const outcome = await rig.run();
    expect(rig.posts).toEqual([{ appNamespace: "argocd", project: "team-a", id: 3, prune: false }]);
    expect(rig.checkpoints).toMatchObject([
      { attempt: 1, postedAtMs: atMs(30), before: { historyId: 4 }, restores: RESTORES },
    ]);
    expect(outcome).toMatchObject({
      status: "succeeded",
      output: { revision: SHA_A, operation: { skipped: false, restores: RESTORES, before: { historyId: 4 } } },
    });
  });

  it("finds itself again after a crash: under way, ended, or in the history, and asks for nothing twice", async () => {
    const first = new RollbackRig();
    await first.run();
    const state = aState(SHA_A, "x", "Succeeded", { operation: OURS });
    const replaced = [...HISTORY, { id: 5, revision: SHA_A, source: THEN }];
    for (const application of [
      rolling(),
      anApplication({ status: { history: HISTORY, operationState: state } }),
      at(SHA_B, { history: replaced }),
    ]) {
      const again = new RollbackRig(application);
      again.checkpointed = first.checkpoints[0];
      expect((await again.run()).status).toBe("succeeded");
      expect(again.posts).toEqual([]);
    }
    const theirs = { id: 5, revision: SHA_A, source: THEN, initiatedBy: { username: "ben" } };
    for (const application of [at(SHA_B), at(SHA_B, { history: [...HISTORY, theirs] })]) {
      const lost = new RollbackRig(application);
      lost.checkpointed = first.checkpoints[0];
      await lost.run();
      expect(lost.posts).toHaveLength(1);
    }
  });

  it("is its own where the answer was lost, and worth another try where nothing of it is there", async () => {
    const lost = new RollbackRig();
    lost.onPost = () => {
      lost.argocd.put(rolling());
      throw refused("unreachable", "backoff");
    };
    expect((await lost.run()).status).toBe("succeeded");
    const nothing = new RollbackRig();
    nothing.onPost = () => {
      throw refused("unreachable", "backoff");
    };
    expect(await nothing.run()).toMatchObject({ status: "failed", failure: { retry: "backoff" } });
  });

  it("waits for a window to open, since Argo CD would accept it and then be blocked", async () => {
    const rig = new RollbackRig();
    rig.argocd.canSync = false;
    expect(await rig.run()).toMatchObject({ status: "postponed", code: "argocd.window" });
    expect(rig.posts).toEqual([]);
  });

  it("waits while somebody else's operation is in progress, such as the one that is being ended", async () => {
    const rig = new RollbackRig(at(SHA_B, { operationState: aState(SHA_B, "ana", "Terminating") }));
    expect(await rig.run()).toMatchObject({ status: "postponed", code: "argocd.busy", afterMs: 2000 });
  });

  it("is refused under auto-sync, and where Argo CD has forgotten the deployment", async () => {
    const automated = new RollbackRig(anApplication({ spec: { syncPolicy: { automated: {} } } }));
    expect(await automated.run()).toMatchObject({ status: "failed", failure: { code: "argocd.auto-sync-rollback" } });
    const forgotten = new RollbackRig(anApplication());
    expect(await forgotten.run()).toMatchObject({ status: "failed", failure: { code: "rollback.not-stored" } });
  });

  it("is not done when what was approved was something else", async () => {
    const rig = new RollbackRig();
    const stored = { revision: SHA_A, fromRevision: SHA_B, sourceDigest: THEN_DIGEST, strategy: "stored" } as const;
    rig.facts = { ...rig.facts, ...approvedFacts(at(SHA_B), stored) };
    expect((await rig.run()).status).toBe("succeeded");
    const other = new RollbackRig();
    other.facts = { ...rig.facts, ...approvedFacts(at(SHA_B), { ...stored, sourceDigest: "another" }) };
    expect(await other.run()).toMatchObject({ status: "failed", failure: { code: "approval.void" } });
    expect(other.posts).toEqual([]);
  });
});
