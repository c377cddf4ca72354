import { describe, expect, it } from "vitest";

import { type KnownOperations, newOperations } from "../../../src/observe/foreign-operations.ts";
import {
  anApplication,
  aState,
  anOperation,
  at,
  atMs,
  ours,
  SHA_A,
  SHA_B,
  SHA_C,
} from "../argocd/application-builder.ts";

function entry(id: number, revision: string, second: number, initiatedBy: Readonly<Record<string, unknown>>) {
  return { id, revision, deployStartedAt: at(second), deployedAt: at(second + 5), initiatedBy };
}

const nothing: KnownOperations = { has: () => false, history: -1 };
const ACCOUNT = "quarterdeck";
const OURS = { account: ACCOUNT, hasRun: (run: string) => run === "run_1" };

describe("operations that ran while nobody watched", () => {
  const history = [
    entry(3, SHA_A, -300, { username: "bob" }),
    entry(4, SHA_B, -200, { username: ACCOUNT }),
    entry(5, SHA_C, -100, { automated: true }),
  ];

  it("are found in the history after what is known, oldest first; ours are told by our account", () => {
    const found = newOperations(anApplication({ status: { history } }), { ...nothing, history: 2 }, OURS);
    expect(found.map(({ who, isOwn, revisions, history: id }) => ({ who, isOwn, revisions, id }))).toEqual([
      { who: "bob", isOwn: false, revisions: [SHA_A], id: 3 },
      { who: ACCOUNT, isOwn: true, revisions: [SHA_B], id: 4 },
      { who: "auto-sync", isOwn: false, revisions: [SHA_C], id: 5 },
    ]);
    expect(found[0]).toMatchObject({ phase: "Succeeded", startedAt: atMs(-300), endedAt: atMs(-295) });
  });

  it("are not found twice", () => {
    const found = newOperations(anApplication({ status: { history } }), { ...nothing, history: 5 }, OURS);
    expect(found).toEqual([]);
  });

  it("are left for later while our own account is not known, but for those of auto-sync", () => {
    const found = newOperations(anApplication({ status: { history } }), nothing, { ...OURS, account: undefined });
    expect(found.map(({ who }) => who)).toEqual(["auto-sync"]);
  });

  it("are those of the history and the one that is shown, which may be the same", () => {
    const operationState = aState(SHA_C, "bob", "Succeeded", { startedAt: at(-100), finishedAt: at(-95) });
    const same = [...history.slice(0, 2), entry(5, SHA_C, -100, { username: "bob" })];
    const found = newOperations(anApplication({ status: { history: same, operationState } }), nothing, OURS);
    expect(found.map(({ startedAt, history: id }) => ({ startedAt, id }))).toEqual([
      { startedAt: atMs(-300), id: 3 },
      { startedAt: atMs(-200), id: 4 },
      { startedAt: atMs(-100), id: 5 },
    ]);
  });
});

describe("the operation that is shown", () => {
  const shown = (operationState: Readonly<Record<string, unknown>>) =>
    newOperations(anApplication({ status: { operationState } }), nothing, OURS);

  it("is found when it has ended, with the reason when it failed", () => {
    expect(shown(aState(SHA_B, "bob", "Running"))).toEqual([]);
    expect(shown(aState(SHA_B, "bob", "Failed", { message: "one or more objects failed" }))).toMatchObject([
      { who: "bob", phase: "Failed", message: "one or more objects failed", isOwn: false },
    ]);
  });

  it("is ours when it carries a run, also while it runs: its history entry comes before its end", () => {
    expect(shown(aState(SHA_B, { run: "run_1" }, "Running"))).toMatchObject([{ isOwn: true }]);
  });

  it("is somebody else's when the run that it carries is none of ours: whoever may sync can write a mark", () => {
    const forged = aState(SHA_B, { ...ours, run: "run_2" }, "Succeeded");
    expect(shown(forged)).toMatchObject([{ isOwn: false, who: ACCOUNT, revisions: [SHA_B] }]);
    expect(shown(aState(SHA_B, { ...ours, run: "run_2" }, "Running"))).toEqual([]);
    const history = [entry(7, SHA_B, 10, { username: ACCOUNT })];
    const both = anApplication({ status: { history, operationState: forged } });
    expect(newOperations(both, nothing, OURS)).toMatchObject([{ isOwn: false, history: 7 }]);
  });

  it("of ours is not taken for somebody else's by its entry in the history", () => {
    const history = [entry(7, SHA_B, 10, { username: "renamed-account" })];
    const operationState = aState(SHA_B, { run: "run_1" }, "Running");
    const found = newOperations(anApplication({ status: { history, operationState } }), nothing, OURS);
    expect(found.map(({ isOwn }) => isOwn)).toEqual([true]);
  });

  it("is not told when it was a dry run", () => {
    const operation = { ...anOperation(SHA_B, "bob"), sync: { revision: SHA_B, dryRun: true } };
    expect(shown(aState(SHA_B, "bob", "Succeeded", { operation }))).toEqual([]);
  });
});
