import { describe, expect, it, onTestFinished } from "vitest";

import type { Answer } from "../../../src/engine/answer.ts";
import type { Json } from "../../../src/platform/canonical-json.ts";
import { storedEvent } from "../../../src/store/log-reader.ts";
import { rightExcept } from "../../support/configured.ts";
import { settle } from "../../support/fake-clock.ts";
import { IntakeRig } from "../../support/intake-rig.ts";
import { anApplication, SHA_A } from "../argocd/application-builder.ts";

const PROMOTE = "/promote checkout abc1234 to staging";
const LOCKERS = rightExcept("verbs: [promote]", "verbs: [promote, lock, unlock]");

async function open(): Promise<IntakeRig> {
  const application = (name: string): ReturnType<typeof anApplication> =>
    anApplication({ metadata: { name }, status: { history: [{ id: 1, revision: SHA_A }] } });
  const rig = await IntakeRig.open([application("checkout-staging"), application("checkout-prod")], LOCKERS);
  onTestFinished(() => rig[Symbol.asyncDispose]());
  return rig;
}

function notice(answer: Answer | undefined): { code: string; message: string; suggestions?: readonly string[] } {
  if (answer?.kind === "notice") return answer;
  throw new Error(JSON.stringify(answer));
}

/** A run that U1 asked for, by its id. */
async function started(rig: IntakeRig): Promise<string> {
  await rig.type("U1", PROMOTE);
  await settle();
  const [row] = rig.store.events.listRuns({ limit: 1 });
  if (row === undefined) throw new Error("no run was started");
  return row.id;
}

async function told(rig: IntakeRig, user: string, line: string): Promise<Answer> {
  await rig.type(user, line);
  return await rig.told(user);
}

describe("a run that is to be cancelled", () => {
  it("is cancelled once, by word or by button, and the log says by whom and why", async () => {
    const rig = await open();
    const run = await started(rig);
    expect(notice(await told(rig, "U1", `/qd cancel ${run.slice(-4)} because wrong`)).code).toBe("run.cancelling");
    await rig.ask("U2", "cancel", { run });
    expect(notice(await rig.told("U2")).code).toBe("cancel.under-way");
    expect(rig.store.events.readRun(run).filter(({ type }) => type === "run.cancel-requested")).toMatchObject([
      { reason: "wrong" },
    ]);
    expect(rig.store.events.openIntents()).toEqual([]);
  });

  it("is in the log as what it came to, and not as what it would have come to had the run not refused", async () => {
    const rig = await open();
    const run = await started(rig);
    await told(rig, "U1", `/qd cancel ${run}`);
    await told(rig, "U2", `/qd cancel ${run}`);
    await told(rig, "U2", `/qd retry ${run} from nowhere`);
    const results = rig.store.log.stream("intents").flatMap((row) => {
      const { type, result } = storedEvent(row);
      return type === "intent.settled" ? [result] : [];
    });
    expect(results.slice(-3)).toMatchObject([
      { code: "run.cancelling", run },
      { code: "cancel.under-way", run },
      { code: "retry.not-ended", run },
    ]);
  });

  it("is not cancelled by somebody who may not do what it does, unless they asked for it themselves", async () => {
    const rig = await open();
    const run = await started(rig);
    expect(notice(await told(rig, "U9", `/qd cancel ${run}`)).code).toBe("access.not-granted");
    // Whoever asked has lost the right meanwhile.
    rig.directory.groups.set("S0DEV", []);
    expect(notice(await told(rig, "U1", `/qd cancel ${run}`)).code).toBe("run.cancelling");
  });

  it("is found by a part of its id that only it has", async () => {
    const rig = await open();
    const run = await started(rig);
    const typo = `${run.slice(-4, -1)}${run.endsWith("A") ? "B" : "A"}`;
    const unknown = notice(await told(rig, "U1", `/qd cancel run_${typo} because x`));
    expect(unknown.code).toBe("run.unknown");
    expect(unknown.suggestions).toEqual([`/qd cancel run_${run.slice(-4)} because x`]);
    expect(notice(await told(rig, "U1", `/qd cancel ${run}`)).code).toBe("run.cancelling");
  });
});

describe("a run that is to be retried", () => {
  it("is kept back by locks on what it has still to change, and by no others", async () => {
    const rig = await open();
    await rig.type("U1", "/promote checkout abc1234 to prod");
    await settle();
    const [row] = rig.store.events.listRuns({ limit: 1 });
    const run = row?.id ?? "";
    const end = async (name: string, output: Record<string, Json>): Promise<void> => {
      const step = [...rig.runs.state(run).steps.values()].find(({ path }) => path.endsWith(name));
      if (step === undefined) throw new Error(`${name} was not reached`);
      const { path, attempt, token } = step;
      await rig.runs.apply(run, { type: "outcome", path, attempt, token, outcome: { status: "succeeded", output } });
    };
    const sync = rig.jobs[0]?.effect;
    const before = { uid: "uid-1", historyId: 1 };
    const operation = { run, step: sync?.path ?? "", attempt: 1, skipped: true, postedAtMs: 1, before };
    await end("[staging]/sync", { operation });
    const proof = { revision: SHA_A, provenAt: 1, healthySince: 1, applicationUid: "uid-1", sourceDigest: "" };
    await end("[staging]/healthy", { ...proof, changedNothing: true, sync: "Synced", notes: [] });
    await rig.type("U1", `/qd cancel ${run}`);
    await settle();
    expect(rig.runs.state(run).status).toBe("cancelled");
    await rig.runs.locks.set({ key: "checkout/prod", owner: "p_9", reason: "x" });
    expect(await told(rig, "U2", `/qd retry ${run}`)).toMatchObject({ kind: "locked", locks: [{ reason: "x" }] });
    await rig.runs.locks.lift("checkout/prod", "p_9");
    await rig.runs.locks.set({ key: "checkout/staging", owner: "p_9", reason: "y" });
    expect(notice(await told(rig, "U2", `/qd retry ${run}`)).code).toBe("run.retried");
  });
});

describe("a lock that is asked for", () => {
  it("keeps runs from starting, and is taken over by nobody but its owner", async () => {
    const rig = await open();
    expect(notice(await told(rig, "U1", "/qd lock checkout in staging because x for 2h")).code).toBe("lock.set");
    expect(rig.runs.locks.on("checkout/staging")).toMatchObject({ reason: "x", until: rig.clock.now() + 7_200_000 });
    expect(notice(await told(rig, "U1", "/qd lock chekout in staging because x for 90m")).suggestions).toEqual([
      "/qd lock checkout in staging because x for 90m",
    ]);
    expect(await told(rig, "U2", "/qd lock checkout in staging because y")).toMatchObject({
      kind: "locked",
      locks: [{ key: "checkout/staging", reason: "x" }],
    });
    expect(await told(rig, "U2", PROMOTE)).toMatchObject({ kind: "locked" });
    expect(notice(await told(rig, "U1", "/qd lock checkout in staging because z")).message).toContain("locked anew");
    expect(notice(await told(rig, "U9", "/qd unlock checkout in staging")).code).toBe("access.not-granted");
    expect(notice(await told(rig, "U2", "/qd unlock checkout in staging")).code).toBe("lock.lifted");
    expect(notice(await told(rig, "U2", PROMOTE)).code).toBe("run.started");
  });

  it("is still there after a crash, and asked for only once", async () => {
    const rig = await open();
    await rig.type("U1", "/qd lock checkout in staging because x", "same");
    await settle();
    await rig.crash();
    await rig.type("U1", "/qd lock checkout in staging because x", "same");
    await settle();
    expect(rig.runs.locks.locks()).toHaveLength(1);
    expect(rig.store.events.openIntents()).toEqual([]);
  });
});

describe("a lock that nobody has set", () => {
  it("cannot be lifted, and who asks is told where to look for those of runs", async () => {
    const rig = await open();
    expect(notice(await told(rig, "U1", "/qd unlock checkout in staging"))).toMatchObject({
      code: "lock.none",
      message: "checkout in staging is not locked by anybody. What runs hold, /qd queue shows.",
    });
  });
});

describe("a button", () => {
  it("of a command that is not there any more does nothing and says so", async () => {
    const rig = await open();
    const answer = await rig.ask("U1", "deploy", { service: "checkout" });
    expect(notice(answer).code).toBe("command.unknown");
  });

  it("starts the run that the same words would have started, in the same channel, and is led to it the second time", async () => {
    const rig = await open();
    const values = { service: "checkout", revision: "abc1234", environment: "staging" };
    expect(await rig.ask("U1", "promote", values)).toBeUndefined();
    expect(notice(await rig.told("U1")).code).toBe("run.started");
    const [row] = rig.store.events.listRuns({ limit: 1 });
    expect(rig.runs.state(row?.id ?? "").origin).toMatchObject({ door: "button", text: PROMOTE });
    await rig.ask("U2", "promote", values);
    expect(notice(await rig.told("U2")).code).toBe("run.joined");
    expect(rig.ledTo).toEqual([row?.id]);
  });

  it("with values that cannot be is refused as the words would be", async () => {
    const rig = await open();
    const values = { service: "chekout", revision: "abc1234", environment: "stagng" };
    expect(await rig.ask("U1", "promote", values)).toMatchObject({
      code: "input.service",
      suggestions: [PROMOTE],
    });
  });
});
