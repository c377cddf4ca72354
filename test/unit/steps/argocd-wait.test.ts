import { describe, expect, it } from "vitest";

import type { Application } from "../../../src/argocd/application.ts";
import { ArgocdError } from "../../../src/argocd/argocd-errors.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import { noArtifacts } from "../../../src/engine/artifacts.ts";
import type { StepContext } from "../../../src/engine/step-kind.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { argocdWait } from "../../../src/steps/argocd-wait.ts";
import { sourceDigest } from "../../../src/steps/live-revision.ts";
import { FakeArgocd } from "../../support/fake-argocd.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import {
  anApplication,
  type ApplicationParts,
  aState,
  at,
  atMs,
  resource,
  SHA_A,
  SHA_B,
} from "../argocd/application-builder.ts";

const OWN = { run: "run_1", step: "promote/sync", attempt: 1 };
const OPERATION = { ...OWN, skipped: false, postedAtMs: atMs(9), before: { uid: "uid-1", historyId: 3 } };
const HOUR = 3_600_000;
const NONE = { commits: [], touching: 0, others: 0 };

class WaitRig {
  readonly argocd: FakeArgocd;
  readonly clock = new FakeClock(atMs(30));
  readonly told: string[] = [];
  /** Where the branch lies from the commit, question by question; Git is away where there is nothing. */
  branch: ("same" | "forward" | "backward" | undefined)[] = [undefined];
  readonly stop = new AbortController();
  startedAt = atMs(30);

  constructor(application: Application) {
    this.argocd = new FakeArgocd(application);
  }

  /** Lets the wait run to its end, however long that takes by the clock. */
  async run(input: Record<string, unknown> = {}): Promise<Outcome> {
    const kind = argocdWait({
      servers: this.argocd.servers,
      clock: this.clock,
      git: {
        commitsBetween: async () => {
          const lies = this.branch.length > 1 ? this.branch.shift() : this.branch[0];
          if (lies === undefined) throw new AppError("no answer", { code: "git.unreachable", retry: "backoff" });
          return lies === "same" ? { kind: lies } : { kind: lies, added: NONE, removed: NONE };
        },
      },
      timingOf: () => ({ settleMs: 15_000, degradedGraceMs: 60_000, startDeadlineMs: 120_000 }),
    });
    if (kind.sort !== "wait") throw new Error("not a wait");
    const context: StepContext = {
      effect: { run: "run_1", path: "promote/healthy", attempt: 1 },
      facts: { runTitle: "t", requester: "p", requesterUser: "U1" },
      signal: this.stop.signal,
      startedAt: this.startedAt,
      artifacts: noArtifacts,
      progress: ({ text }) => void this.told.push(text),
    };
    const ended: Outcome[] = [];
    const wanted = { app: "main/argocd/checkout-prod", revision: SHA_B, operation: OPERATION, ...input };
    const running = kind.run(wanted, context).then((outcome) => {
      ended.push(outcome);
      return outcome;
    });
    for (let waited = 0; ended.length === 0 && waited < HOUR; waited += 5000) await this.clock.advance(5000);
    return await running;
  }
}

function synced(parts: ApplicationParts = {}): Application {
  const operationState = aState(SHA_B, OWN, "Succeeded");
  const sync = { status: "Synced", revision: SHA_B };
  return anApplication({
    ...parts,
    status: { operationState, sync, reconciledAt: at(25), ...parts.status },
  });
}

function failure(outcome: Outcome): Extract<Outcome, { status: "failed" }>["failure"] {
  if (outcome.status === "failed") return outcome.failure;
  throw new Error(JSON.stringify(outcome));
}

describe("a wait for an application", () => {
  it("ends with what was proven: the revision, the application and its sources", async () => {
    const rig = new WaitRig(synced());
    const outcome = await rig.run();
    expect(outcome).toMatchObject({
      status: "succeeded",
      output: {
        revision: SHA_B,
        applicationUid: "uid-1",
        sourceDigest: sourceDigest(synced()),
        changedNothing: false,
        sync: "Synced",
        notes: [],
      },
    });
    expect(rig.told).toContain("Healthy; making sure that it stays so for 15 s more");
  });

  it("says of a pinned application that it is OutOfSync on purpose, and of what was not pruned", async () => {
    const state = aState(SHA_B, OWN, "Succeeded");
    const skipped = { kind: "ConfigMap", name: "old", namespace: "checkout", status: "PruneSkipped", message: "" };
    const syncResult = { revision: SHA_B, resources: [skipped] };
    const application = synced({
      status: { operationState: { ...state, syncResult }, sync: { status: "OutOfSync", revision: SHA_A } },
    });
    const outcome = await new WaitRig(application).run();
    expect(outcome.status === "succeeded" ? outcome.output["notes"] : outcome).toEqual([
      "Argo CD shows OutOfSync, because the branch is at aaaaaaa; that is expected.",
      "1 resource left Git and was not pruned: ConfigMap/old.",
    ]);
  });

  it("needs no operation where the sync was skipped: it has to be there already", async () => {
    const live = synced({ status: { operationState: aState(SHA_B, "ana", "Succeeded") } });
    expect((await new WaitRig(live).run({ operation: { ...OPERATION, skipped: true } })).status).toBe("succeeded");
    expect((await new WaitRig(live).run({ operation: undefined })).status).toBe("succeeded");
    const other = anApplication({ status: { operationState: aState(SHA_A, "ana", "Succeeded") } });
    expect((await new WaitRig(other).run({ operation: undefined })).status).toBe("failed");
  });

  it("fails with the reason, and with few enough resources for a message", async () => {
    const long = "x".repeat(900);
    const many = Array.from({ length: 14 }, (_each, index) =>
      resource("Deployment", `d${index}`, "Degraded", { health: { status: "Degraded", message: long } }),
    );
    const rig = new WaitRig(synced({ status: { health: { status: "Degraded" }, resources: many } }));
    const { code, retry, details } = failure(await rig.run());
    expect([code, retry]).toEqual(["argocd.degraded", "never"]);
    const resources = details?.["resources"];
    expect(Array.isArray(resources) ? resources.length : 0).toBeGreaterThan(0);
    expect(Array.isArray(resources) ? resources.length : 99).toBeLessThanOrEqual(10);
    expect(JSON.stringify(details)).not.toContain("x".repeat(501));
    expect(rig.told).toContain("Degraded; giving it 1 min to recover");
  });

  it("fails when the operation failed, was never seen, or the application is another one by now", async () => {
    const failed = synced({ status: { operationState: aState(SHA_B, OWN, "Failed") } });
    expect(failure(await new WaitRig(failed).run()).code).toBe("argocd.sync-failed");
    expect(failure(await new WaitRig(anApplication()).run()).code).toBe("argocd.not-started");
    expect(failure(await new WaitRig(synced({ metadata: { uid: "uid-2" } })).run()).code).toBe("argocd.recreated");
  });

  it.each([
    ["ahead", HOUR],
    ["behind", -HOUR],
  ])("gives a sync the same time to appear when the clock of whoever asked for it is %s", async (_where, byMs) => {
    const rig = new WaitRig(anApplication());
    const outcome = await rig.run({ operation: { ...OPERATION, postedAtMs: OPERATION.postedAtMs + byMs } });
    expect(failure(outcome).code).toBe("argocd.not-started");
    const waitedMs = rig.clock.now() - atMs(30);
    expect(waitedMs).toBeGreaterThanOrEqual(120_000);
    expect(waitedMs).toBeLessThan(180_000);
  });

  it("waits no longer for a sync to appear when the clock was set back while the server was down", async () => {
    const rig = new WaitRig(anApplication());
    rig.startedAt += HOUR;
    expect(failure(await rig.run()).code).toBe("argocd.not-started");
    expect(rig.clock.now() - atMs(30)).toBeLessThan(180_000);
  });

  it("waits out an outage at its beginning, and says so", async () => {
    const rig = new WaitRig(synced());
    const back = rig.clock.now() + 60_000;
    rig.argocd.before = () => {
      if (rig.clock.now() < back) throw new ArgocdError("no answer", { class: "unreachable", retry: "backoff" });
    };
    expect((await rig.run()).status).toBe("succeeded");
    expect(rig.told[0]).toBe("Argo CD has not answered since 10:00 UTC; waiting for it");
  });

  it("does not wait for what waiting cannot mend, and for a token only as long as people need to replace it", async () => {
    const gone = new WaitRig(synced());
    gone.argocd.applications.clear();
    expect(failure(await gone.run())).toMatchObject({ code: "argocd.gone", retry: "never" });
    const denied = new WaitRig(synced());
    denied.argocd.before = () => {
      throw new ArgocdError("the token is no good", { class: "auth" });
    };
    expect(failure(await denied.run()).code).toBe("argocd.auth");
    expect([...new Set(denied.told)]).toEqual([
      "Argo CD has not accepted the token since 10:00 UTC; give Quarterdeck a new one by 10:10 UTC, and this goes on",
    ]);
    expect(failure(await new WaitRig(synced()).run({ app: "checkout" })).code).toBe("step.input");
  });

  it("ends when it is stopped", async () => {
    const rig = new WaitRig(anApplication());
    const running = rig.run();
    rig.stop.abort(new Error("the server ends"));
    expect(failure(await running).message).toContain("the server ends");
  });
});

describe("a wait for an application that Argo CD syncs by itself", () => {
  const tracked = {
    operation: { ...OPERATION, tracked: true, before: { uid: "uid-1", historyId: 3, reconciledAt: at(0) } },
  };
  const spec = { syncPolicy: { automated: {} } };
  const at30 = (status: Record<string, unknown>): Application =>
    anApplication({ spec, status: { reconciledAt: at(25), ...status } });

  it("is proven at a later commit that holds the one asked for, and says which is live", async () => {
    const rig = new WaitRig(at30({ sync: { status: "Synced", revision: SHA_A } }));
    rig.branch = [undefined, "forward"];
    expect(await rig.run(tracked)).toMatchObject({
      status: "succeeded",
      output: {
        revision: SHA_A,
        sync: "Synced",
        notes: ["The branch has moved on: aaaaaaa is live there, which holds bbbbbbb."],
      },
    });
    expect(rig.told).toContain("Finding out whether aaaaaaa, which Argo CD sees on main, holds bbbbbbb");
  });

  it("changes nothing where the commit does not touch the application", async () => {
    const outcome = await new WaitRig(at30({ sync: { status: "Synced", revision: SHA_B } })).run(tracked);
    expect(outcome).toMatchObject({
      status: "succeeded",
      output: { revision: SHA_B, changedNothing: true, notes: [] },
    });
  });

  it("says where the commit has to be, asks Argo CD to compare, and ends when it is there", async () => {
    const rig = new WaitRig(at30({ sync: { status: "Synced", revision: SHA_A } }));
    rig.branch = ["backward"];
    const here = at30({ sync: { status: "Synced", revision: SHA_B }, reconciledAt: at(90) });
    rig.argocd.before = (call) => {
      if (call.path.includes("refresh=normal") && rig.clock.now() > atMs(90)) rig.argocd.put(here);
    };
    expect((await rig.run(tracked)).status).toBe("succeeded");
    expect(rig.told).toContain(
      "Waiting for bbbbbbb to be on main, where Argo CD sees aaaaaaa now. Merge or push it, if that has not been done",
    );
  });
});
