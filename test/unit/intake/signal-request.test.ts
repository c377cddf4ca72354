import { describe, expect, it, onTestFinished } from "vitest";

import type { PlanNode, StepNode } from "../../../src/domain/plan.ts";
import type { Answer } from "../../../src/engine/answer.ts";
import { readPairs } from "../../../src/intake/signal-payload.ts";
import { sendSignal } from "../../../src/intake/signal-request.ts";
import type { Json } from "../../../src/platform/canonical-json.ts";
import { rightExcept } from "../../support/configured.ts";
import { IntakeRig } from "../../support/intake-rig.ts";
import { promotePlan, startedEvent } from "../../support/run-spec.ts";

const SENDERS = rightExcept("verbs: [promote]", "verbs: [promote, signal, tell]");

function waitFor(more: Record<string, Json> = {}): StepNode {
  const input = { name: "tests-done", payload: { passed: { type: "boolean" } }, ...more };
  return {
    type: "step",
    key: "tests",
    uses: "signal",
    sort: "wait",
    protects: false,
    awaits: "signal",
    with: input,
  };
}

async function opened(
  steps: readonly PlanNode[],
  configuration = SENDERS,
): Promise<{ readonly rig: IntakeRig; readonly run: string }> {
  const rig = await IntakeRig.open([], configuration);
  onTestFinished(() => rig[Symbol.asyncDispose]());
  const {
    type: _type,
    at: _at,
    ...started
  } = startedEvent([{ name: "staging" }], promotePlan({ steps: [...steps], onFailure: [] }));
  const run = rig.runs.newRunId();
  const actor = rig.store.people.pseudonymOf("T1", "U1");
  await rig.runs.start({ ...started, run, actor });
  return { rig, run };
}

function notice(answer: Answer): { readonly code: string; readonly message: string } {
  if (answer.kind !== "notice") throw new Error(JSON.stringify(answer));
  return { code: answer.code, message: answer.message };
}

async function told(rig: IntakeRig, user: string, line: string): Promise<{ code: string; message: string }> {
  await rig.type(user, line);
  return notice(await rig.told(user));
}

describe("a signal that somebody sends", () => {
  it("lets the step go on, and says so", async () => {
    const { rig, run } = await opened([waitFor()]);
    const line = `/qd signal ${run.slice(-6)} tests-done passed=true`;
    expect(await told(rig, "U2", line)).toEqual({
      code: "signal.sent",
      message: `run_${run.slice(-4)} has received "tests-done".`,
    });
    const by = rig.store.people.pseudonymOf("T1", "U2");
    expect(rig.runs.state(run).steps.get("promote/tests")?.output).toMatchObject({ by, payload: { passed: true } });
    expect(rig.store.events.openIntents()).toEqual([]);
  });

  it("takes the grant of signal, or of the verb that the step asks for, in every environment of the run", async () => {
    const { rig, run } = await opened([waitFor()], rightExcept("verbs: [promote]", "verbs: [promote]"));
    expect(await told(rig, "U2", `/qd signal ${run} tests-done passed=true`)).toMatchObject({
      code: "access.not-granted",
    });
    const other = await opened([waitFor({ verb: "tell" })]);
    expect(await told(other.rig, "U9", `/qd signal ${other.run} tests-done passed=true`)).toMatchObject({
      code: "access.not-granted",
      message: expect.stringContaining("You may not tell checkout in staging"),
    });
    expect(await told(other.rig, "U2", `/qd signal ${other.run} tests-done passed=true`)).toMatchObject({
      code: "signal.sent",
    });
  });

  it("comes only from those whom the step names, whatever they are granted", async () => {
    const from = [{ user: "U7" }, { group: "S0TEST", handle: "testers" }];
    const { rig, run } = await opened([waitFor({ from })]);
    const line = `/qd signal ${run} tests-done passed=true`;
    rig.directory.groups.set("S0TEST", ["U8"]);
    expect(await told(rig, "U2", line)).toEqual({
      code: "signal.not-in-group",
      message: 'You are not among those who may send "tests-done" (@testers).',
    });
    rig.directory.isAway = true;
    expect(await told(rig, "U8", line)).toMatchObject({ code: "signal.unverifiable" });
    rig.directory.isAway = false;
    expect(await told(rig, "U8", line)).toMatchObject({ code: "signal.sent" });
  });

  it("never comes from an app", async () => {
    const { rig, run } = await opened([waitFor({ from: [{ user: "U7" }] })]);
    rig.directory.facts.set("U7", { isBot: true });
    expect(await told(rig, "U7", `/qd signal ${run} tests-done passed=true`)).toEqual({
      code: "signal.bot",
      message: "Only people can do this, not apps.",
    });
  });

  it("is refused, for all who look at the log to see, where the run does not take it", async () => {
    const { rig, run } = await opened([waitFor()]);
    expect(await told(rig, "U2", `/qd signal ${run} tests-done`)).toEqual({
      code: "signal.payload",
      message: `run_${run.slice(-4)}: The signal "tests-done" was not taken: passed is missing: true or false.`,
    });
    await told(rig, "U2", `/qd signal ${run} tests-done passed=true`);
    expect(await told(rig, "U2", `/qd signal ${run} tests-done passed=true`)).toMatchObject({ code: "signal.ended" });
    const refused = rig.store.events.readRun(run).filter(({ type }) => type === "run.refused");
    expect(refused).toMatchObject([
      { verb: "signal", code: "signal.payload" },
      { verb: "signal", code: "signal.ended" },
    ]);
  });

  it("says which part of what was typed is no value", async () => {
    const { rig, run } = await opened([waitFor()]);
    expect(await told(rig, "U2", `/qd signal ${run} tests-done passed true`)).toEqual({
      code: "signal.payload",
      message: '"passed" is no value with a name, which is written such as build=42 or note="all green".',
    });
  });

  it("is judged anew where what the run asks for has changed while it was found out who sends it", async () => {
    const first: StepNode = { ...waitFor({ from: [{ user: "U7" }] }), key: "first" };
    const { rig, run } = await opened([first, waitFor({ from: [{ user: "U8" }] })]);
    const person = { pseudonym: rig.store.people.pseudonymOf("T1", "U7"), team: "T1", user: "U7" };
    const message = {
      run,
      name: "tests-done",
      payload: { kind: "read", payload: { passed: true } },
      person,
      verb: "signal",
    } as const;
    const asked: unknown[] = [];
    const check = {
      mayAct: () => Promise.reject(new Error("nobody is granted anything here")),
      mayDecide: async ({ rule }: { readonly rule: { readonly from: unknown } }) => {
        asked.push(rule.from);
        // Somebody else is faster.
        if (asked.length === 1) {
          await rig.runs.apply(run, { type: "signal", name: "tests-done", actor: "p", payload: { passed: true } });
          return { kind: "allowed", groups: [] } as const;
        }
        return { kind: "refused", code: "approval.not-in-group", message: "" } as const;
      },
    };
    const answer = await sendSignal({ runs: rig.runs, check }, { ...message, settle: () => Promise.resolve() });
    expect(notice(answer).code).toBe("signal.not-in-group");
    expect(asked).toEqual([[{ kind: "user", user: "U7" }], [{ kind: "user", user: "U8" }]]);
    expect(rig.runs.state(run).steps.get("promote/tests")?.status).toBe("running");
  });
});

describe("values that are typed with names", () => {
  it("are read with and without quotes", () => {
    expect(readPairs(` a=1 note="all \\"green\\"" b='x y' empty= url=https://ci.test/7?a=b `)).toEqual({
      kind: "read",
      payload: { a: "1", note: 'all "green"', b: "x y", empty: "", url: "https://ci.test/7?a=b" },
    });
    expect(readPairs("")).toEqual({ kind: "read", payload: {} });
  });

  it.each([
    ["a", "a"],
    ["a=1 b", "b"],
    ["a=1 a=2", "a=2"],
    ['a="x', 'a="x'],
    ["__proto__=1", "__proto__=1"],
    ["=1", "=1"],
  ])("in %j are wrong at %j", (text, part) => {
    expect(readPairs(text)).toEqual({ kind: "wrong", part });
  });
});
