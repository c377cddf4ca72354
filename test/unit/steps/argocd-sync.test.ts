import { describe, expect, it } from "vitest";

import type { Application } from "../../../src/argocd/application.ts";
import { ArgocdError, type ArgocdErrorClass } from "../../../src/argocd/argocd-errors.ts";
import { operationFingerprint, type OperationIdentity } from "../../../src/argocd/operation-identity.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import type { ApprovalRule } from "../../../src/domain/target.ts";
import { noArtifacts } from "../../../src/engine/artifacts.ts";
import { type ActionContext, failureOf, type StepFacts } from "../../../src/engine/step-kind.ts";
import type { CommitsAnswer } from "../../../src/git/commits-between.ts";
import type { Json } from "../../../src/platform/canonical-json.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { argocdSync } from "../../../src/steps/argocd-sync.ts";
import { sourceDigest } from "../../../src/steps/live-revision.ts";
import { approvedFacts } from "../../support/approved-facts.ts";
import { FakeArgocd } from "../../support/fake-argocd.ts";
import { RULE } from "../../support/run-spec.ts";
import { anApplication, anOperation, aState, at, atMs, SHA_A, SHA_B, SHA_C } from "../argocd/application-builder.ts";

const OWN: OperationIdentity = { run: "run_1", step: "promote/sync", attempt: 1 };
const EARLIER = { before: { uid: "uid-1", historyId: 3 }, postedAtMs: atMs(9) };
const NONE = { commits: [], touching: 0, others: 0 };

function history(...revisions: readonly string[]): { status: Record<string, unknown> } {
  const entries = revisions.map((revision, index) => ({ id: index + 3, revision, deployedAt: at(index) }));
  return { status: { history: entries } };
}

class SyncRig {
  readonly argocd: FakeArgocd;
  readonly checkpoints: Json[] = [];
  readonly stop = new AbortController();
  facts: StepFacts = { runTitle: "Promote checkout", requester: "p_ana", requesterUser: "U1" };
  checkpointed: Json | undefined;
  attempt = 1;
  rule: ApprovalRule | undefined;
  onCheckpoint: () => void = () => undefined;
  onSleep: () => void = () => undefined;
  /** Called between what the server does and what the worker does. */
  onPrepared: () => void = () => undefined;
  between: CommitsAnswer | Error = { kind: "forward", added: NONE, removed: NONE };

  constructor(application: Application = anApplication()) {
    this.argocd = new FakeArgocd(application);
  }

  /** Executes the step; `input` is put over the usual one. */
  async run(input: Record<string, unknown> = {}): Promise<Outcome> {
    const kind = argocdSync({
      servers: this.argocd.servers,
      clock: { now: () => atMs(30), sleep: async () => this.onSleep(), monotonic: () => 30 },
      preparation: {
        ruleOf: () => this.rule,
        git: {
          commitsBetween: () =>
            this.between instanceof Error ? Promise.reject(this.between) : Promise.resolve(this.between),
        },
      },
    });
    if (kind.sort !== "action" || kind.prepare === undefined) throw new Error("not an action");
    const context: ActionContext = {
      effect: { run: "run_1", path: "promote/sync", attempt: this.attempt },
      facts: this.facts,
      signal: this.stop.signal,
      startedAt: atMs(29),
      checkpointed: this.checkpointed,
      artifacts: noArtifacts,
      progress: () => undefined,
      checkpoint: async (data) => {
        this.checkpoints.push(data);
        this.onCheckpoint();
      },
    };
    const given = { app: "main/argocd/checkout-prod", revision: SHA_B, ...input };
    try {
      const prepared = await kind.prepare(given, context);
      this.onPrepared();
      return await kind.run(given, { ...context, prepared });
    } catch (error) {
      return { status: "failed", failure: failureOf(error) };
    }
  }
}

function failure(outcome: Outcome): { code: string; message: string; retry: unknown } {
  if (outcome.status === "failed") return outcome.failure;
  throw new Error(`it ended ${outcome.status}`);
}

/** What a sync that was accepted hands on. */
function operation(outcome: Outcome): Json | undefined {
  if (outcome.status === "succeeded") return outcome.output["operation"];
  throw new Error(`it ended ${outcome.status}: ${JSON.stringify(outcome)}`);
}

/** Lets the next POST fail; `then` is what Argo CD made of it all the same. */
function failPost(rig: SyncRig, error: Error, then: () => void = () => undefined): void {
  rig.argocd.before = (call) => {
    if (call.method !== "POST") return;
    then();
    throw error;
  };
}

function refused(kind: ArgocdErrorClass, retry: "never" | "backoff" = "never"): ArgocdError {
  return new ArgocdError(`no: ${kind}`, { class: kind, retry });
}

describe("a sync", () => {
  it("writes down what was there before, then posts the commit with its own identity", async () => {
    const rig = new SyncRig(anApplication(history(SHA_A)));
    rig.onCheckpoint = () => expect(rig.argocd.syncs).toEqual([]);
    const outcome = await rig.run();
    expect(rig.checkpoints).toMatchObject([
      { before: { uid: "uid-1", historyId: 3, revision: SHA_A }, postedAtMs: atMs(30) },
    ]);
    expect(rig.argocd.syncs).toMatchObject([
      {
        revision: SHA_B,
        prune: false,
        infos: [
          { name: "quarterdeck.run", value: "run_1" },
          { name: "quarterdeck.step", value: "promote/sync" },
          { name: "quarterdeck.attempt", value: "1" },
          { name: "Reason", value: "Promote checkout, asked for by Slack user U1" },
        ],
      },
    ]);
    expect(operation(outcome)).toMatchObject({ run: "run_1", step: "promote/sync", attempt: 1, skipped: false });
  });

  it("names the revision of every source that reads the repository, and prunes only where that is asked for", async () => {
    const sources = [
      { repoURL: "https://charts.example.com", chart: "redis", targetRevision: "1" },
      { repoURL: "https://git.example.com/deploy.git", path: "a" },
      { repoURL: "https://git.example.com/deploy.git", path: "b" },
    ];
    const rig = new SyncRig(anApplication({ spec: { source: undefined, sources } }));
    await rig.run({ prune: true });
    expect(rig.argocd.syncs).toMatchObject([{ revisions: [SHA_B, SHA_B], sourcePositions: [2, 3], prune: true }]);
    expect(rig.argocd.syncs[0]?.revision).toBeUndefined();
  });

  it("takes nothing but a full commit and an application of a known server", async () => {
    expect(failure(await new SyncRig().run({ revision: "abc123" })).code).toBe("internal");
    expect(failure(await new SyncRig().run({ app: "checkout-prod" })).code).toBe("step.input");
    expect(failure(await new SyncRig().run({ app: "other/argocd/checkout-prod" })).code).toBe("argocd.unknown-server");
  });

  it("is not begun when it was stopped while it wrote its checkpoint", async () => {
    const rig = new SyncRig();
    rig.onCheckpoint = () => rig.stop.abort(new Error("the run has moved on"));
    expect((await rig.run()).status).toBe("failed");
    expect(rig.argocd.syncs).toEqual([]);
  });
});

describe("an operation of its own", () => {
  it("is taken over at any point of its life instead of posting a second one", async () => {
    const requested = anApplication({ operation: anOperation(SHA_B, OWN) });
    const running = anApplication({
      operation: anOperation(SHA_B, OWN),
      status: { operationState: aState(SHA_B, OWN, "Running") },
    });
    const failed = anApplication({ status: { operationState: aState(SHA_B, OWN, "Failed") } });
    for (const application of [requested, running, failed]) {
      const rig = new SyncRig(application);
      rig.checkpointed = EARLIER;
      expect(operation(await rig.run())).toMatchObject({ ...OWN, before: EARLIER.before, postedAtMs: atMs(9) });
      expect([rig.argocd.syncs, rig.checkpoints]).toEqual([[], []]);
    }
  });

  it("is taken over by a later attempt, under the attempt that posted it", async () => {
    const rig = new SyncRig(anApplication({ status: { operationState: aState(SHA_B, OWN, "Running") } }));
    rig.attempt = 3;
    rig.checkpointed = EARLIER;
    expect(operation(await rig.run())).toMatchObject({ attempt: 1 });
  });

  it("is not one of another step or of another run", async () => {
    for (const other of [
      { ...OWN, step: "promote/other" },
      { ...OWN, run: "run_2" },
    ]) {
      const rig = new SyncRig(anApplication({ status: { operationState: aState(SHA_B, other, "Running") } }));
      expect(await rig.run()).toMatchObject({ status: "postponed", code: "argocd.busy" });
    }
  });

  it("is known by the history when another one took its place before anybody looked", async () => {
    const rig = new SyncRig(anApplication(history(SHA_A, SHA_B)));
    rig.checkpointed = EARLIER;
    expect(operation(await rig.run())).toMatchObject({ attempt: 1, before: EARLIER.before });
    expect(rig.argocd.syncs).toEqual([]);
  });

  it("is known by the history also when somebody has deployed something else since", async () => {
    const rig = new SyncRig(anApplication(history(SHA_A, SHA_B, SHA_C)));
    rig.checkpointed = EARLIER;
    expect(operation(await rig.run())).toMatchObject({ attempt: 1 });
    expect(rig.argocd.syncs).toEqual([]);
  });

  it("is not what somebody else has deployed at the same revision, while ours was refused or lost", async () => {
    for (const initiatedBy of [{ username: "ben" }, { automated: true }]) {
      const theirs = { id: 4, revision: SHA_B, deployedAt: at(10), initiatedBy };
      const rig = new SyncRig(anApplication({ status: { history: [{ id: 3, revision: SHA_A }, theirs] } }));
      rig.checkpointed = EARLIER;
      await rig.run();
      expect(rig.argocd.syncs).toHaveLength(1);
    }
  });

  it("is known by the history when our account has deployed it", async () => {
    const ours = { id: 4, revision: SHA_B, deployedAt: at(10), initiatedBy: { username: "quarterdeck" } };
    const rig = new SyncRig(anApplication({ status: { history: [{ id: 3, revision: SHA_A }, ours] } }));
    rig.checkpointed = EARLIER;
    expect(operation(await rig.run())).toMatchObject({ attempt: 1 });
    expect(rig.argocd.syncs).toEqual([]);
  });

  it("is not what was deployed before it was posted, nor what another application of that name deployed", async () => {
    const old = new SyncRig(anApplication(history(SHA_B, SHA_A)));
    old.checkpointed = EARLIER;
    await old.run();
    expect(old.argocd.syncs).toHaveLength(1);
    const recreated = new SyncRig(anApplication({ ...history(SHA_A, SHA_B), metadata: { uid: "uid-2" } }));
    recreated.checkpointed = EARLIER;
    await recreated.run();
    expect(recreated.argocd.syncs).toHaveLength(1);
  });
});

describe("a POST that failed", () => {
  it("has succeeded when Argo CD shows the operation all the same", async () => {
    const rig = new SyncRig();
    failPost(rig, refused("timeout", "backoff"), () =>
      rig.argocd.put(anApplication({ operation: anOperation(SHA_B, OWN) })),
    );
    expect(operation(await rig.run())).toMatchObject({ ...OWN, postedAtMs: atMs(30) });
  });

  it("is worth another try when nothing is there, whatever the answer was", async () => {
    for (const kind of [
      "timeout",
      "server",
      "unreachable",
      "bad-response",
      "not-json",
      "too-large",
      "transient",
    ] as const) {
      const rig = new SyncRig();
      failPost(rig, refused(kind));
      expect(failure(await rig.run())).toMatchObject({ code: `argocd.${kind}`, retry: "backoff" });
    }
  });

  it("is final when Argo CD has said why it will not", async () => {
    for (const kind of ["rbac", "bad-revision", "project"] as const) {
      const rig = new SyncRig();
      failPost(rig, refused(kind));
      expect(failure(await rig.run())).toMatchObject({ code: `argocd.${kind}`, retry: "never" });
      // One to prepare and one before the POST, none after it.
      expect(rig.argocd.calls.filter((call) => call.startsWith("GET"))).toHaveLength(2);
    }
  });

  it("is put off while a window is closed or somebody else syncs", async () => {
    const closed = new SyncRig();
    failPost(closed, refused("window"));
    expect(await closed.run()).toMatchObject({ status: "postponed", code: "argocd.window", afterMs: 60_000 });
    const busy = new SyncRig();
    const state = aState(SHA_C, "mallory", "Running");
    failPost(busy, refused("busy"), () => busy.argocd.put(anApplication({ status: { operationState: state } })));
    const outcome = await busy.run();
    expect(outcome).toMatchObject({ status: "postponed", code: "argocd.busy", afterMs: 10_000 });
    expect(outcome.status === "postponed" ? outcome.message : "").toContain("an operation of mallory");
  });

  it("is put off while nothing may be changed, and begins when that is switched", async () => {
    const rig = new SyncRig();
    failPost(rig, refused("observing"));
    const outcome = await rig.run();
    expect(outcome).toMatchObject({ status: "postponed", code: "argocd.observing", afterMs: 15_000 });
    rig.argocd.before = () => undefined;
    rig.checkpointed = rig.checkpoints.at(-1);
    expect(await rig.run()).toMatchObject({ status: "succeeded" });
    expect(rig.argocd.syncs).toHaveLength(1);
  });

  it("is our own earlier one when Argo CD is busy with that", async () => {
    const rig = new SyncRig();
    rig.attempt = 2;
    failPost(rig, refused("busy"), () => rig.argocd.put(anApplication({ operation: anOperation(SHA_B, OWN) })));
    expect(operation(await rig.run())).toMatchObject({ attempt: 1 });
  });

  it("fails as it is when it is no answer of Argo CD", async () => {
    const rig = new SyncRig();
    failPost(rig, new TypeError("broken"));
    expect(failure(await rig.run()).code).toBe("internal");
  });
});

describe("what cannot be synced", () => {
  it("is refused with the reason before anything is posted", async () => {
    const cases: readonly [Application, string][] = [
      [anApplication({ metadata: { deletionTimestamp: at(1) } }), "argocd.deleting"],
      [
        anApplication({ metadata: { annotations: { "argocd.argoproj.io/skip-reconcile": "true" } } }),
        "argocd.skip-reconcile",
      ],
      [anApplication({ spec: { sourceHydrator: {} } }), "argocd.hydrator"],
      [anApplication({ status: { conditions: [{ type: "InvalidSpecError", message: "no" }] } }), "argocd.bad-spec"],
    ];
    for (const [application, code] of cases) {
      const rig = new SyncRig(application);
      expect(failure(await rig.run())).toMatchObject({ code, retry: "never" });
      expect(rig.argocd.syncs).toEqual([]);
    }
  });
});

describe("what was live before", () => {
  it("is among the outputs, so that there is a way back", async () => {
    const rig = new SyncRig(anApplication(history(SHA_A)));
    expect(await rig.run()).toMatchObject({ status: "succeeded", output: { before: SHA_A } });
  });
});

describe("an application that Argo CD syncs by itself", () => {
  const AUTOMATED = { syncPolicy: { automated: {} } };

  it("is asked nothing, whatever is under way there: the wait proves it from what it is like now", async () => {
    const rig = new SyncRig(anApplication({ spec: AUTOMATED, operation: anOperation(SHA_C, "x"), ...history(SHA_A) }));
    const outcome = await rig.run();
    expect(outcome).toMatchObject({
      status: "succeeded",
      output: {
        tracked: true,
        skipped: false,
        notes: ["Argo CD syncs checkout-prod by itself from main."],
        operation: { tracked: true, before: { uid: "uid-1", historyId: 3, reconciledAt: at(0) } },
      },
    });
    expect(rig.argocd.calls.filter((call) => !call.startsWith("GET"))).toEqual([]);
    expect(rig.checkpoints).toEqual([]);
  });

  it("is not rolled back, and the choices are named", async () => {
    const rig = new SyncRig(anApplication({ spec: AUTOMATED }));
    expect(failure(await rig.run({ back: true }))).toEqual({
      code: "argocd.auto-sync-rollback",
      retry: "never",
      message:
        "checkout-prod syncs itself from main (auto-sync), so Argo CD would undo a rollback at once. Revert the commit on main, " +
        "and Argo CD goes back by itself; or switch auto-sync off for checkout-prod, then roll back.",
    });
  });

  it("is looked at again when auto-sync was switched on between the look and the request", async () => {
    const rig = new SyncRig();
    failPost(rig, refused("auto-sync"), () => rig.argocd.put(anApplication({ spec: AUTOMATED })));
    expect(await rig.run()).toMatchObject({ status: "postponed", code: "argocd.auto-sync" });
    rig.argocd.before = () => undefined;
    expect(await rig.run()).toMatchObject({ status: "succeeded", output: { tracked: true } });
  });

  it("fails with Argo CD's reason where an old one takes a policy that is switched off for one that is on", async () => {
    const rig = new SyncRig(anApplication({ spec: { syncPolicy: { automated: { enabled: false } } } }));
    failPost(rig, refused("auto-sync"));
    expect(failure(await rig.run())).toMatchObject({ code: "argocd.auto-sync", retry: "never" });
  });
});

describe("a sync that Argo CD could not begin", () => {
  const AWAY = "rpc error: code = Unavailable desc = connection refused";

  /** The operation of an attempt, ended in error without having applied anything. */
  function ended(attempt: number, message: string): Application {
    const state = aState(SHA_B, { ...OWN, attempt }, "Error", { message, syncResult: { revision: SHA_B } });
    return anApplication({ status: { operationState: state } });
  }

  it("is worth another try when the repo-server was away, and that one posts anew", async () => {
    const rig = new SyncRig();
    rig.onSleep = () => rig.argocd.put(ended(rig.attempt, AWAY));
    expect(failure(await rig.run())).toMatchObject({ code: "argocd.sync-error", retry: "backoff" });
    rig.checkpointed = rig.checkpoints.at(-1);
    rig.attempt = 2;
    rig.onSleep = () => rig.argocd.put(anApplication({ operation: anOperation(SHA_B, { ...OWN, attempt: 2 }) }));
    expect(operation(await rig.run())).toMatchObject({ attempt: 2 });
    expect(rig.argocd.syncs).toHaveLength(2);
  });

  it("is left to the wait for any other reason", async () => {
    const rig = new SyncRig();
    rig.onSleep = () => rig.argocd.put(ended(1, "the repository has no such folder"));
    expect(operation(await rig.run())).toMatchObject({ attempt: 1 });
  });

  it("is stayed with until something is applied, and no longer than a few looks", async () => {
    const rig = new SyncRig();
    let sleeps = 0;
    const pending = anApplication({ operation: anOperation(SHA_B, OWN) });
    rig.onSleep = () => {
      sleeps += 1;
      rig.argocd.put(pending);
    };
    await rig.run();
    expect(sleeps).toBe(4);
    const running = new SyncRig();
    sleeps = 0;
    running.onSleep = () => {
      sleeps += 1;
      running.argocd.put(anApplication({ status: { operationState: aState(SHA_B, OWN, "Running") } }));
    };
    await running.run();
    expect(sleeps).toBe(1);
  });
});

describe("a sync that is asked for anew", () => {
  it("does not take over the operation of the earlier attempt that has ended: that one is known to be over", async () => {
    for (const phase of ["Succeeded", "Failed"]) {
      const rig = new SyncRig(anApplication({ status: { operationState: aState(SHA_B, OWN, phase) } }));
      rig.attempt = 2;
      expect(operation(await rig.run())).toMatchObject({ attempt: 2 });
      expect(rig.argocd.syncs).toHaveLength(1);
      // And not after a crash before the POST, either.
      const again = new SyncRig(anApplication({ status: { operationState: aState(SHA_B, OWN, phase) } }));
      again.attempt = 2;
      again.checkpointed = { ...EARLIER, attempt: 2 };
      expect(operation(await again.run())).toMatchObject({ attempt: 2 });
      expect(again.argocd.syncs).toHaveLength(1);
    }
  });

  it("takes it over while it still runs", async () => {
    const rig = new SyncRig(anApplication({ status: { operationState: aState(SHA_B, OWN, "Running") } }));
    rig.attempt = 2;
    expect(operation(await rig.run())).toMatchObject({ attempt: 1 });
    expect(rig.argocd.syncs).toEqual([]);
  });
});

describe("a revision that is proven and still live", () => {
  function proven(application: Application, more: Partial<NonNullable<StepFacts["proof"]>> = {}): SyncRig {
    const rig = new SyncRig(application);
    const proof = {
      run: "run_0",
      app: "main/argocd/checkout-prod",
      applicationUid: "uid-1",
      revision: SHA_B,
      sourceDigest: sourceDigest(application),
      provenAt: atMs(1),
      ...more,
    };
    rig.facts = { ...rig.facts, proof };
    return rig;
  }
  const live = anApplication({
    status: { operationState: aState(SHA_B, "ana", "Succeeded"), ...history(SHA_B).status },
  });

  it("is not synced again, and says so", async () => {
    const rig = proven(live);
    expect(operation(await rig.run())).toMatchObject({ skipped: true, attempt: 1 });
    expect([rig.argocd.syncs, rig.checkpoints]).toEqual([[], []]);
  });

  it("is synced again when that is asked for", async () => {
    const rig = proven(live);
    await rig.run({ again: true });
    expect(rig.argocd.syncs).toHaveLength(1);
  });

  it("is synced where anything about it is not what was proven", async () => {
    for (const more of [{ revision: SHA_A }, { applicationUid: "uid-0" }, { sourceDigest: "other" }]) {
      const rig = proven(live, more);
      await rig.run();
      expect(rig.argocd.syncs).toHaveLength(1);
    }
  });

  it("is synced where an operation has vanished of which nobody knows what it has done", async () => {
    // Argo CD drops the state of the operation before when it takes a request.
    const rig = proven(anApplication({ status: history(SHA_B).status }));
    await rig.run();
    expect(rig.argocd.syncs).toHaveLength(1);
  });

  it("is synced where the newest operation left it in pieces", async () => {
    const partial = aState(SHA_C, "ana", "Succeeded");
    const states = [
      aState(SHA_C, "ana", "Failed"),
      aState(SHA_B, "ana", "Failed"),
      { ...partial, operation: { sync: { revision: SHA_C, resources: [{ kind: "Service", name: "checkout" }] } } },
    ];
    for (const operationState of states) {
      const rig = proven(anApplication({ status: { operationState, ...history(SHA_B).status } }));
      await rig.run();
      expect(rig.argocd.syncs).toHaveLength(1);
    }
  });
});

/** The sync of something that people approved, with `application` as they saw it. */
function approved(application: Application): SyncRig {
  const rig = new SyncRig(application);
  rig.rule = RULE;
  rig.facts = { ...rig.facts, ...approvedFacts(application, { revision: SHA_B }) };
  return rig;
}

describe("an approval", () => {
  const application = anApplication(history(SHA_A));

  it("lets the sync through while everything is as it was shown", async () => {
    const rig = approved(application);
    await rig.run();
    expect(rig.argocd.syncs).toHaveLength(1);
  });

  it("is void when what is live, the application, its sources or its server are others by now", async () => {
    const { repoURL } = application.spec.source ?? {};
    const changes: readonly [readonly string[], Application][] = [
      [["fromRevision"], anApplication(history(SHA_A, SHA_C))],
      [["applicationUid"], anApplication({ ...history(SHA_A), metadata: { uid: "uid-2" } })],
      [["sourceDigest"], anApplication({ ...history(SHA_A), spec: { source: { repoURL, path: "x" } } })],
      [
        ["repository", "sourceDigest"],
        anApplication({ ...history(SHA_A), spec: { source: { repoURL: "https://other.test", path: "checkout" } } }),
      ],
    ];
    for (const [fields, changed] of changes) {
      const rig = approved(application);
      rig.argocd.put(changed);
      expect(failure(await rig.run())).toMatchObject({ code: "approval.void", details: { changed: fields } });
      expect(rig.argocd.syncs).toEqual([]);
    }
  });

  it("still holds when an earlier attempt of this step has made live what was approved, but not when another run has", async () => {
    const live = (run: string): Application =>
      anApplication({
        status: {
          ...history(SHA_A, SHA_B).status,
          operationState: aState(SHA_B, { ...OWN, run }, "Succeeded"),
        },
      });
    const rig = approved(application);
    rig.attempt = 2;
    rig.argocd.put(live("run_1"));
    expect(operation(await rig.run())).toMatchObject({ attempt: 2 });
    expect(rig.argocd.syncs).toHaveLength(1);
    const other = approved(application);
    other.attempt = 2;
    other.argocd.put(live("run_2"));
    expect(failure(await other.run())).toMatchObject({ code: "approval.void", details: { changed: ["fromRevision"] } });
  });

  it("is void for a step that is done over after somebody else has deployed there, also where all is as it was", async () => {
    const after = (run: string): Application => {
      const operationState = aState(SHA_A, { ...OWN, run }, "Succeeded");
      return anApplication({ status: { ...history(SHA_A).status, operationState } });
    };
    for (const { isUsed, run, syncs } of [
      { isUsed: true, run: "run_01ROLLBACK2222", syncs: 0 },
      { isUsed: true, run: "run_1", syncs: 1 },
      { isUsed: false, run: "run_01ROLLBACK2222", syncs: 1 },
    ]) {
      const rig = approved(application);
      const { approved: before } = rig.facts;
      if (before !== undefined) rig.facts = { ...rig.facts, approved: { ...before, isUsed } };
      rig.attempt = 2;
      rig.argocd.put(after(run));
      const outcome = await rig.run();
      expect(rig.argocd.syncs).toHaveLength(syncs);
      if (syncs > 0) continue;
      const { code, message } = failure(outcome);
      expect(code).toBe("approval.void");
      expect(message).toBe(`run_2222 has synced checkout-prod at ${SHA_A.slice(0, 7)} since it was approved and tried`);
    }
  });

  it("is void for a step that is tried again by itself after somebody else has deployed there meanwhile", async () => {
    const theirs = aState(SHA_A, "ana", "Succeeded");
    const now = anApplication({ status: { ...history(SHA_A).status, operationState: theirs } });
    const fingerprint = operationFingerprint(now) ?? "";
    for (const { operation: found, syncs } of [
      { operation: "another one", syncs: 0 },
      // It was there before the first try already.
      { operation: fingerprint, syncs: 1 },
    ]) {
      const rig = approved(application);
      rig.attempt = 2;
      rig.checkpointed = { before: { uid: "uid-1", historyId: 3, operation: found }, postedAtMs: atMs(9), attempt: 1 };
      rig.argocd.put(now);
      const outcome = await rig.run();
      expect(rig.argocd.syncs).toHaveLength(syncs);
      if (syncs === 0) expect(failure(outcome).code).toBe("approval.void");
    }
  });

  it("is void for a step that is done over after a dry run, which hides what was done before it", async () => {
    const asked = anOperation(SHA_A, "ana", { sync: { revision: SHA_A, dryRun: true } });
    const dryRun = aState(SHA_A, "ana", "Succeeded", { operation: asked });
    const rig = approved(application);
    const { approved: before } = rig.facts;
    if (before !== undefined) rig.facts = { ...rig.facts, approved: { ...before, isUsed: true } };
    rig.attempt = 2;
    rig.argocd.put(anApplication({ status: { ...history(SHA_A).status, operationState: dryRun } }));
    const { code, message } = failure(await rig.run());
    expect(code).toBe("approval.void");
    expect(message).toContain("has tried out a sync of checkout-prod");
    expect(rig.argocd.syncs).toEqual([]);
  });

  it("is void for a step, a plan, an application or a person that it was not given for", async () => {
    for (const field of ["planDigest", "path", "requester", "service", "environment", "app", "repository"]) {
      const rig = approved(application);
      const facts = approvedFacts(application, { revision: SHA_B, [field]: "another" });
      rig.facts = { ...rig.facts, ...facts };
      expect(failure(await rig.run())).toMatchObject({ code: "approval.void", details: { changed: [field] } });
      expect(rig.argocd.syncs).toEqual([]);
    }
  });

  it("is void when the manifests have another image by now than the one that was approved", async () => {
    const [scanned, swapped] = [`sha256:${"a".repeat(64)}`, `sha256:${"b".repeat(64)}`];
    const manifest = (digest: string): string =>
      JSON.stringify({ kind: "Deployment", spec: { containers: [{ image: `registry.test/checkout@${digest}` }] } });
    const checks = [{ name: "trivy/image checkout", result: "nothing found" }];
    for (const [digest, syncs] of [
      [scanned, 1],
      [swapped, 0],
    ] as const) {
      const rig = approved(application);
      const facts = approvedFacts(application, { revision: SHA_B, imageDigests: [scanned], checks });
      rig.facts = { ...rig.facts, ...facts };
      rig.argocd.manifests = () => [manifest(digest)];
      const outcome = await rig.run();
      expect(rig.argocd.syncs).toHaveLength(syncs);
      if (syncs === 1) continue;
      expect(failure(outcome)).toMatchObject({ code: "approval.void", details: { changed: ["imageDigests"] } });
    }
  });

  it("is void where it says of the steps before what its gate was not given", async () => {
    const checks = [{ name: "trivy/image checkout", result: "nothing found" }];
    for (const field of [{ checks }, { planFileDigest: "another" }, { imageDigests: [`sha256:${"a".repeat(64)}`] }]) {
      const rig = approved(application);
      const { approved: told } = approvedFacts(application, { revision: SHA_B, ...field });
      const { approved: before } = rig.facts;
      if (told !== undefined && before !== undefined) {
        rig.facts = { ...rig.facts, approved: { ...told, asked: before.asked } };
      }
      const [changed] = Object.keys(field);
      expect(failure(await rig.run())).toMatchObject({ code: "approval.void", details: { changed: [changed] } });
      expect(rig.argocd.syncs).toEqual([]);
    }
  });

  it("is void where what came with it is not what the decision was about", async () => {
    const rig = approved(application);
    const { approved: before } = rig.facts;
    if (before !== undefined) rig.facts = { ...rig.facts, approved: { ...before, digest: "0".repeat(64) } };
    expect(failure(await rig.run())).toMatchObject({ code: "approval.void", details: { changed: [] } });
    expect(rig.argocd.syncs).toEqual([]);
  });

  it("is void when the environment asks for more people, or for others, by now", async () => {
    const rig = approved(application);
    rig.rule = { ...RULE, quorum: 2 };
    expect(failure(await rig.run())).toMatchObject({ code: "approval.void", details: { changed: ["rule"] } });
  });

  it("still holds when the environment asks for none any more", async () => {
    const rig = approved(application);
    rig.rule = undefined;
    await rig.run();
    expect(rig.argocd.syncs).toHaveLength(1);
  });

  it("is missing where the environment began to ask for one after the run had started", async () => {
    const rig = new SyncRig(application);
    rig.rule = RULE;
    const { code, message } = failure(await rig.run());
    expect(code).toBe("approval.missing");
    expect(message).toContain("Start it again");
    expect(rig.argocd.syncs).toEqual([]);
  });
});

describe("a revision that is older than what is live by now", () => {
  const lists = { added: NONE, removed: NONE };

  function newerLive(): SyncRig {
    const rig = new SyncRig(anApplication(history(SHA_C)));
    rig.between = { kind: "backward", ...lists };
    return rig;
  }

  it("is refused: another run went further while this one waited", async () => {
    const rig = newerLive();
    const { code, message } = failure(await rig.run());
    expect(code).toBe("revision.older");
    expect(message).toBe(
      "bbbbbbb is older than ccccccc, which is live in checkout-prod by now, so this would go back. Roll back if that is what is wanted.",
    );
    expect(rig.argocd.syncs).toEqual([]);
  });

  it("is synced by a command that is there for going back", async () => {
    const rig = newerLive();
    await rig.run({ back: true });
    expect(rig.argocd.syncs).toHaveLength(1);
  });

  it("is synced where people approved it, who were shown that it goes back", async () => {
    const rig = approved(anApplication(history(SHA_A)));
    rig.between = { kind: "backward", ...lists };
    await rig.run();
    expect(rig.argocd.syncs).toHaveLength(1);
  });

  it("is synced where the two have parted or the repository does not know what is live", async () => {
    for (const kind of ["diverged", "unknown-live"] as const) {
      const rig = newerLive();
      rig.between = kind === "diverged" ? { kind, ...lists } : { kind, sha: SHA_C };
      await rig.run();
      expect(rig.argocd.syncs).toHaveLength(1);
    }
  });

  it("is looked at anew when the application has changed since the server looked", async () => {
    for (const changed of [
      anApplication(history(SHA_A, SHA_C)),
      anApplication({ ...history(SHA_A), metadata: { uid: "uid-2" } }),
      anApplication({
        ...history(SHA_A),
        spec: { source: { repoURL: "https://git.example.com/deploy.git", path: "b" } },
      }),
    ]) {
      const rig = new SyncRig(anApplication(history(SHA_A)));
      rig.onPrepared = () => rig.argocd.put(changed);
      expect(await rig.run()).toMatchObject({ status: "postponed", code: "step.stale-facts", afterMs: 0 });
      expect([rig.argocd.syncs, rig.checkpoints]).toEqual([[], []]);
    }
  });

  it("does not keep an operation of its own from being taken over, though Git cannot be asked", async () => {
    const running = { ...history(SHA_A).status, operationState: aState(SHA_B, OWN, "Running") };
    const rig = new SyncRig(anApplication({ status: running }));
    rig.between = new AppError("git.example.com does not answer", { code: "git.unreachable", retry: "backoff" });
    expect(operation(await rig.run())).toMatchObject({ attempt: 1 });
  });

  it("is refused also where somebody has deployed what is newer under our own name", async () => {
    const { status } = history(SHA_B, SHA_C);
    const rig = new SyncRig(anApplication({ status: { ...status, operationState: aState(SHA_C, OWN, "Succeeded") } }));
    rig.between = { kind: "backward", ...lists };
    rig.attempt = 2;
    expect(failure(await rig.run()).code).toBe("revision.older");
    expect(rig.argocd.syncs).toEqual([]);
  });

  it("is put off while Git cannot be asked", async () => {
    const rig = newerLive();
    rig.between = new AppError("git.example.com does not answer", { code: "git.unreachable", retry: "backoff" });
    expect(await rig.run()).toMatchObject({ status: "postponed", code: "git.unreachable" });
    rig.between = new AppError("no access", { code: "git.authentication" });
    expect(failure(await rig.run()).code).toBe("git.authentication");
    expect(rig.argocd.syncs).toEqual([]);
  });
});
