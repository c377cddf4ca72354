import { describe, expect, it } from "vitest";

import { nextWork } from "../../../src/domain/next-work.ts";
import type { Plan, PlanNode } from "../../../src/domain/plan.ts";
import { readPayload, SignalAsk } from "../../../src/domain/signal-ask.ts";
import { signalPlace } from "../../../src/domain/signal.ts";
import type { RunEvent } from "../../../src/domain/run-event.ts";
import { runView } from "../../../src/domain/run-view.ts";
import { nextWakeAt } from "../../../src/domain/wake.ts";
import type { Json } from "../../../src/platform/canonical-json.ts";
import { promotePlan, RunSpec, START, step, types } from "../../support/run-spec.ts";

const NAME = "tests-done";
const PAYLOAD = { build: { type: "number" }, note: { type: "text", optional: true } };

function waitFor(key: string, name = NAME, more: Record<string, Json> = { payload: PAYLOAD }): PlanNode {
  return step(key, "signal", { sort: "wait", awaits: "signal", with: { name, ...more }, timeoutMs: 3_600_000 });
}

function planOf(steps: PlanNode[], more: Partial<Plan> = {}): Plan {
  return promotePlan({ steps, onFailure: [], ...more });
}

function specOf(steps: PlanNode[], more: Partial<Plan> = {}): RunSpec {
  return new RunSpec([{ name: "staging" }], planOf(steps, more));
}

function send(spec: RunSpec, payload: Record<string, Json> = { build: 42 }, name = NAME): readonly RunEvent[] {
  return spec.when({ type: "signal", actor: "p_marco", name, payload });
}

function refusalOf(events: readonly RunEvent[]): unknown {
  expect(types(events)).toEqual(["run.refused"]);
  const [event] = events;
  return event?.type === "run.refused" ? { code: event.code, message: event.message } : undefined;
}

describe("a step that waits for a signal", () => {
  it("goes on with who sent it, when, and what came with it", () => {
    const spec = specOf([waitFor("tests"), step("after", "slack/message")]);
    expect(nextWork(spec.state)).toEqual([]);
    spec.at = START + 60_000;
    expect(types(send(spec, { build: "42", note: "all green" }))).toEqual([
      "signal.received",
      "step.succeeded",
      "step.started",
    ]);
    expect(spec.step("tests")).toMatchObject({
      status: "succeeded",
      output: { by: "p_marco", at: START + 60_000, payload: { build: 42, note: "all green" } },
    });
    expect(spec.state.signals?.size).toBe(0);
  });

  it("takes what came before it was reached, with the time at which it came", () => {
    const spec = specOf([step("first", "program/run"), waitFor("tests")]);
    spec.at = START + 5000;
    expect(types(send(spec))).toEqual(["signal.received"]);
    spec.at = START + 90_000;
    expect(types(spec.succeed("first"))).toEqual(["step.succeeded", "step.started", "step.succeeded", "run.finished"]);
    expect(spec.step("tests").output).toEqual({ by: "p_marco", at: START + 5000, payload: { build: 42 } });
  });

  it("is not watched, and has the deadline of its step", () => {
    const spec = specOf([waitFor("tests")]);
    expect(nextWakeAt(spec.state)).toBe(START + 3_600_000);
    spec.at = START + 3_600_000;
    spec.when({ type: "wake" });
    expect(spec.step("tests").failure).toMatchObject({
      code: "step.timeout",
      message: 'Did not end within 1 h. Nobody has sent the signal "tests-done".',
    });
  });

  it("is shown with what has to be sent to which run", () => {
    const spec = specOf([waitFor("tests")]);
    const view = runView({ state: spec.state, progress: new Map(), queue: [] });
    expect(view.otherSteps).toMatchObject([
      { name: "tests", awaited: { run: view.shortId, signal: { name: NAME, payload: PAYLOAD } } },
    ]);
    send(spec);
    const later = runView({ state: spec.state, progress: new Map(), queue: [] });
    expect(later.otherSteps[0]?.awaited).toBeUndefined();
  });

  it("fails where nobody can tell what it waits for", () => {
    const spec = specOf([waitFor("tests", "Not A Name")]);
    expect(spec.step("tests").failure).toMatchObject({ code: "signal.bad-input", retry: "never" });
  });

  it("waits anew after a retry", () => {
    const spec = specOf([waitFor("tests")]);
    spec.at = START + 3_600_000;
    spec.when({ type: "wake" });
    spec.when({ type: "retry", actor: "p_ana" });
    expect(spec.step("tests")).toMatchObject({ status: "running", attempt: 2 });
    send(spec);
    expect(spec.state.status).toBe("succeeded");
  });

  it("is given up where something beside it has failed", () => {
    const spec = specOf([{ type: "parallel", key: "both", branches: [waitFor("tests"), step("scan", "trivy/image")] }]);
    spec.fail("scan", { code: "trivy.found" });
    expect(spec.step("tests")).toMatchObject({
      status: "cancelled",
      note: "Something beside it has failed, so nothing is waited for any more.",
    });
    expect(spec.state.status).toBe("failed");
  });
});

describe("a signal", () => {
  it("goes to the step that was reached first, of several that wait for it", () => {
    const spec = specOf([
      { type: "parallel", key: "both", branches: [waitFor("one"), waitFor("two")] },
      waitFor("three"),
    ]);
    send(spec, { build: 1 });
    send(spec, { build: 2 });
    send(spec, { build: 3 });
    expect(["one", "two", "three"].map((key) => spec.step(key).output?.["payload"])).toEqual([
      { build: 1 },
      { build: 2 },
      { build: 3 },
    ]);
    expect(spec.state.status).toBe("succeeded");
  });

  it("is kept once, and refused when it comes a second time", () => {
    const spec = specOf([step("first", "program/run"), waitFor("tests")]);
    send(spec);
    expect(refusalOf(send(spec, { build: 43 }))).toMatchObject({ code: "signal.duplicate" });
    spec.succeed("first");
    expect(spec.step("tests").output?.["payload"]).toEqual({ build: 42 });
  });

  it("is refused when every step that takes it has ended", () => {
    const spec = specOf([waitFor("tests"), step("after", "program/run")]);
    send(spec);
    expect(refusalOf(send(spec))).toMatchObject({ code: "signal.late" });
  });

  it("is refused with what is wrong about what comes with it, and the step goes on waiting", () => {
    const spec = specOf([waitFor("tests")]);
    expect(refusalOf(send(spec, { build: "many", not: "x" }))).toEqual({
      code: "signal.payload",
      message:
        'The signal "tests-done" was not taken: there is no not; did you mean note?; build is a number, and not "many".',
    });
    expect(spec.step("tests").status).toBe("running");
    expect(types(send(spec))[0]).toBe("signal.received");
  });

  it("is refused where the run has no such step, and says which there are", () => {
    const spec = specOf([waitFor("tests"), waitFor("signed", "signed-off")]);
    expect(refusalOf(send(spec, {}, "test-done"))).toEqual({
      code: "signal.unknown",
      message: 'This run waits for no signal "test-done". Did you mean "tests-done"?',
    });
    expect(refusalOf(send(spec, {}, "lunch"))).toMatchObject({
      message: 'This run waits for no signal "lunch". It waits for: tests-done, signed-off.',
    });
    const other = specOf([step("first", "program/run")]);
    expect(refusalOf(send(other))).toMatchObject({ code: "signal.unknown" });
  });

  it.each(["cancelling", "cancelled", "succeeded", "failed"] as const)("is refused by a run that is %s", (status) => {
    const spec = specOf([step("first", "program/run"), waitFor("tests")]);
    if (status === "cancelling" || status === "cancelled") spec.when({ type: "cancel", actor: "p_ana", reason: "" });
    if (status === "cancelled") spec.fail("first", { code: "cancelled" });
    if (status === "failed") spec.fail("first", { code: "program.failed" });
    if (status === "succeeded") {
      spec.succeed("first");
      send(spec);
    }
    expect(spec.state.status).toBe(status);
    expect(refusalOf(send(spec))).toMatchObject({ code: "signal.ended" });
  });

  it("is not kept for steps that the run does not get to any more", () => {
    const alert = waitFor("seen", "seen", {});
    const spec = specOf([step("first", "program/run"), waitFor("tests")], { onFailure: [alert] });
    expect(signalPlace(spec.state, "seen")).toMatchObject({ kind: "open" });
    spec.fail("first", { code: "program.failed" });
    expect(spec.state.status).toBe("failing");
    expect(refusalOf(send(spec))).toMatchObject({ code: "signal.late" });
    send(spec, {}, "seen");
    expect(spec.state.status).toBe("failed");
  });

  it("finds the steps in loops, locks, commands and at the end", () => {
    const loop: PlanNode = {
      type: "for-each",
      key: "all",
      items: "['a', 'b']",
      as: "item",
      steps: [
        { type: "lock", key: "lock", keys: "${{ item }}", whenLocked: "queue", steps: [waitFor("inner", "inner", {})] },
      ],
    };
    const command: PlanNode = {
      type: "command",
      key: "sub",
      command: "sub",
      inputs: {},
      outputs: {},
      steps: [{ type: "group", key: "group", steps: [waitFor("deep", "deep", {})] }],
    };
    const spec = specOf([step("first", "program/run"), loop, command], { finally: [waitFor("last", "last", {})] });
    for (const name of ["inner", "deep", "last"]) expect(signalPlace(spec.state, name)).toMatchObject({ kind: "open" });
    spec.succeed("first");
    send(spec, {}, "inner");
    // For the second round of the loop.
    expect(signalPlace(spec.state, "inner")).toMatchObject({ kind: "open" });
    send(spec, {}, "inner");
    expect(refusalOf(send(spec, {}, "inner"))).toMatchObject({ code: "signal.late" });
    send(spec, {}, "deep");
    expect(spec.state.status).toBe("concluding");
    send(spec, {}, "last");
    expect(spec.state.status).toBe("succeeded");
  });
});

describe("what comes with a signal", () => {
  const ask = SignalAsk.parse({
    name: NAME,
    payload: {
      build: { type: "number" },
      passed: { type: "boolean" },
      stage: { type: "choice", values: ["green", "red"] },
      note: { type: "text", max: 5, optional: true },
    },
  });

  it("is read as it is typed, and as machines send it", () => {
    const payload = { build: 4.5, passed: true, stage: "red", note: "fine" };
    expect(readPayload(ask, payload)).toEqual({ kind: "read", payload });
    const typed = { build: "4.5", passed: "true", stage: "red", note: "fine" };
    expect(readPayload(ask, typed)).toEqual({ kind: "read", payload });
    expect(readPayload(ask, { build: 1, passed: "false", stage: "green", note: null })).toEqual({
      kind: "read",
      payload: { build: 1, passed: false, stage: "green" },
    });
  });

  it("says of everything that is wrong what it has to be", () => {
    expect(readPayload(ask, { build: [], passed: "maybe", stage: "blue", note: "too long", x: 1 })).toEqual({
      kind: "wrong",
      problems: [
        "there is no x; there is: build, passed, stage, note",
        "build is a number, and not a list",
        'passed is true or false, and not "maybe"',
        'stage is one of green, red, and not "blue"',
        'note is a text of at most 5 characters, and not "too long"',
      ],
    });
    expect(readPayload(ask, { build: {}, passed: 1, note: 1 })).toEqual({
      kind: "wrong",
      problems: [
        "build is a number, and not an object",
        "passed is true or false, and not 1",
        "stage is missing: one of green, red",
        "note is a text of at most 5 characters, and not 1",
      ],
    });
    expect(readPayload({ name: NAME }, { toString: 1 })).toEqual({
      kind: "wrong",
      problems: ["nothing comes with it, and so no toString"],
    });
  });
});
