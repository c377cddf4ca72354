import { expect, test } from "vitest";

import { readFact } from "../../../sim/check/fact.ts";
import { RunBook } from "../../../sim/check/run-book.ts";
import { checkStopping } from "../../../sim/check/stop-check.ts";

const PLAN = { command: "sync", steps: [{ type: "step", key: "sync", uses: "argocd/sync" }], onFailure: [] };
const PATH = "sync/sync";

/** What is found of a row about a step that is executed, so long after its run was cancelled. */
function foundOf(
  type: string,
  members: object,
  { afterMs = 100, isCalm = true, sort = "action" } = {},
): readonly string[] {
  let sequence = 0;
  const fact = (name: string, payload: object, seenAt: number): ReturnType<typeof readFact> => {
    sequence += 1;
    const text = { actor: "", commitment: "", hash: "", salt: "", payload: JSON.stringify(payload) };
    return readFact({ sequence, stream: "run_1", version: sequence, type: name, at: seenAt, ...text }, seenAt);
  };
  const run = new RunBook(fact("run.started", { plan: PLAN }, 0));
  run.apply(fact("step.started", { path: PATH, attempt: 1, sort }, 1));
  run.apply(fact("run.cancel-requested", { reason: "" }, 2));
  const step = run.steps.get(PATH);
  const found: string[] = [];
  const deps = { wasCalm: () => isCalm, report: ({ what }: { readonly what: string }) => void found.push(what) };
  const row = fact(type, { path: PATH, attempt: 1, ...members }, 2 + afterMs);
  if (step !== undefined) checkStopping(deps, { run, step, fact: row });
  return found;
}

test.each([
  ["step.postponed", { until: 9000 }, `${PATH} was put off although the run was being cancelled.`],
  ["step.failed", { failure: { code: "x" }, retryAt: 9000 }, `${PATH} is to be tried again although`],
  ["step.failed", { failure: { code: "cancelled" } }, `${PATH} is said to have failed, although it only did as`],
])("%s with %j is not what becomes of a step that was told to stop", (type, members, says) => {
  expect(foundOf(type, members).join("\n")).toContain(says);
});

test.each([
  ["step.cancelled", {}],
  ["step.succeeded", { output: {} }],
  ["step.failed", { failure: { code: "argocd.forbidden" } }],
])("%s with %j may come of a step that was told to stop", (type, members) => {
  expect(foundOf(type, members)).toEqual([]);
});

test("a step that was told to stop is cut off after a minute, where nothing else went wrong", () => {
  const late = { afterMs: 76_000 };

  expect(foundOf("step.cancelled", {}, late)).toEqual([
    `${PATH} was waited for, for 76000 ms after it had been told to stop.`,
  ]);
  expect(foundOf("step.cancelled", {}, { ...late, isCalm: false })).toEqual([]);
  expect(foundOf("step.cancelled", {}, { ...late, sort: "wait" })).toEqual([]);
});
