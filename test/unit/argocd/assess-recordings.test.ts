import { readdirSync } from "node:fs";

import { describe, expect, it } from "vitest";

import type { Application } from "../../../src/argocd/application.ts";
import { revisionList } from "../../../src/argocd/application-facts.ts";
import { syncedRevisions } from "../../../src/argocd/operation-identity.ts";
import { type RecordedWait, replay, runsOf, seenIn } from "./recording.ts";

interface Story extends RecordedWait {
  readonly title: string;
  /** The verdicts, with the second at which each of them begins. */
  readonly runs: readonly string[];
}

const stories: readonly Story[] = [
  {
    title: "a first sync: Synced is seen long before Healthy, and neither is believed before the refresh",
    recording: "sync-manual-to-healthy",
    app: "checkout-staging",
    mode: "pin",
    shas: ["a699effa64c2fe18c4138a3c24a6103822c1a000"],
    postedAt: 1.4,
    operation: { run: "run_01TEST/sync/1" },
    recheckAt: [7, 9],
    runs: [
      "0.07 pending not-visible",
      "1.49 pending queued",
      "1.51 running Running",
      "1.64 running /Namespace/checkout-staging",
      "1.77 settling",
      "6.56 healthy-candidate",
      "9.00 proven by own-operation",
    ],
  },
  {
    title: "three waves between hooks: Synced and Healthy while the last hook runs is not the end",
    recording: "hook-success-waves",
    app: "web-staging",
    mode: "pin",
    shas: ["ad14cac903b4984320a85211c12df83a06876f6e"],
    postedAt: 0.9,
    operation: { run: "waves" },
    recheckAt: [14, 16],
    runs: [
      "0.21 pending not-visible",
      "0.93 pending queued",
      "0.95 running Running",
      "3.12 running hook batch/Job/web-migrate",
      "7.43 running /ConfigMap/web-wave0 and 1 more resources",
      "9.52 running /ConfigMap/web-wave1",
      "11.58 running apps/Deployment/web",
      "11.64 running hook batch/Job/web-warmup",
      "12.80 settling",
      "13.13 healthy-candidate",
      "16.00 proven by own-operation",
    ],
  },
  {
    title: "the health of before shows for a moment after the end: not believed, and Degraded is found",
    recording: "degraded-after-sync",
    app: "checkout-staging",
    mode: "pin",
    shas: ["57ff2b5c322fe542f56949d501463cce73e9b6d4"],
    postedAt: 1.96,
    operation: { run: "bad" },
    from: 1.95,
    to: 9.08,
    refreshAt: [2.24],
    recheckAt: [68, 69],
    runs: [
      "1.95 pending not-visible",
      "1.97 pending queued",
      "1.99 running Running",
      "2.23 settling",
      "2.30 progressing Progressing 1/2",
      "8.40 degraded",
      "69.00 failed argocd.degraded",
    ],
  },
  {
    title: "a rollback by hand takes the place of our sync",
    recording: "degraded-after-sync",
    app: "checkout-staging",
    mode: "pin",
    shas: ["57ff2b5c322fe542f56949d501463cce73e9b6d4"],
    postedAt: 1.96,
    operation: { run: "bad" },
    from: 1.95,
    refreshAt: [2.24],
    runs: [
      "1.95 pending not-visible",
      "1.97 pending queued",
      "1.99 running Running",
      "2.23 settling",
      "2.30 progressing Progressing 1/2",
      "8.40 degraded",
      "9.11 superseded by quarterdeck",
      "9.40 failed argocd.superseded",
    ],
  },
  {
    title: "the rollback itself, which carries no infos, proves the older revision as a pin",
    recording: "degraded-after-sync",
    app: "checkout-staging",
    mode: "pin",
    shas: ["f08ca65"],
    postedAt: 9.1,
    from: 9.1,
    recheckAt: [14],
    runs: [
      "9.11 pending queued",
      "9.13 running Running",
      "9.40 settling",
      "10.17 healthy-candidate",
      "14.00 proven by other-operation",
    ],
  },
  {
    title: "a PreSync hook that fails by its deadline",
    recording: "hook-failure",
    app: "web-staging",
    mode: "track",
    shas: ["c67b0a0"],
    postedAt: 0.5,
    runs: [
      "0.20 settling",
      "0.92 pending queued",
      "0.93 running Running",
      "3.15 running hook batch/Job/web-migrate",
      "4.72 failed argocd.sync-failed",
    ],
  },
  {
    title: "a sync that someone terminates",
    recording: "operation-in-progress-and-terminate",
    app: "web-staging",
    mode: "pin",
    shas: ["a9328243f17f23c2f133da50118175e723769479"],
    postedAt: 0.5,
    operation: { run: "one" },
    runs: [
      "0.19 pending not-visible",
      "0.91 pending queued",
      "0.93 running Running",
      "1.15 running /Namespace/web-staging",
      "3.20 running hook batch/Job/web-migrate",
      "4.03 failed argocd.terminated",
    ],
  },
  {
    title: "a sync that was refused because another one runs: that one is not ours",
    recording: "operation-in-progress-and-terminate",
    app: "web-staging",
    mode: "pin",
    shas: ["a9328243f17f23c2f133da50118175e723769479"],
    postedAt: 0.5,
    operation: { run: "two" },
    runs: ["0.19 pending not-visible", "0.91 superseded by quarterdeck", "4.03 failed argocd.superseded"],
  },
  {
    title: "an older revision than the branch: applied and healthy, OutOfSync for ever",
    recording: "pin-older-revision",
    app: "checkout-prod",
    mode: "pin",
    shas: ["a699eff"],
    postedAt: 0.5,
    to: 2.8,
    recheckAt: [3, 5],
    runs: [
      "0.07 settling",
      "0.79 pending queued",
      "0.81 running Running",
      "0.96 running /Namespace/checkout-prod",
      "1.16 settling",
      "1.87 healthy-candidate",
      "5.00 proven by other-operation",
    ],
  },
  {
    title: "the same revision once more: nothing changes, and it is proven all the same",
    recording: "pin-older-revision",
    app: "checkout-prod",
    mode: "pin",
    shas: ["a699eff"],
    postedAt: 2.88,
    from: 2.88,
    recheckAt: [6],
    runs: [
      "2.89 pending queued",
      "2.90 running Running",
      "3.13 settling",
      "3.96 healthy-candidate",
      "6.00 proven by other-operation",
    ],
  },
  {
    title: "a pin while the branch adds two objects and drops one",
    recording: "pin-with-missing-and-extra",
    app: "checkout-prod",
    mode: "pin",
    shas: ["8acd35d14f89034ab95bdce67a94bb7ff5e33607"],
    postedAt: 0.3,
    operation: { run: "pin" },
    recheckAt: [5],
    runs: [
      "0.29 pending not-visible",
      "0.33 pending queued",
      "0.34 running Running",
      "1.35 settling",
      "2.42 healthy-candidate",
      "5.00 proven by own-operation",
    ],
  },
  {
    title: "OutOfSync only because a resource waits for pruning",
    recording: "prune",
    app: "checkout-staging",
    mode: "track",
    shas: ["25be61d"],
    postedAt: 1.29,
    from: 1.28,
    to: 2.38,
    recheckAt: [5],
    runs: [
      "1.28 settling",
      "1.30 pending queued",
      "2.32 settling",
      "2.37 healthy-candidate",
      "5.00 proven by other-operation",
    ],
  },
  {
    title: "the same with pruning",
    recording: "prune",
    app: "checkout-staging",
    mode: "track",
    shas: ["25be61d"],
    postedAt: 2.38,
    from: 2.38,
    recheckAt: [6],
    runs: ["2.39 pending queued", "3.41 settling", "3.46 healthy-candidate", "6.00 proven by other-operation"],
  },
  {
    title: "a kind that the cluster does not know",
    recording: "invalid-manifests",
    app: "checkout-staging",
    mode: "track",
    shas: ["64f53f5"],
    postedAt: 0.21,
    to: 1.4,
    runs: ["0.20 settling", "0.22 pending queued", "1.25 failed argocd.sync-failed"],
  },
  {
    title: "a field of the wrong type",
    recording: "invalid-manifests",
    app: "checkout-staging",
    mode: "track",
    shas: ["3e68f4f"],
    postedAt: 1.46,
    from: 1.46,
    to: 2.6,
    runs: ["1.47 pending queued", "2.49 failed argocd.sync-failed"],
  },
  {
    title: "a file that is no YAML and is not read",
    recording: "invalid-manifests",
    app: "checkout-staging",
    mode: "track",
    shas: ["c526b69"],
    postedAt: 3.79,
    from: 3.79,
    recheckAt: [8],
    runs: ["3.80 pending queued", "4.83 settling", "4.87 healthy-candidate", "8.00 proven by other-operation"],
  },
  {
    title: "two sources, both at the branch",
    recording: "multi-source",
    app: "multi",
    mode: "track",
    shas: ["35ea9d3", "35ea9d3"],
    postedAt: 6.35,
    from: 6.35,
    recheckAt: [10],
    runs: [
      "6.36 pending queued",
      "6.38 running Running",
      "7.39 settling",
      "7.44 healthy-candidate",
      "10.00 proven by other-operation",
    ],
  },
  {
    title: "two sources, the first pinned by position",
    recording: "multi-source",
    app: "multi",
    mode: "pin",
    shas: ["a699eff"],
    postedAt: 5.26,
    from: 5.26,
    to: 6.3,
    refreshAt: [6.1],
    runs: ["5.27 pending queued", "6.29 settling"],
  },
  {
    title: "an application deleted and made again",
    recording: "deleted-and-recreated",
    app: "multi",
    mode: "track",
    shas: ["35ea9d3", "35ea9d3"],
    postedAt: 0.5,
    runs: ["0.01 settling", "2.66 failed argocd.recreated"],
  },
  {
    title: "an application deleted after its sync",
    recording: "deleted-and-recreated",
    app: "multi",
    mode: "track",
    shas: ["35ea9d3", "35ea9d3"],
    postedAt: 6.69,
    from: 6.69,
    runs: ["6.70 pending queued", "6.72 running Running", "6.96 settling", "7.80 failed argocd.deleting"],
  },
  {
    title: "a rollback held back by a window, over two streams and a minute",
    recording: "deleted-and-recreated",
    app: "checkout-prod",
    mode: "pin",
    shas: ["a699eff"],
    postedAt: 0.72,
    runs: ["0.71 running Running", "12.50 settling"],
  },
  {
    title: "a rollback held back by a sync window",
    recording: "sync-windows",
    app: "checkout-prod",
    mode: "pin",
    shas: ["a699eff"],
    postedAt: 1.68,
    from: 1.68,
    to: 38,
    runs: ["1.69 pending queued", "2.71 running Running", "36.71 settling"],
  },
  {
    title: "an automated sync held back by a window and released",
    recording: "sync-windows",
    app: "payments-prod",
    mode: "track",
    shas: ["35ea9d3"],
    postedAt: 87.4,
    from: 87,
    recheckAt: [99],
    runs: [
      "87.47 pending out-of-sync",
      "92.20 pending queued",
      "96.25 healthy-candidate",
      "99.00 proven by other-operation",
    ],
  },
  {
    title: "a push to an automated application",
    recording: "auto-sync",
    app: "payments-prod",
    mode: "track",
    shas: ["26a5eba"],
    postedAt: 4.1,
    from: 4,
    to: 10.3,
    recheckAt: [13],
    runs: [
      "4.02 settling",
      "4.18 pending queued",
      "4.19 running Running",
      "4.46 settling",
      "10.26 healthy-candidate",
      "13.00 proven by other-operation",
    ],
  },
  {
    title: "a push that does not touch the application: no operation ever comes",
    recording: "auto-sync",
    app: "payments-prod",
    mode: "track",
    shas: ["a8a50ef"],
    postedAt: 10.28,
    from: 10.2,
    to: 13,
    refreshAt: [10.47],
    recheckAt: [13],
    runs: ["10.22 settling", "10.48 healthy-candidate", "13.00 proven by no-operation"],
  },
  {
    title: "a target revision set by hand",
    recording: "auto-sync",
    app: "payments-prod",
    mode: "track",
    shas: ["a699eff"],
    postedAt: 13.5,
    from: 13.5,
    to: 18.62,
    recheckAt: [21],
    runs: [
      "13.56 settling",
      "13.58 pending queued",
      "13.61 running Running",
      "13.88 settling",
      "18.61 healthy-candidate",
      "21.00 proven by other-operation",
    ],
  },
  {
    title: "the branch has moved on past the expected commit, which is in its history",
    recording: "auto-sync",
    app: "payments-prod",
    mode: "track",
    shas: ["26a5eba"],
    postedAt: 4.1,
    from: 10.3,
    to: 13,
    descends: true,
    recheckAt: [13],
    runs: ["10.33 healthy-candidate", "13.00 proven by other-operation"],
  },
  {
    title: "a canary: suspended is neither success nor failure",
    recording: "rollout-actions",
    app: "canary",
    mode: "track",
    shas: ["374b0e9"],
    postedAt: 6.01,
    from: 6.01,
    to: 12.2,
    refreshAt: [6.6],
    recheckAt: [15],
    runs: [
      "6.04 pending queued",
      "6.06 running Running",
      "6.59 settling",
      "6.63 progressing Progressing 0/1",
      "6.83 suspended",
      "7.24 progressing Progressing 0/1",
      "7.33 suspended",
      "11.64 progressing Progressing 0/1",
      "11.82 progressing Progressing 1/1",
      "11.86 healthy-candidate",
      "15.00 proven by other-operation",
    ],
  },
  {
    title: "a canary aborted within the grace, retried and promoted",
    recording: "rollout-actions",
    app: "canary",
    mode: "track",
    shas: ["e5ba744"],
    postedAt: 12.25,
    from: 12.25,
    to: 19,
    refreshAt: [12.79],
    recheckAt: [25],
    runs: [
      "12.28 pending queued",
      "12.30 running Running",
      "12.78 settling",
      "12.82 progressing Progressing 0/1",
      "13.03 suspended",
      "13.45 degraded",
      "15.54 progressing Progressing 0/1",
      "15.62 suspended",
      "17.55 progressing Progressing 0/1",
      "17.82 healthy-candidate",
      "25.00 proven by other-operation",
    ],
  },
  {
    title: "a commit that does not exist",
    recording: "sync-refusals",
    app: "checkout-prod",
    mode: "track",
    shas: ["1111111"],
    postedAt: 0.04,
    from: 1.1,
    to: 2.2,
    runs: ["1.12 settling", "1.15 pending queued", "2.17 settling"],
  },
  {
    title: "an automated application whose first sync waits for a person",
    recording: "sync-refusals",
    app: "payments-prod",
    mode: "track",
    shas: ["a699eff"],
    postedAt: 5.48,
    from: 5.4,
    to: 26.77,
    refreshAt: [26],
    recheckAt: [30],
    runs: ["5.47 settling", "25.73 pending queued", "25.74 running Running", "26.75 settling"],
  },
  {
    title: "frames reduced by a field filter",
    recording: "watch-event-stream",
    app: "checkout-prod",
    mode: "track",
    shas: ["e5ba744"],
    postedAt: 17.08,
    from: 17.05,
    refreshAt: [17.4],
    recheckAt: [25],
    runs: [
      "17.06 settling",
      "17.09 pending queued",
      "17.39 settling",
      "17.41 healthy-candidate",
      "25.00 proven by no-operation",
    ],
  },
  {
    title: "never synced, and expected to be live",
    recording: "reads-and-errors",
    app: "checkout-prod",
    mode: "proven",
    shas: ["a699eff"],
    postedAt: 0.08,
    to: 0.08,
    refreshAt: [0.01],
    runs: ["0.07 settling"],
  },
  {
    title: "the first roll-out of a generated application",
    recording: "applicationset-rolling-sync",
    app: "voice-dev-0",
    mode: "track",
    shas: ["99c9996"],
    postedAt: 1.9,
    to: 8.9,
    refreshAt: [8.75],
    recheckAt: [12],
    runs: [
      "1.77 settling",
      "2.16 pending queued",
      "2.17 running Running",
      "2.27 running /Namespace/voice-dev-0",
      "2.38 settling",
      "2.41 pending queued",
      "2.46 running Running",
      "2.76 settling",
      "8.78 healthy-candidate",
      "12.00 proven by no-operation",
    ],
  },
  {
    title: "a commit that a roll-out in steps brings, synced twice in a row",
    recording: "applicationset-rolling-sync",
    app: "voice-dev-0",
    mode: "track",
    shas: ["0787f39"],
    postedAt: 8.8,
    from: 8.9,
    to: 19,
    runs: [
      "8.93 pending out-of-sync",
      "9.07 pending queued",
      "9.13 running Running",
      "9.62 settling",
      "9.82 pending queued",
      "9.88 running Running",
      "10.23 settling",
    ],
  },
  {
    title: "a bad commit at the first step of a roll-out",
    recording: "applicationset-rolling-sync",
    app: "voice-dev-0",
    mode: "track",
    shas: ["d9017bc"],
    postedAt: 19.4,
    from: 19.4,
    to: 35,
    refreshAt: [20.84],
    recheckAt: [90],
    runs: [
      "19.50 pending out-of-sync",
      "19.62 pending queued",
      "19.66 running Running",
      "20.10 settling",
      "20.15 pending queued",
      "20.26 running Running",
      "20.56 settling",
      "20.60 pending queued",
      "20.63 running Running",
      "20.84 settling",
      "26.24 degraded",
      "90.00 failed argocd.degraded",
    ],
  },
  {
    title: "an application of a later step, which that bad commit never reaches",
    recording: "applicationset-rolling-sync",
    app: "voice-prod-1",
    mode: "track",
    shas: ["d9017bc"],
    postedAt: 19.6,
    from: 19.6,
    to: 35,
    recheckAt: [40, 60],
    runs: ["19.69 pending out-of-sync"],
  },
];

describe("assess, on recordings of a real Argo CD", () => {
  it.each(stories)("judges frame by frame: $title", (story) => {
    expect(runsOf(replay(story))).toEqual(story.runs);
  });

  it("has a story of every recording", () => {
    const folder = new URL("../../fixtures/argocd/", import.meta.url);
    const recordings = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
    const told = new Set(stories.map(({ recording }) => `${recording}.jsonl`));
    expect(recordings.filter((name) => !told.has(name))).toEqual([]);
  });

  it.each([
    {
      recording: "degraded-after-sync",
      title: "the health of before shows",
      sha: "57ff2b5c322fe542f56949d501463cce73e9b6d4",
    },
    { recording: "hook-success-waves", title: "three waves", sha: "ad14cac903b4984320a85211c12df83a06876f6e" },
  ])("is not taken in where trusting the first Healthy is: $recording", ({ recording, title, sha }) => {
    const story = stories.find((candidate) => candidate.recording === recording && candidate.title.startsWith(title));
    if (story === undefined) throw new Error("no such story");
    const fooledAt = seenIn(recording, story.app).find(
      ({ t, application }) => t > story.postedAt && looksDone(application, sha),
    )?.t;
    const judged = replay(story);
    const provenAt = judged.find(({ verdict }) => verdict.kind === "proven")?.t ?? Infinity;
    expect(fooledAt).toBeDefined();
    expect(provenAt).toBeGreaterThan((fooledAt ?? Infinity) + 0.05);
    // At that very moment the operation was still at work, or the cluster had not begun to break.
    expect(judged.find(({ t }) => t === fooledAt)?.verdict.kind).toMatch(/^(?:running|settling)$/u);
  });

  it("finds the broken revision Degraded that the first Healthy would have let through", () => {
    const story = stories.find(({ title }) => title.startsWith("the health of before shows"));
    const last = story === undefined ? undefined : replay(story).at(-1)?.verdict;
    expect(last).toMatchObject({
      kind: "failed",
      code: "argocd.degraded",
      resources: [{ kind: "Deployment", name: "checkout", status: "Degraded" }],
    });
  });

  it("tells of a pin which revision the branch is at, and that nothing changed the second time", () => {
    const [first, second] = stories
      .filter(({ recording }) => recording === "pin-older-revision")
      .map((story) => replay(story).at(-1)?.verdict);
    expect(first).toMatchObject({
      kind: "proven",
      evidence: { sync: "OutOfSync", branchRevision: expect.stringMatching(/^57ff2b5/u), changedNothing: false },
    });
    expect(second).toMatchObject({ kind: "proven", evidence: { changedNothing: true } });
  });

  it("names what was left unpruned", () => {
    const story = stories.find(({ title }) => title.startsWith("OutOfSync only because"));
    const last = story === undefined ? undefined : replay(story).at(-1)?.verdict;
    expect(last).toMatchObject({ evidence: { pruneSkipped: [{ kind: "ConfigMap", name: "extra" }] } });
  });

  it.each([
    ["a PreSync hook that fails by its deadline", "Job/web-migrate: Job was active longer than specified deadline"],
    ["a kind that the cluster does not know", "Widget/w: The Kubernetes API could not find nope.dev/Widget"],
    ["a field of the wrong type", 'Deployment/w: Deployment in version "v1" cannot be handled'],
  ])("says why an operation failed: %s", (title, reason) => {
    const story = stories.find((candidate) => candidate.title === title);
    const last = story === undefined ? undefined : replay(story).at(-1)?.verdict;
    expect(last).toMatchObject({ kind: "failed", message: expect.stringContaining(reason) });
  });
});

// What a hasty client checks: synced or succeeded at our revision, and Healthy.
function looksDone({ status }: Application, sha: string): boolean {
  const synced = status.sync.status === "Synced" && revisionList(status.sync).includes(sha);
  const succeeded =
    status.operationState?.phase === "Succeeded" && syncedRevisions(status.operationState).includes(sha);
  return (synced || succeeded) && status.health.status === "Healthy";
}
