import { expect, test } from "vitest";

import { readFact } from "../../../sim/check/fact.ts";
import { checkRetry } from "../../../sim/check/retry-check.ts";
import { RunBook } from "../../../sim/check/run-book.ts";

const step = (key: string): object => ({ type: "step", key, uses: "delay" });
// Two branches, one of two steps, then a step, and one at the end in any case.
const PLAN = {
  command: "chain",
  steps: [
    {
      type: "parallel",
      key: "both",
      branches: [{ type: "group", key: "group", steps: [step("one"), step("two")] }, step("beside")],
    },
    step("after"),
  ],
  onFailure: [step("alert")],
  finally: [step("last")],
};

type Ends = Readonly<Record<string, "succeeded" | "failed" | "cancelled">>;

/** What is found of a retry of a run whose steps, by their paths below the command's, had ended so. */
function foundOf(
  ends: Ends,
  retry: { readonly from: string; readonly forgotten: readonly string[] },
): readonly string[] {
  let sequence = 0;
  const fact = (type: string, members: object): ReturnType<typeof readFact> => {
    sequence += 1;
    const text = { actor: "", commitment: "", hash: "", salt: "" };
    const payload = JSON.stringify(members);
    return readFact({ sequence, stream: "run_1", version: sequence, type, at: 0, payload, ...text }, sequence);
  };
  const run = new RunBook(fact("run.started", { plan: PLAN }));
  for (const [path, end] of Object.entries(ends)) {
    const stops = path.endsWith("/stop") ? { stops: `chain/${path.slice(0, -"/stop".length)}` } : {};
    run.apply(fact("step.started", { path: `chain/${path}`, attempt: 1, ...stops }));
    run.apply(fact(`step.${end}`, { path: `chain/${path}`, attempt: 1 }));
  }
  run.apply(fact("run.finished", { status: "failed" }));
  const found: string[] = [];
  const own = (path: string): string => `chain/${path}`;
  const retried = { from: own(retry.from), forgotten: retry.forgotten.map(own) };
  checkRetry(run, fact("run.retried", retried), ({ check, what }) => found.push(`${check}: ${what}`));
  return found;
}

const ENDED: Ends = {
  "both/one": "succeeded",
  "both/beside": "failed",
  "both/two": "cancelled",
  "on-failure/alert": "succeeded",
  "finally/last": "succeeded",
};
const FORGOTTEN = ["both/two", "both/beside", "on-failure/alert", "finally/last"];

test("a run that goes on from everything at which it stopped is in order, whichever was reached first", () => {
  expect(foundOf(ENDED, { from: "both/beside", forgotten: FORGOTTEN })).toEqual([]);
});

test("what had not gone well in another branch than the one that is named may not be kept", () => {
  const forgotten = FORGOTTEN.filter((path) => path !== "both/two");
  expect(foundOf(ENDED, { from: "both/beside", forgotten })).toEqual([
    "retry: The run goes on from chain/both/beside, and keeps that chain/both/two was cancelled.",
  ]);
});

test("what had gone well before the place from which a run goes on may not be forgotten", () => {
  expect(foundOf(ENDED, { from: "both/beside", forgotten: ["both/one", ...FORGOTTEN] })).toEqual([
    "nothing runs again: The retry from beside forgot chain/both/one, which does not come after it.",
  ]);
});

test("what had gone well beside the place from which a run goes on may not be forgotten", () => {
  const ends: Ends = { "both/one": "succeeded", "both/beside": "succeeded", "both/two": "failed" };
  expect(foundOf(ends, { from: "both/two", forgotten: ["both/two", "both/beside"] })).toEqual([
    "nothing runs again: The retry from two forgot chain/both/beside, which does not come after it.",
  ]);
});

test("what had gone well and was then ended is done over from wherever the run goes on", () => {
  const ends: Ends = { "both/one": "succeeded", "both/two": "cancelled", "both/one/stop": "succeeded" };
  const forgotten = ["both/two", "both/one/stop"];
  expect(foundOf(ends, { from: "both/two", forgotten: [...forgotten, "both/one"] })).toEqual([]);
  expect(foundOf(ends, { from: "both/two", forgotten })).toEqual([
    "retry: The run goes on from chain/both/two, and keeps that chain/both/one was ended in Argo CD.",
  ]);
});

test("what rests on a step that is named is done over with it", () => {
  const ends: Ends = { "both/one": "succeeded", "both/beside": "succeeded", "both/two": "succeeded", after: "failed" };
  expect(foundOf(ends, { from: "both/one", forgotten: ["both/one", "after"] })).toEqual([
    "retry: The run goes on from chain/both/one, and keeps chain/both/two, which comes after it.",
  ]);
});
