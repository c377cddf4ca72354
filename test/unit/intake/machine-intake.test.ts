import { describe, expect, it, onTestFinished } from "vitest";

import type { MachineAsk, MachineAsked } from "../../../src/engine/machine-door.ts";
import { settle } from "../../support/fake-clock.ts";
import { rightConfiguration } from "../../support/configured.ts";
import { commitAnswer, IntakeRig } from "../../support/intake-rig.ts";
import { anApplication, SHA_A, SHA_B } from "../argocd/application-builder.ts";

const GRANTED = `${rightConfiguration}
people:
  - { slack: [U2PRIYA01], emails: [priya@example.com] }
`.replace(
  "  developers: [{ group: S0DEV }]\ngrants:",
  "  developers: [{ group: S0DEV }]\n  ci: [{ trigger: checkout-green }]\ngrants:\n  - { role: ci, verbs: [promote], services: [checkout], environments: [staging, prod] }",
);
const HOUR = 3_600_000;

async function open(configuration = GRANTED): Promise<IntakeRig> {
  const applications = ["checkout-staging", "checkout-prod"].map((name) =>
    anApplication({ metadata: { name }, status: { history: [{ id: 1, revision: SHA_A }] } }),
  );
  const rig = await IntakeRig.open(applications, configuration);
  rig.revision = (text) => Promise.resolve(commitAnswer(text));
  onTestFinished(() => rig[Symbol.asyncDispose]());
  return rig;
}

const VALUES = { service: "checkout", revision: SHA_B, environment: "staging" };
const ASK: MachineAsk = {
  machine: { sort: "trigger", name: "checkout-green" },
  door: "trigger",
  command: "promote",
  typed: { values: VALUES },
  cause: { says: "CI of acme/checkout succeeded", link: "https://github.com/acme/checkout/actions/runs/1" },
};

async function codeOf({ answer }: MachineAsked): Promise<string | undefined> {
  await settle();
  return (await answer)?.code;
}

const runs = (rig: IntakeRig): number => rig.store.events.listRuns({ limit: 10 }).length;

describe("what a machine asks for", () => {
  it("is recorded, judged by its grants, and started, with what made it ask", async () => {
    const rig = await open();
    const asked = await rig.machines.ask("trigger/a/1", ASK);
    expect(asked.isNew).toBe(true);
    await settle();
    const result = await asked.answer;
    expect(result?.code).toBe("run.started");
    const [row] = rig.store.events.listRuns({ limit: 1 });
    expect(result?.run).toBe(row?.id);
    const { origin, requester } = rig.runs.state(row?.id ?? "");
    expect(origin).toMatchObject({ door: "trigger", channel: "#deploys", cause: ASK.cause });
    expect(rig.store.people.person(requester)).toMatchObject({ team: "machines", user: "trigger:checkout-green" });
    expect(rig.machines.resultOf("trigger/a/1")).toMatchObject({ code: "run.started", run: row?.id });
  });

  it("is done once, however often it arrives under the same key, also after a crash", async () => {
    const rig = await open();
    const first = await Promise.all([rig.machines.ask("k", ASK), rig.machines.ask("k", ASK)]);
    await settle();
    await rig.crash();
    const again = await rig.machines.ask("k", ASK);
    expect([...first, again].map(({ isNew }) => isNew)).toEqual([true, false, false]);
    expect([runs(rig), await again.answer]).toEqual([1, undefined]);
  });

  it("is taken up after a crash that fell between the record and the run, also hours later", async () => {
    const rig = await open();
    rig.revision = () => new Promise(() => undefined);
    const asked = await rig.machines.ask("k", ASK);
    await settle();
    expect([asked.isNew, runs(rig), rig.machines.resultOf("k")]).toEqual([true, 0, "pending"]);
    rig.revision = (text) => Promise.resolve(commitAnswer(text));
    await rig.clock.advance(3 * HOUR);
    await rig.crash();
    await settle();
    expect([runs(rig), rig.machines.resultOf("k")]).toMatchObject([1, { code: "run.started" }]);
  });

  it("is refused for a revision that means several in the same words when it is asked again", async () => {
    const rig = await open();
    const [one, other] = [commitAnswer("beef1"), commitAnswer("beef2")];
    rig.revision = () => Promise.resolve({ kind: "ambiguous", candidates: [one, other], count: 2 });
    const { answer } = await rig.machines.ask("trigger/a/1", { ...ASK, door: "api" });
    await settle();
    const first = await answer;
    expect(first).toEqual({
      code: "candidates",
      message: `"${SHA_B}" means 2 commits. Name one by more of its digits: beef10000000 A change; beef20000000 A change.`,
      suggestions: [one.sha, other.sha],
    });
    expect(rig.machines.resultOf("trigger/a/1")).toEqual(first);
  });

  it("by words is read as if they had been typed", async () => {
    const rig = await open();
    const words = `checkout ${SHA_B} to staging`;
    expect(await codeOf(await rig.machines.ask("k", { ...ASK, door: "api", typed: { words } }))).toBe("run.started");
    const wrong = await rig.machines.ask("k2", { ...ASK, door: "api", typed: { words: "chekout" } });
    expect(await codeOf(wrong)).toBe("text");
    expect(rig.machines.resultOf("k2")).toMatchObject({ code: "text", message: expect.stringContaining("chekout") });
  });

  it("is refused where no grant names it, whatever everybody may", async () => {
    const everyone = GRANTED.replace("ci: [{ trigger: checkout-green }]", "ci: [everyone]");
    const rig = await open(everyone);
    const result = (await rig.machines.ask("k", ASK)).answer;
    await settle();
    expect(await result).toMatchObject({ code: "access.not-granted" });
    expect((await result)?.message).toContain("The trigger checkout-green may not promote checkout in staging");
    const elsewhere = await open();
    const payments = { ...ASK, typed: { values: { ...VALUES, service: "payments" } } };
    expect(await codeOf(await elsewhere.machines.ask("k", payments))).toBe("access.not-granted");
    expect([runs(rig), runs(elsewhere)]).toEqual([0, 0]);
  });

  it("is pinned where a trigger asks: a branch starts nothing", async () => {
    const rig = await open();
    const loose = { ...ASK, typed: { values: { ...VALUES, revision: "main" } } };
    expect(await codeOf(await rig.machines.ask("k", loose))).toBe("trigger.not-pinned");
    expect(runs(rig)).toBe(0);
    expect(await codeOf(await rig.machines.ask("k2", { ...loose, door: "api" }))).toBe("run.started");
  });

  it("is answered once where it can be refused at once, whoever asks again and whatever crashes", async () => {
    const rig = await open();
    const refused = { ...ASK, typed: { values: { ...VALUES, environment: "stagin" } } };
    await Promise.all([rig.machines.ask("k", refused), rig.machines.ask("k", refused)]);
    await rig.crash();
    await rig.machines.ask("k", refused);
    await settle();
    expect(rig.replies).toMatchObject([{ arrival: { command: "promote" }, answer: { code: "input.environment" } }]);
  });

  it("is told of once where an expression failed", async () => {
    const rig = await open();
    const failed = [{ command: "promote", reason: "its condition cannot be told" }];
    const noted = { machine: ASK.machine, reason: "promote: its condition cannot be told", failed };
    await Promise.all([rig.machines.note("n", noted), rig.machines.note("n", noted)]);
    await rig.crash();
    await rig.machines.note("n", noted);
    await rig.machines.note("n2", { machine: ASK.machine, reason: "its condition does not hold" });
    expect(rig.failed).toEqual([noted]);
  });

  it("waits until it is known whose people they are", async () => {
    const rig = await open();
    rig.team = undefined;
    const named = { ...ASK, emails: ["priya@example.com"] };
    await expect(rig.machines.ask("k", named)).rejects.toMatchObject({ code: "machine.not-ready" });
    expect((await rig.machines.ask("k2", { ...ASK, emails: ["nobody@example.com"] })).isNew).toBe(true);
    rig.team = "T1";
    expect((await rig.machines.ask("k", named)).isNew).toBe(true);
  });

  it("that starts nothing is on record with the reason, once", async () => {
    const rig = await open();
    const noted = { machine: ASK.machine, reason: "no entry wants it" };
    expect([await rig.machines.note("n", noted), await rig.machines.note("n", noted)]).toEqual([true, false]);
    expect(rig.machines.resultOf("n")).toMatchObject({ message: "no entry wants it" });
    expect(rig.machines.resultOf("never")).toBeUndefined();
  });

  it("is told to whoever asks, each delivery once with what came of it, newest first", async () => {
    const rig = await open();
    const told = async (words: string) => {
      const answer = await rig.type("U1", words);
      return answer?.kind === "machines" ? answer.machines.map(({ told: each }) => each) : answer;
    };
    expect(await told("/qd triggers")).toEqual([[]]);
    const { machine, cause } = ASK;
    const at = rig.clock.now();
    const refused = { count: 2, lastAt: at, why: "its proof is wrong", since: at };
    rig.refused.set("checkout-green", refused);
    expect(await rig.type("U1", "/qd triggers")).toMatchObject({ machines: [{ refused, told: [] }] });
    await rig.machines.note("n1", { machine, reason: "its condition does not hold", cause: { says: "A push" } });
    const asks = [
      { command: "promote", key: "k1" },
      { command: "promote", key: "k2" },
    ];
    await Promise.all([
      rig.machines.ask("k1", ASK),
      rig.machines.ask("k2", { ...ASK, typed: { values: { ...VALUES, environment: "stagin" } } }),
      rig.machines.note("n2", { machine, reason: "lock: the same was told", cause, asks }),
    ]);
    const delivery = (message: unknown, run?: string) => ({
      at,
      cause,
      asked: [
        { command: "promote", message, ...(run !== undefined && { run }) },
        { command: "promote", message: expect.stringContaining("stagin") },
      ],
      reason: "lock: the same was told",
    });
    const push = { at, cause: { says: "A push" }, asked: [], reason: "its condition does not hold" };
    expect(await told("/qd triggers checkout-green")).toEqual([[delivery(undefined), push]]);
    await settle();
    const [row] = rig.store.events.listRuns({ limit: 1 });
    expect(await told("/qd triggers")).toEqual([[delivery(expect.stringMatching(/^Started run_/u), row?.id), push]]);
    await rig.machines.ask("k3", { ...ASK, cause: undefined });
    await settle();
    expect(await told("/qd triggers")).toMatchObject([[{ asked: [{ command: "promote" }], reason: "" }, {}, {}]]);
    expect(await told("/qd triggers chekout-green")).toMatchObject({
      message: expect.stringContaining('Did you mean "checkout-green"?'),
    });
  });
});
