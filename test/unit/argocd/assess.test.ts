import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Application } from "../../../src/argocd/application.ts";
import { assess } from "../../../src/argocd/assess.ts";
import { type AssessMemory, noMemory, rememberAncestry } from "../../../src/argocd/assess-memory.ts";
import type { Expectation } from "../../../src/argocd/expectation.ts";
import type { Verdict } from "../../../src/argocd/verdict.ts";
import {
  anApplication,
  anExpectation,
  anOperation,
  aState,
  at,
  atMs,
  ours,
  resource,
  SHA_A,
  SHA_B,
  SHA_C,
} from "./application-builder.ts";

const AUTOMATED = { syncPolicy: { automated: {} } };

interface Seen {
  readonly second: number;
  readonly application: Application;
  /** The copy answers a refresh that was begun in this second. */
  readonly refreshBegun?: number;
}

/** The verdicts of several looks, one after the other. */
function judge(expectation: Expectation, looks: readonly Seen[], start: AssessMemory = noMemory): readonly Verdict[] {
  let memory = start;
  return looks.map(({ second, application, refreshBegun }) => {
    const refresh = refreshBegun === undefined ? {} : { refreshBegunMs: atMs(refreshBegun) };
    const result = assess({ application, expectation, memory, nowMs: atMs(second), ...refresh });
    memory = result.memory;
    return result.verdict;
  });
}

const kinds = (verdicts: readonly Verdict[]): readonly string[] => verdicts.map(({ kind }) => kind);

const succeeded = (more: Readonly<Record<string, unknown>> = {}): Application =>
  anApplication({
    version: 5,
    status: {
      operationState: aState(SHA_B, ours, "Succeeded"),
      sync: { status: "OutOfSync", revision: SHA_A },
      ...more,
    },
  });

/** Our sync ended, and Argo CD compared after it. */
const compared = (more: Readonly<Record<string, unknown>> = {}): Application =>
  succeeded({ reconciledAt: at(21), ...more });

describe("assess: whose operation, and where it is", () => {
  it("waits for the controller while our operation is only requested", () => {
    const application = anApplication({ operation: anOperation(SHA_B, ours) });
    expect(judge(anExpectation(), [{ second: 10, application }])).toEqual([
      expect.objectContaining({ kind: "pending", reason: "queued", recheckAfterMs: 119_000 }),
    ]);
  });

  it("says that the controller does not pick it up once the start deadline is over, and that it may still come", () => {
    const application = anApplication({ operation: anOperation(SHA_B, ours) });
    const [verdict] = judge(anExpectation(), [{ second: 130, application }]);
    expect(verdict).toMatchObject({
      kind: "failed",
      code: "argocd.not-started",
      message: expect.stringMatching(/2 min.*cannot be withdrawn/u),
    });
  });

  it("waits when this copy is from before the post", () => {
    const before = aState(SHA_A, "ana", "Succeeded");
    const application = anApplication({ status: { operationState: before } });
    const expectation = anExpectation({
      before: { uid: "uid-1", historyId: 3, operation: `${at(10)}|${SHA_A}|ana|` },
    });
    expect(judge(expectation, [{ second: 10, application }])).toEqual([
      expect.objectContaining({ kind: "pending", reason: "not-visible" }),
    ]);
    expect(judge(expectation, [{ second: 200, application }])).toEqual([
      expect.objectContaining({ kind: "failed", code: "argocd.not-started" }),
    ]);
  });

  it("takes finishedAt with phase Running for what it is: the wait between two tries", () => {
    const state = aState(SHA_B, ours, "Running", { finishedAt: at(15), retryCount: 1 });
    const application = anApplication({ operation: anOperation(SHA_B, ours), status: { operationState: state } });
    expect(judge(anExpectation(), [{ second: 16, application }])).toEqual([
      expect.objectContaining({ kind: "running", own: true }),
    ]);
  });

  it("is not fooled by a final phase while an operation is present", () => {
    const application = anApplication({
      operation: anOperation(SHA_B, ours),
      status: { operationState: aState(SHA_A, "ana", "Succeeded") },
    });
    expect(judge(anExpectation(), [{ second: 12, application }])).toEqual([
      expect.objectContaining({ kind: "pending", reason: "queued" }),
    ]);
  });

  it("shows a running operation that a closed window holds back", () => {
    const state = aState(SHA_B, ours, "Running", { message: "Sync operation blocked by sync window" });
    const application = anApplication({ operation: anOperation(SHA_B, ours), status: { operationState: state } });
    expect(judge(anExpectation(), [{ second: 12, application }])).toMatchObject([
      { kind: "running", progress: { blockedByWindow: true } },
    ]);
  });

  it.each([
    ["Failed", "Operation terminated", "argocd.terminated", "never"],
    ["Failed", "one or more tasks failed", "argocd.sync-failed", "never"],
    ["Error", "ComparisonError: failed to generate manifest: unknown revision", "argocd.sync-error", "never"],
    ["Error", "rpc error: code = Unavailable desc = connection refused", "argocd.sync-error", "backoff"],
  ])("fails when the operation ends %s: %s", (phase, message, code, retry) => {
    const state = aState(SHA_B, ours, phase, { message, syncResult: { revision: SHA_B, resources: [] } });
    const application = anApplication({ status: { operationState: state } });
    expect(judge(anExpectation(), [{ second: 21, application }])).toMatchObject([{ kind: "failed", code, retry }]);
  });

  it("fails when the operation succeeded at another revision than asked for", () => {
    const application = anApplication({ status: { operationState: aState(SHA_C, ours, "Succeeded") } });
    expect(judge(anExpectation(), [{ second: 21, application }])).toMatchObject([
      { kind: "failed", code: "argocd.wrong-revision" },
    ]);
  });

  it("accepts an abbreviated expectation when the resolved revision begins with it", () => {
    const expectation = anExpectation({ revisions: [{ sourceIndex: 0, sha: SHA_B.slice(0, 7) }] });
    expect(kinds(judge(expectation, [{ second: 22, application: compared() }]))).toEqual(["healthy-candidate"]);
  });

  it("fails when the application is being deleted or was made anew", () => {
    const deleting = anApplication({ metadata: { deletionTimestamp: at(11) } });
    const recreated = anApplication({ metadata: { uid: "uid-2" } });
    expect(judge(anExpectation(), [{ second: 12, application: deleting }])).toMatchObject([
      { code: "argocd.deleting" },
    ]);
    expect(judge(anExpectation(), [{ second: 12, application: recreated }])).toMatchObject([
      { code: "argocd.recreated" },
    ]);
  });
});

describe("assess: another operation after ours", () => {
  const history = [{ id: 4, revision: SHA_B }];
  const running = anApplication({
    version: 7,
    operation: anOperation(SHA_C, "ana"),
    status: { history, operationState: aState(SHA_C, "ana", "Running", { startedAt: at(30) }) },
  });

  it("waits its end out, and knows from the history that ours succeeded", () => {
    expect(judge(anExpectation(), [{ second: 31, application: running }])).toMatchObject([
      { kind: "superseded", by: { initiatedBy: "ana", revisions: [SHA_C] } },
    ]);
  });

  it("knows it from our own state where a controller queues its operation over that", () => {
    const application = anApplication({
      operation: anOperation(SHA_B, "applicationset-controller"),
      status: { operationState: aState(SHA_B, ours, "Succeeded") },
    });
    expect(judge(anExpectation(), [{ second: 31, application }])).toMatchObject([
      { kind: "superseded", by: { phase: "Pending", initiatedBy: "applicationset-controller" } },
    ]);
  });

  it("fails when it took the application elsewhere", () => {
    const application = anApplication({
      version: 8,
      status: { history, operationState: aState(SHA_C, "ana", "Succeeded", { startedAt: at(30) }) },
    });
    expect(judge(anExpectation(), [{ second: 41, application }])).toMatchObject([
      {
        kind: "failed",
        code: "argocd.superseded",
        message: expect.stringMatching(/Our sync succeeded, but then an operation by ana .*cccc/u),
      },
    ]);
  });

  it("goes on when it left the application at our revision, and tells of it in the proof", () => {
    const state = aState(SHA_B, "ana", "Succeeded", { startedAt: at(30), finishedAt: at(40) });
    const application = anApplication({ version: 8, status: { history, operationState: state, reconciledAt: at(41) } });
    const expectation = anExpectation({ timing: { settleMs: 0, degradedGraceMs: 0, startDeadlineMs: 0 } });
    expect(judge(expectation, [{ second: 42, application }])).toMatchObject([
      { kind: "proven", evidence: { basis: "history", supersededBy: { initiatedBy: "ana" } } },
    ]);
  });

  it("takes the content of a full sync by others at our revision as proof, even if ours ended unseen", () => {
    const state = aState(SHA_B, "ana", "Succeeded", { startedAt: at(30), finishedAt: at(40) });
    const application = anApplication({ version: 8, status: { operationState: state, reconciledAt: at(41) } });
    expect(kinds(judge(anExpectation(), [{ second: 42, application }]))).toEqual(["healthy-candidate"]);
  });

  it("does not take a partial sync by others at our revision as proof when ours ended unseen", () => {
    const operation = anOperation(SHA_B, "ana", {
      sync: { revision: SHA_B, resources: [{ kind: "Service", name: "checkout" }] },
    });
    const state = aState(SHA_B, "ana", "Succeeded", { startedAt: at(30), operation });
    const application = anApplication({ version: 8, status: { operationState: state } });
    expect(judge(anExpectation(), [{ second: 42, application }])).toMatchObject([{ code: "argocd.superseded" }]);
  });

  it("looks past a dry run, which replaces the shown result and changes nothing", () => {
    const operation = anOperation(SHA_C, "ana", { sync: { revision: SHA_C, dryRun: true } });
    const state = aState(SHA_C, "ana", "Succeeded", { startedAt: at(30), finishedAt: at(30), operation });
    const dryRun = (more: object): Application =>
      anApplication({ version: 8, status: { operationState: state, reconciledAt: at(41), ...more } });
    expect(kinds(judge(anExpectation(), [{ second: 42, application: dryRun({ history }) }]))).toEqual([
      "healthy-candidate",
    ]);
    expect(judge(anExpectation(), [{ second: 42, application: dryRun({}) }])).toMatchObject([
      { code: "argocd.result-unknown" },
    ]);
  });

  it("looks past nothing when somebody has deployed something else before the dry run, or before the partial sync", () => {
    const theirs = { id: 99, revision: SHA_C, deployedAt: at(25), initiatedBy: { username: "ben" } };
    const dryRun = anOperation(SHA_C, "ana", { sync: { revision: SHA_C, dryRun: true } });
    const partial = anOperation(SHA_B, "ana", {
      sync: { revision: SHA_B, resources: [{ kind: "Service", name: "checkout" }] },
    });
    const theirTurns = [
      { revision: SHA_C, operation: dryRun },
      { revision: SHA_B, operation: partial },
    ];
    for (const { revision, operation } of theirTurns) {
      const times = { startedAt: at(30), finishedAt: at(30) };
      const state = aState(revision, "ana", "Succeeded", { ...times, operation });
      const status = { operationState: state, reconciledAt: at(41), history: [...history, theirs] };
      const application = anApplication({ version: 8, status });
      expect(judge(anExpectation(), [{ second: 42, application }])).toMatchObject([
        { code: "argocd.superseded", message: expect.stringMatching(/Our sync succeeded, but then .*ben .*cccc/u) },
      ]);
    }
  });

  it("begins the settle time anew after it", () => {
    const after = anApplication({
      version: 8,
      status: {
        history,
        operationState: aState(SHA_B, "ana", "Succeeded", { startedAt: at(30), finishedAt: at(40) }),
        reconciledAt: at(41),
      },
    });
    const verdicts = judge(anExpectation(), [
      { second: 22, application: compared({ history }) },
      { second: 31, application: running },
      { second: 42, application: after },
      { second: 56, application: after },
      { second: 57, application: after },
    ]);
    expect(kinds(verdicts)).toEqual([
      "healthy-candidate",
      "superseded",
      "healthy-candidate",
      "healthy-candidate",
      "proven",
    ]);
  });
});

describe("assess: compared after the end", () => {
  it("does not believe Healthy when the comparison began in the second in which the operation ended", () => {
    const application = succeeded({ reconciledAt: at(20) });
    expect(
      kinds(
        judge(anExpectation(), [
          { second: 21, application },
          { second: 60, application },
        ]),
      ),
    ).toEqual(["settling", "settling"]);
  });

  it("believes a comparison that began in a later second", () => {
    expect(kinds(judge(anExpectation(), [{ second: 22, application: compared() }]))).toEqual(["healthy-candidate"]);
  });

  it("believes the answer to a refresh that was begun after the end was seen, and no other", () => {
    const application = succeeded({ reconciledAt: at(20) });
    expect(kinds(judge(anExpectation(), [{ second: 21, application, refreshBegun: 20.5 }]))).toEqual(["settling"]);
    expect(
      kinds(
        judge(anExpectation(), [
          { second: 21, application },
          { second: 22, application, refreshBegun: 20.9 },
        ]),
      ),
    ).toEqual(["settling", "settling"]);
    expect(
      kinds(
        judge(anExpectation(), [
          { second: 21, application },
          { second: 22, application, refreshBegun: 21 },
        ]),
      ),
    ).toEqual(["settling", "healthy-candidate"]);
  });

  it("stays settled for the frames after that, whose health moves without a new comparison", () => {
    const application = succeeded({ reconciledAt: at(20) });
    const progressing = succeeded({ reconciledAt: at(20), health: { status: "Progressing" } });
    expect(
      kinds(
        judge(anExpectation(), [
          { second: 21, application },
          { second: 22, application, refreshBegun: 21 },
          { second: 23, application: progressing },
        ]),
      ),
    ).toEqual(["settling", "healthy-candidate", "progressing"]);
  });
});

describe("assess: health", () => {
  it("is proven only after Healthy was seen twice, a settle time apart", () => {
    const application = compared();
    const verdicts = judge(
      anExpectation(),
      [22, 30, 36.9, 37].map((second) => ({ second, application })),
    );
    expect(kinds(verdicts)).toEqual(["healthy-candidate", "healthy-candidate", "healthy-candidate", "proven"]);
    expect(verdicts[1]).toMatchObject({ recheckAfterMs: 7000 });
  });

  it("starts again when the application left Healthy in between, seen or unseen", () => {
    const healthy = compared({ health: { status: "Healthy", lastTransitionTime: at(5) } });
    const back = compared({ health: { status: "Healthy", lastTransitionTime: at(25) } });
    const progressing = compared({ health: { status: "Progressing" } });
    expect(
      kinds(
        judge(anExpectation(), [
          { second: 22, application: healthy },
          { second: 37, application: back },
          { second: 52, application: back },
        ]),
      ),
    ).toEqual(["healthy-candidate", "healthy-candidate", "proven"]);
    expect(
      kinds(
        judge(anExpectation(), [
          { second: 22, application: healthy },
          { second: 30, application: progressing },
          { second: 37, application: healthy },
        ]),
      ),
    ).toEqual(["healthy-candidate", "progressing", "healthy-candidate"]);
  });

  it("gives Degraded a grace, and names the worst resources when that is over", () => {
    const degraded = compared({
      health: { status: "Degraded" },
      resources: [
        resource("Service", "checkout", "Progressing"),
        resource("Deployment", "checkout", "Degraded", {
          group: "apps",
          health: { status: "Degraded", message: "exceeded its progress deadline" },
        }),
      ],
    });
    const verdicts = judge(
      anExpectation(),
      [22, 81, 82].map((second) => ({ second, application: degraded })),
    );
    expect(verdicts).toMatchObject([
      { kind: "degraded", recheckAfterMs: 60_000 },
      { kind: "degraded", recheckAfterMs: 1000 },
      {
        kind: "failed",
        code: "argocd.degraded",
        message: "Degraded for 1 min: Deployment/checkout: exceeded its progress deadline",
        resources: [{ kind: "Deployment" }, { kind: "Service" }],
      },
    ]);
  });

  it("forgets a Degraded that passed within the grace", () => {
    const degraded = compared({ health: { status: "Degraded" }, resources: [] });
    const healthy = compared();
    expect(
      kinds(
        judge(anExpectation(), [
          { second: 22, application: degraded },
          { second: 50, application: healthy },
          { second: 64, application: degraded },
          { second: 100, application: degraded },
        ]),
      ),
    ).toEqual(["degraded", "healthy-candidate", "degraded", "degraded"]);
  });

  it.each([
    ["Suspended", "suspended"],
    ["Unknown", "unknown"],
    ["", "unknown"],
    ["Missing", "progressing"],
  ])("waits on health %j as %s", (status, kind) => {
    const application = compared({ health: { status }, resources: [] });
    expect(kinds(judge(anExpectation(), [{ second: 22, application }]))).toEqual([kind]);
  });

  it("judges a pinned application by the objects that were synced, when those of the branch make it Missing", () => {
    const resources = [
      resource("Service", "checkout", "Healthy"),
      resource("Deployment", "checkout", "Healthy", { group: "apps" }),
      resource("Deployment", "coming", "Missing", { group: "apps", status: "OutOfSync" }),
    ];
    const application = compared({ health: { status: "Missing" }, resources });
    const tracked = compared({ health: { status: "Missing" }, resources, sync: { status: "Synced", revision: SHA_B } });
    expect(kinds(judge(anExpectation(), [{ second: 22, application }]))).toEqual(["healthy-candidate"]);
    expect(kinds(judge(anExpectation({ mode: "track" }), [{ second: 22, application: tracked }]))).toEqual([
      "progressing",
    ]);
  });

  it("does not excuse a pinned application whose own objects are at fault", () => {
    const resources = [
      resource("Deployment", "checkout", "Degraded", { group: "apps" }),
      resource("Deployment", "coming", "Missing", { group: "apps", status: "OutOfSync" }),
    ];
    const application = compared({ health: { status: "Degraded" }, resources });
    expect(judge(anExpectation(), [{ second: 22, application }])).toMatchObject([
      { kind: "degraded", resources: [{ name: "checkout" }] },
    ]);
  });

  it("keeps to the application's own word where a copy carries no health of resources", () => {
    const application = compared({
      health: { status: "Missing" },
      resources: [{ kind: "Service", name: "checkout", namespace: "checkout", status: "Synced" }],
    });
    expect(judge(anExpectation(), [{ second: 22, application }])).toMatchObject([
      { kind: "progressing", health: "Missing" },
    ]);
  });
});

describe("assess: conditions and revisions", () => {
  it("holds back its judgement while an error condition stands, and goes on when it is gone", () => {
    const broken = compared({ conditions: [{ type: "ComparisonError", message: "rpc error" }] });
    const verdicts = judge(anExpectation(), [
      { second: 22, application: broken },
      { second: 30, application: compared() },
    ]);
    expect(verdicts).toMatchObject([
      { kind: "unknown", message: "ComparisonError: rpc error" },
      { kind: "healthy-candidate" },
    ]);
  });

  it("ignores warnings", () => {
    const application = compared({ conditions: [{ type: "OrphanedResourceWarning", message: "1 orphan" }] });
    expect(kinds(judge(anExpectation(), [{ second: 22, application }]))).toEqual(["healthy-candidate"]);
  });

  it("fails on the condition that auto-sync gave this revision up", () => {
    const conditions = [{ type: "SyncError", message: `Failed last sync attempt to [${SHA_B}]: denied` }];
    const { operation: _none, ...rest } = anExpectation({ mode: "track" });
    const application = anApplication({
      status: { conditions, reconciledAt: at(30), sync: { status: "OutOfSync", revision: SHA_B } },
    });
    expect(judge(rest, [{ second: 31, application }])).toMatchObject([
      { kind: "failed", code: "argocd.sync-failed", message: expect.stringContaining("denied") },
    ]);
  });

  it("is OutOfSync under track until the resources that differ are in sync or wait for pruning", () => {
    const outOfSync = (more: object): Application =>
      compared({
        sync: { status: "OutOfSync", revision: SHA_B },
        resources: [resource("ConfigMap", "extra", "", { status: "OutOfSync", ...more })],
      });
    const track = anExpectation({ mode: "track" });
    expect(judge(track, [{ second: 22, application: outOfSync({}) }])).toMatchObject([
      { kind: "pending", reason: "out-of-sync", message: "OutOfSync: ConfigMap/extra" },
    ]);
    expect(kinds(judge(track, [{ second: 22, application: outOfSync({ requiresPruning: true }) }]))).toEqual([
      "healthy-candidate",
    ]);
  });

  it("takes our own sync as proof under track when the branch has moved on meanwhile", () => {
    const application = compared({ sync: { status: "OutOfSync", revision: SHA_C } });
    const expectation = anExpectation({
      mode: "track",
      timing: { settleMs: 0, degradedGraceMs: 0, startDeadlineMs: 0 },
    });
    expect(judge(expectation, [{ second: 22, application }])).toMatchObject([
      { kind: "proven", evidence: { branchRevision: SHA_C, basis: "own-operation" } },
    ]);
  });
});

describe("assess: without a sync of ours", () => {
  const { operation: _none, postedAtMs: _never, ...waiting } = anExpectation({ mode: "track" });
  const synced = (revision: string, more: object = {}): Application =>
    anApplication({
      spec: AUTOMATED,
      status: { sync: { status: "Synced", revision }, reconciledAt: at(30), ...more },
    });

  it("proves a commit that does not touch the application by the comparison alone", () => {
    const verdicts = judge(waiting, [
      { second: 31, application: synced(SHA_B) },
      { second: 46, application: synced(SHA_B) },
    ]);
    expect(verdicts).toMatchObject([
      { kind: "healthy-candidate" },
      { kind: "proven", evidence: { basis: "no-operation", changedNothing: true } },
    ]);
  });

  it("asks whether a later revision holds the commit, and takes the answer", () => {
    const question = { ancestor: SHA_B, descendant: SHA_C };
    const [verdict] = judge(waiting, [{ second: 31, application: synced(SHA_C) }]);
    expect(verdict).toMatchObject({ kind: "pending", reason: "other-revision", ancestry: [question] });
    const yes = judge(
      waiting,
      [{ second: 31, application: synced(SHA_C) }],
      rememberAncestry(noMemory, question, true),
    );
    const no = judge(
      waiting,
      [{ second: 31, application: synced(SHA_C) }],
      rememberAncestry(noMemory, question, false),
    );
    expect(kinds(yes)).toEqual(["healthy-candidate"]);
    expect(no).toMatchObject([{ kind: "pending", reason: "other-revision", ancestry: undefined }]);
  });

  it("has Argo CD compare again when the revision lags for half a minute", () => {
    const application = synced(SHA_A);
    const looks = [
      { second: 31, application },
      { second: 60, application },
      { second: 61, application },
      { second: 62, application, refreshBegun: 61 },
    ];
    expect(kinds(judge(waiting, looks))).toEqual(["pending", "pending", "settling", "pending"]);
  });

  it("follows an automated operation, and fails with it", () => {
    const operation = anOperation(SHA_B, "", { initiatedBy: { automated: true } });
    const running = anApplication({ operation, status: { operationState: aState(SHA_B, "", "Running") } });
    const failed = anApplication({ status: { operationState: aState(SHA_B, "", "Failed") } });
    expect(judge(waiting, [{ second: 31, application: running }])).toMatchObject([{ kind: "running", own: false }]);
    expect(judge(waiting, [{ second: 31, application: failed }])).toMatchObject([
      { kind: "failed", code: "argocd.sync-failed" },
    ]);
  });

  it("does not blame a failed operation at another revision", () => {
    const application = synced(SHA_B, { operationState: aState(SHA_A, "ana", "Failed") });
    expect(kinds(judge(waiting, [{ second: 31, application }]))).toEqual(["healthy-candidate"]);
  });

  it("says of one that is queued who asked for it", () => {
    const application = anApplication({ operation: anOperation(SHA_B, "ana") });
    expect(judge(waiting, [{ second: 31, application }])).toMatchObject([
      { kind: "pending", reason: "queued", message: "an operation by ana is queued" },
    ]);
  });

  it("needs a comparison newer than the one known before, and not only newer than an old operation", () => {
    const old = synced(SHA_B, {
      reconciledAt: at(0),
      operationState: aState(SHA_A, "ana", "Succeeded", { finishedAt: at(-60) }),
    });
    expect(kinds(judge(waiting, [{ second: 31, application: old }]))).toEqual(["settling"]);
  });
});

describe("assess: an application that Argo CD syncs by itself", () => {
  const {
    operation: _none,
    postedAtMs: _never,
    ...waiting
  } = anExpectation({
    mode: "track",
    timing: { settleMs: 0, degradedGraceMs: 0, startDeadlineMs: 0 },
  });
  const automated = (revision: string, phase: string, more: Record<string, unknown> = {}): object =>
    aState(revision, "x", phase, {
      operation: { sync: { revision }, initiatedBy: { automated: true }, info: [] },
      ...more,
    });
  const at31 = (status: object, spec: Record<string, unknown> = AUTOMATED): readonly Seen[] => [
    { second: 31, application: anApplication({ spec, status: { reconciledAt: at(30), ...status } }) },
  ];
  const holds = (answer: boolean): AssessMemory =>
    rememberAncestry(noMemory, { ancestor: SHA_B, descendant: SHA_C }, answer);
  const notYet = { sync: { status: "Synced", revision: SHA_C } };

  it("says which branch the commit has to reach, and what is there", () => {
    expect(judge(waiting, at31(notYet), holds(false))).toMatchObject([
      {
        kind: "pending",
        reason: "other-revision",
        message:
          "Waiting for bbbbbbb to be on main, where Argo CD sees ccccccc now. Merge or push it, if that has not been done",
      },
    ]);
  });

  it("proves a commit that newer ones follow, and names the one that is live", () => {
    const state = automated(SHA_C, "Succeeded");
    expect(judge(waiting, at31({ ...notYet, operationState: state }), holds(true))).toMatchObject([
      { kind: "proven", evidence: { descendant: SHA_C, changedNothing: false } },
    ]);
  });

  it("is proven by the operation of auto-sync, and does not say then that nothing changed", () => {
    const status = { sync: { status: "Synced", revision: SHA_B }, operationState: automated(SHA_B, "Succeeded") };
    expect(judge(waiting, at31(status))).toMatchObject([
      { kind: "proven", evidence: { basis: "other-operation", changedNothing: false } },
    ]);
  });

  it("does not say that nothing changed when the operation was long ago and others followed", () => {
    const status = {
      sync: { status: "Synced", revision: SHA_B },
      history: [{ id: 1, revision: SHA_B }],
      operationState: automated(SHA_A, "Succeeded"),
    };
    expect(judge(waiting, at31(status))).toMatchObject([{ kind: "proven", evidence: { changedNothing: false } }]);
  });

  it("fails when auto-sync has given up, on the commit or on a later one that holds it", () => {
    const gaveUp = (revision: string): object => ({
      sync: { status: "OutOfSync", revision },
      conditions: [
        { type: "SyncError", message: `Failed last sync attempt to [${revision}]: denied (retried 5 times).` },
      ],
    });
    const message =
      `Failed last sync attempt to [${SHA_C}]: denied (retried 5 times). Argo CD does not try this revision again by itself: ` +
      `sync it by hand in Argo CD, or push a commit that mends it.`;
    expect(judge(waiting, at31(gaveUp(SHA_C)), holds(true))).toMatchObject([
      { kind: "failed", code: "argocd.sync-failed", message },
    ]);
    expect(judge(waiting, at31(gaveUp(SHA_B)))).toMatchObject([{ kind: "failed", code: "argocd.sync-failed" }]);
    expect(judge(waiting, at31(gaveUp(SHA_C)), holds(false))).toMatchObject([
      { kind: "pending", reason: "other-revision" },
    ]);
  });

  it("fails when the operation of auto-sync failed, and says that nothing more will come", () => {
    const operationState = automated(SHA_B, "Failed", {
      message: "one or more objects failed to apply",
      syncResult: undefined,
    });
    const state = { ...operationState, syncResult: { revision: SHA_B, resources: [] } };
    const [verdict] = judge(waiting, at31({ sync: { status: "OutOfSync", revision: SHA_B }, operationState: state }));
    expect(verdict).toMatchObject({
      kind: "failed",
      code: "argocd.sync-failed",
      retry: "never",
      message: expect.stringContaining("failed to apply. Argo CD does not try this revision again by itself"),
    });
  });

  it("waits while the repository cannot be compared", () => {
    const status = {
      sync: { status: "Unknown", revision: "main" },
      conditions: [{ type: "ComparisonError", message: "rpc error" }],
    };
    expect(judge(waiting, at31(status))).toMatchObject([{ kind: "unknown", message: "ComparisonError: rpc error" }]);
  });

  it("fails when auto-sync was switched off before the commit came, unless an ApplicationSet takes care of it", () => {
    const off = { syncPolicy: { automated: { enabled: false } } };
    expect(judge(waiting, at31(notYet, off), holds(false))).toMatchObject([
      { kind: "failed", code: "argocd.auto-sync-off", message: expect.stringContaining("nobody brings bbbbbbb there") },
    ]);
    expect(judge(waiting, at31({ sync: { status: "OutOfSync", revision: SHA_B } }, off))).toMatchObject([
      { kind: "failed", code: "argocd.auto-sync-off" },
    ]);
    const owned = anApplication({
      spec: off,
      metadata: { ownerReferences: [{ kind: "ApplicationSet", name: "shop" }] },
      status: { reconciledAt: at(30), ...notYet },
    });
    expect(kinds(judge(waiting, [{ second: 31, application: owned }], holds(false)))).toEqual(["pending"]);
  });
});

describe("assess: expected to be live already", () => {
  const { operation: _none, postedAtMs: _never, ...live } = anExpectation({ mode: "proven" });
  const application = (status: object): Application => anApplication({ status: { reconciledAt: at(30), ...status } });
  const history = [{ id: 4, revision: SHA_B }];

  it.each([
    ["Synced at it", { sync: { status: "Synced", revision: SHA_B } }, "healthy-candidate"],
    [
      "deployed last, the branch being elsewhere",
      { history, operationState: aState(SHA_B, "ana", "Succeeded"), sync: { status: "OutOfSync", revision: SHA_C } },
      "healthy-candidate",
    ],
    [
      "deployed once, but not last",
      { history: [...history, { id: 5, revision: SHA_C }], sync: { status: "OutOfSync", revision: SHA_C } },
      "failed",
    ],
    [
      "deployed last, but a sync failed since",
      { history, operationState: aState(SHA_C, "ana", "Failed"), sync: { status: "OutOfSync", revision: SHA_C } },
      "failed",
    ],
    ["never deployed", { sync: { status: "OutOfSync", revision: SHA_B } }, "failed"],
  ])("is asked of an application: %s", (_case, status, kind) => {
    const [verdict] = judge(live, [{ second: 31, application: application(status) }]);
    expect(verdict?.kind).toBe(kind);
    if (verdict?.kind === "failed") expect(verdict.code).toBe("argocd.not-live");
  });

  it("is the question for a pin without a sync as well", () => {
    const [verdict] = judge({ ...live, mode: "pin" }, [
      { second: 31, application: application({ sync: { status: "OutOfSync", revision: SHA_C } }) },
    ]);
    expect(verdict).toMatchObject({ kind: "failed", code: "argocd.not-live" });
  });
});

describe("assess: several sources", () => {
  const spec = {
    source: undefined,
    sources: [
      { repoURL: "https://git.example.com/deploy.git", path: "a" },
      { repoURL: "https://git.example.com/values.git", ref: "values" },
    ],
  };
  const state = aState("", ours, "Succeeded", {
    syncResult: { revision: "", revisions: [SHA_B, SHA_C], resources: [] },
  });

  it("compares each expected source by its index and leaves the others alone", () => {
    const application = anApplication({
      spec,
      status: { operationState: state, reconciledAt: at(21), sync: { status: "OutOfSync", revisions: [SHA_A, SHA_A] } },
    });
    const looks = [{ second: 22, application }];
    expect(kinds(judge(anExpectation(), looks))).toEqual(["healthy-candidate"]);
    expect(judge(anExpectation({ revisions: [{ sourceIndex: 1, sha: SHA_B }] }), looks)).toMatchObject([
      { code: "argocd.wrong-revision" },
    ]);
  });
});

describe("assess: always", () => {
  const looks = fc.record({
    phase: fc.constantFrom("Running", "Succeeded", "Failed", "Error", "Terminating"),
    by: fc.constantFrom<typeof ours | string>(ours, "ana"),
    revision: fc.constantFrom(SHA_A, SHA_B, SHA_C),
    health: fc.constantFrom("Healthy", "Progressing", "Degraded", "Missing", "Suspended", "Unknown", ""),
    sync: fc.constantFrom("Synced", "OutOfSync", "Unknown"),
    reconciled: fc.integer({ min: 0, max: 60 }),
    present: fc.boolean(),
    refreshBegun: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
    wait: fc.integer({ min: 0, max: 30 }),
  });

  it("proves nothing but a quiet, Healthy application whose operation succeeded at the expected revision and was compared after it", () => {
    fc.assert(
      fc.property(fc.array(looks, { minLength: 1, maxLength: 8 }), (drawn) => {
        let second = 20;
        const seen = drawn.map(({ phase, by, revision, health, sync, reconciled, present, refreshBegun, wait }) => {
          second += wait;
          const application = anApplication({
            ...(present ? { operation: anOperation(revision, by) } : {}),
            status: {
              operationState: aState(revision, by, phase),
              health: { status: health },
              sync: { status: sync, revision },
              reconciledAt: at(reconciled),
            },
          });
          const refresh = refreshBegun === undefined ? {} : { refreshBegun: Math.min(refreshBegun, second) };
          return { second, application, ...refresh };
        });
        const verdicts = judge(anExpectation(), seen);
        for (const [index, verdict] of verdicts.entries()) {
          if (verdict.kind !== "proven") continue;
          const { application } = seen[index] ?? {};
          expect(application?.operation).toBeUndefined();
          expect(application?.status.operationState).toMatchObject({
            phase: "Succeeded",
            syncResult: { revision: SHA_B },
          });
          expect(application?.status.health.status).toBe("Healthy");
          expect(verdict.evidence.provenAtMs - verdict.evidence.healthySinceMs).toBeGreaterThanOrEqual(15_000);
        }
      }),
      { numRuns: 300 },
    );
  });
});
