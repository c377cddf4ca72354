import { describe, expect, it } from "vitest";

import type { Application } from "../../../src/argocd/application.ts";
import { ArgocdError, type ArgocdErrorClass } from "../../../src/argocd/argocd-errors.ts";
import { noArtifacts } from "../../../src/engine/artifacts.ts";
import type { ActionContext } from "../../../src/engine/step-kind.ts";
import type { Json } from "../../../src/platform/canonical-json.ts";
import { argocdTerminate } from "../../../src/steps/argocd-terminate.ts";
import { FakeArgocd } from "../../support/fake-argocd.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { anApplication, anOperation, aState, atMs, SHA_A, SHA_B, SHA_C } from "../argocd/application-builder.ts";

const OWN = { run: "run_1", step: "promote/sync", attempt: 1 };
const BEFORE = { uid: "uid-1", historyId: 3 };
const OPERATION = { ...OWN, skipped: false, postedAtMs: atMs(9), before: BEFORE };
const TERMINATED = { message: "Operation terminated", syncResult: { revision: SHA_B, resources: [] } };

class StopRig {
  readonly argocd: FakeArgocd;
  readonly clock = new FakeClock(atMs(30));
  /** What Argo CD makes of a request to terminate; what it throws is the answer. */
  onTerminate: () => void = () => undefined;
  terminations = 0;

  constructor(application: Application) {
    this.argocd = new FakeArgocd(application);
    this.argocd.before = ({ method }) => {
      if (method !== "DELETE") return;
      this.terminations += 1;
      this.onTerminate();
    };
  }

  /** Lets the step run to its end, however long that takes by the clock. */
  async run(operation: Json = OPERATION): Promise<Readonly<Record<string, Json>>> {
    const kind = argocdTerminate({ servers: this.argocd.servers, clock: this.clock });
    if (kind.sort !== "action") throw new Error("not an action");
    const context: ActionContext = {
      effect: { run: "run_1", path: "promote/sync/stop", attempt: 1 },
      facts: { runTitle: "t", requester: "p", requesterUser: "U1" },
      signal: new AbortController().signal,
      startedAt: atMs(30),
      checkpointed: undefined,
      artifacts: noArtifacts,
      progress: () => undefined,
      checkpoint: () => Promise.resolve(),
    };
    const state = { ended: false };
    const running = kind
      .run({ app: "main/argocd/checkout-prod", operation }, context)
      .finally(() => (state.ended = true));
    for (let waited = 0; !state.ended && waited < 600; waited += 1) await this.clock.advance(1000);
    const outcome = await running;
    if (outcome.status === "succeeded") return outcome.output;
    throw new Error(JSON.stringify(outcome));
  }
}

/** At SHA_A, with an operation of `by` to SHA_B that is under way. */
function syncing(by: typeof OWN | string, phase = "Running", more: Record<string, unknown> = {}): Application {
  return anApplication({
    operation: anOperation(SHA_B, by),
    status: { history: [{ id: 3, revision: SHA_A }], operationState: aState(SHA_B, by, phase, more) },
  });
}

function over(phase: string, more: Record<string, unknown> = {}): Application {
  const history = [{ id: 3, revision: SHA_A }];
  return anApplication({ status: { history, operationState: aState(SHA_B, OWN, phase, more) } });
}

function refused(kind: ArgocdErrorClass, retry: "never" | "backoff" = "never"): ArgocdError {
  return new ArgocdError(`no: ${kind}`, { class: kind, retry });
}

describe("ending the operation of a sync", () => {
  it("ends it, waits until it has ended, and says what had been applied by then", async () => {
    const rig = new StopRig(syncing(OWN));
    const resources = [{ kind: "Service", name: "checkout", status: "Synced", message: "" }];
    rig.onTerminate = () => rig.argocd.put(syncing(OWN, "Terminating"));
    const ends = rig.clock.setTimer(5000, () => {
      rig.argocd.put(over("Failed", { ...TERMINATED, syncResult: { revision: SHA_B, resources } }));
    });
    expect(await rig.run()).toEqual({
      outcome: "terminated",
      message: "The sync of checkout-prod was ended.",
      live: "a mixture: Service/checkout of bbbbbbb, the rest of aaaaaaa",
    });
    expect(rig.terminations).toBe(1);
    ends.cancel();
  });

  it("says that all is as before when nothing had been applied", async () => {
    const rig = new StopRig(syncing(OWN));
    rig.onTerminate = () => rig.argocd.put(over("Failed", TERMINATED));
    expect((await rig.run())["live"]).toBe("aaaaaaa, as before: nothing of bbbbbbb had been applied");
  });

  it("finds it by the checkpoint, too, which does not say whose it is", async () => {
    const rig = new StopRig(syncing(OWN));
    rig.onTerminate = () => rig.argocd.put(over("Failed", TERMINATED));
    expect((await rig.run({ before: BEFORE, postedAtMs: atMs(9), attempt: 1 }))["outcome"]).toBe("terminated");
  });

  it("waits for the controller to pick it up, which cannot be withdrawn before", async () => {
    const rig = new StopRig(anApplication({ operation: anOperation(SHA_B, OWN) }));
    rig.onTerminate = () => {
      if (rig.terminations === 1) {
        rig.argocd.put(syncing(OWN));
        throw refused("no-operation");
      }
      rig.argocd.put(over("Failed", TERMINATED));
    };
    expect((await rig.run())["outcome"]).toBe("terminated");
    expect(rig.terminations).toBe(2);
  });

  it("says so when the controller does not come", async () => {
    const rig = new StopRig(anApplication({ operation: anOperation(SHA_B, OWN) }));
    rig.onTerminate = () => {
      throw refused("no-operation");
    };
    const output = await rig.run();
    expect(output["outcome"]).toBe("could-not");
    expect(output["message"]).toContain("it will be carried out when the controller comes back");
  });

  it("leaves alone what somebody else runs, and what somebody else has put in its place", async () => {
    const rig = new StopRig(syncing("ana"));
    expect(await rig.run()).toEqual({
      outcome: "not-ours",
      message: "Argo CD runs an operation of ana on checkout-prod now, not the one of this run, so it was left alone.",
      live: "aaaaaaa",
    });
    expect(rig.terminations).toBe(0);
    const replaced = new StopRig(syncing(OWN));
    replaced.onTerminate = () => {
      replaced.argocd.put(syncing("ana"));
      throw refused("no-operation");
    };
    expect((await replaced.run())["outcome"]).toBe("not-ours");
    expect(replaced.terminations).toBe(1);
  });

  it("has nothing to do where it had ended", async () => {
    const succeeded = new StopRig(over("Succeeded"));
    expect(await succeeded.run()).toMatchObject({
      outcome: "had-ended",
      message: "The sync of checkout-prod had succeeded before it could be ended.",
      live: "bbbbbbb",
    });
    const failed = new StopRig(over("Failed", { ...TERMINATED, message: "boom" }));
    expect((await failed.run())["message"]).toBe(
      "The sync of checkout-prod had ended already (Failed) before it could be ended.",
    );
    const replaced = new StopRig(anApplication({ status: { operationState: aState(SHA_C, "ana", "Succeeded") } }));
    expect(await replaced.run()).toMatchObject({ outcome: "had-ended", live: "ccccccc" });
    for (const rig of [succeeded, failed, replaced]) expect(rig.terminations).toBe(0);
  });

  it("says that it was ended also where the server that asked for it died before it knew", async () => {
    const rig = new StopRig(over("Failed", TERMINATED));
    expect(await rig.run()).toMatchObject({ outcome: "terminated", message: "The sync of checkout-prod was ended." });
    expect(rig.terminations).toBe(0);
  });

  it("does not say that it had ended where nobody knows whether it ever arrived", async () => {
    const { before, postedAtMs, attempt } = OPERATION;
    const { outcome, message } = await new StopRig(anApplication()).run({ before, postedAtMs, attempt });
    expect(outcome).toBe("had-ended");
    expect(message).toContain("was on its way to Argo CD, which shows nothing of it");
  });

  it("looks once more for a request that was on its way when the run was stopped", async () => {
    const rig = new StopRig(anApplication());
    rig.clock.setTimer(1500, () => rig.argocd.put(syncing(OWN)));
    rig.onTerminate = () => rig.argocd.put(over("Failed", TERMINATED));
    expect((await rig.run())["outcome"]).toBe("terminated");
  });

  it("says at once that nothing had been asked of Argo CD", async () => {
    const messages = [
      (await new StopRig(anApplication()).run(null))["message"],
      (await new StopRig(anApplication()).run({ ...OPERATION, tracked: true }))["message"],
      (await new StopRig(anApplication()).run({ ...OPERATION, skipped: true }))["message"],
    ];
    expect(messages).toEqual([
      "Nothing had been asked of Argo CD for checkout-prod yet.",
      "Nothing had been asked of Argo CD for checkout-prod: it syncs it by itself, and goes on doing so.",
      "Nothing had to be synced on checkout-prod, so there is nothing to end.",
    ]);
  });

  it("says why it may not, and that nobody knows when Argo CD is gone for long", async () => {
    const denied = new StopRig(syncing(OWN));
    denied.onTerminate = () => {
      throw refused("hidden");
    };
    expect(await denied.run()).toEqual({
      outcome: "could-not",
      message:
        "The sync of checkout-prod could not be ended, and goes on. Argo CD does not let the account end it: " +
        'that needs the right "sync" on team-a/checkout-prod.',
      live: "a mixture: Service/checkout, Deployment/checkout of bbbbbbb, the rest of aaaaaaa",
    });
    const gone = new StopRig(syncing(OWN));
    gone.argocd.applications.clear();
    expect(await gone.run()).toMatchObject({ outcome: "could-not", live: "not known" });
    const away = new StopRig(syncing(OWN));
    away.argocd.before = () => {
      throw refused("unreachable", "backoff");
    };
    const output = await away.run();
    expect(output["message"]).toContain("may still run. End it in Argo CD when it is back.");
  });

  it("waits out a short outage", async () => {
    const rig = new StopRig(syncing(OWN));
    rig.onTerminate = () => rig.argocd.put(over("Failed", TERMINATED));
    const answers = rig.argocd.before;
    rig.argocd.before = () => {
      throw refused("unreachable", "backoff");
    };
    rig.clock.setTimer(20_000, () => (rig.argocd.before = answers));
    expect((await rig.run())["outcome"]).toBe("terminated");
  });

  it("says what keeps an operation that does not end", async () => {
    const rig = new StopRig(syncing(OWN));
    rig.onTerminate = () =>
      rig.argocd.put(syncing(OWN, "Terminating", { message: "waiting for deletion of batch/Job/x" }));
    expect(await rig.run()).toMatchObject({
      outcome: "could-not",
      message: expect.stringContaining("it is Terminating: waiting for deletion of batch/Job/x"),
    });
    const blocked = new StopRig(syncing(OWN, "Running", { message: "Sync operation blocked by sync window" }));
    expect((await blocked.run())["message"]).toContain("Argo CD does not end what a window keeps");
  });

  it("ends a rollback of Argo CD's own, which carries no identity", async () => {
    const restores = { historyId: 3, revisions: [SHA_A], sourceDigest: "d", username: "quarterdeck" };
    const operation = {
      sync: { revision: SHA_A, syncStrategy: { apply: {} } },
      initiatedBy: { username: "quarterdeck" },
    };
    const rolling = (phase: string): Application =>
      anApplication({
        ...(phase === "Running" && { operation }),
        status: { operationState: aState(SHA_A, "x", phase, { operation, ...(phase === "Failed" && TERMINATED) }) },
      });
    const rig = new StopRig(rolling("Running"));
    rig.onTerminate = () => rig.argocd.put(rolling("Failed"));
    expect((await rig.run({ ...OPERATION, restores }))["outcome"]).toBe("terminated");
    const others = new StopRig(rolling("Running"));
    expect((await others.run({ ...OPERATION, restores: { ...restores, username: "ana" } }))["outcome"]).toBe(
      "not-ours",
    );
  });
});
