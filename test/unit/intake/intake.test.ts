import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";

import type { Answer } from "../../../src/engine/answer.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { settle } from "../../support/fake-clock.ts";
import { rightExcept } from "../../support/configured.ts";
import { commitAnswer, IntakeRig } from "../../support/intake-rig.ts";
import { anApplication, SHA_A } from "../argocd/application-builder.ts";

const PROMOTE = "/promote checkout abc1234 to staging";
const TO_PROD = "/promote checkout abc1234 to prod";
const MINUTE = 60_000;

function application(name: string): ReturnType<typeof anApplication> {
  return anApplication({ metadata: { name }, status: { history: [{ id: 1, revision: SHA_A }] } });
}

async function open(configuration?: string): Promise<IntakeRig> {
  const rig = await IntakeRig.open([application("checkout-staging"), application("checkout-prod")], configuration);
  onTestFinished(() => rig[Symbol.asyncDispose]());
  return rig;
}

function notice(answer: Answer | undefined): { code: string; message: string } {
  if (answer?.kind === "notice") return answer;
  throw new Error(JSON.stringify(answer));
}

function runCount(rig: IntakeRig): number {
  return rig.store.events.listRuns({ limit: 10 }).length;
}

describe("a command that starts something", () => {
  it("is recorded, acknowledged, and then done", async () => {
    const rig = await open();
    expect(notice(await rig.type("U1", PROMOTE)).code).toBe("resolving");
    expect(notice(await rig.told("U1")).code).toBe("run.started");
    expect(runCount(rig)).toBe(1);
    expect(rig.store.events.openIntents()).toEqual([]);
    expect(rig.jobs.map(({ uses }) => uses)).toEqual(["argocd/sync"]);
  });

  it("that Slack delivers twice is done once and acknowledged twice", async () => {
    const rig = await open();
    await Promise.all([rig.type("U1", PROMOTE, "same"), rig.type("U1", PROMOTE, "same")]);
    await settle();
    expect(await rig.type("U1", PROMOTE, "same")).toBeUndefined();
    await settle();
    expect([runCount(rig), rig.replies.length]).toEqual([1, 1]);
  });

  it("that the person may not give is refused, and the refusal is on record", async () => {
    const rig = await open();
    await rig.type("U9", PROMOTE);
    expect(notice(await rig.told("U9")).code).toBe("access.not-granted");
    expect([runCount(rig), rig.store.events.openIntents().length]).toEqual([0, 0]);
  });

  it("is refused while it cannot be found out who the person is", async () => {
    const rig = await open();
    rig.directory.isAway = true;
    await rig.type("U1", PROMOTE);
    expect(notice(await rig.told("U1")).code).toBe("access.unverifiable");
  });
});

describe("words that need nobody else", () => {
  it("are answered in the acknowledgement, once", async () => {
    const rig = await open();
    expect(notice(await rig.type("U1", "/promote chekout abc1234 to prod", "k")).code).toBe("input.service");
    expect(await rig.type("U1", "/promote chekout abc1234 to prod", "k")).toBeUndefined();
    expect((await rig.type("U1", "/promote"))?.kind).toBe("form");
    expect((await rig.type("U1", "/rollback"))?.kind).toBe("text");
    expect((await rig.type("U1", "/qd queue"))?.kind).toBe("queue");
    expect((await rig.type("U1", "/qd history"))?.kind).toBe("history");
    expect((await rig.type("U1", "/qd status"))?.kind).toBe("status");
    expect(rig.store.events.openIntents()).toEqual([]);
  });
});

describe("a server that dies", () => {
  it("while it looks into a request takes it up again, and starts it once", async () => {
    const rig = await open();
    rig.revision = () => new Promise(() => undefined);
    await rig.type("U1", PROMOTE);
    await settle();
    expect([runCount(rig), rig.store.events.openIntents().length]).toEqual([0, 1]);
    rig.revision = (text) => Promise.resolve(commitAnswer(text));
    await rig.crash();
    expect(notice(await rig.told("U1")).code).toBe("run.started");
    await rig.crash();
    expect([runCount(rig), rig.store.events.openIntents().length]).toEqual([1, 0]);
  });

  it("right after it has started a run does not start it again", async () => {
    const rig = await open();
    await rig.type("U1", PROMOTE);
    await settle();
    await rig.crash();
    expect(runCount(rig)).toBe(1);
  });

  it("and comes back after a long time asks again instead of doing what nobody expects any more", async () => {
    const rig = await open();
    rig.revision = () => new Promise(() => undefined);
    await rig.type("U1", PROMOTE);
    rig.clock.step(16 * MINUTE);
    await rig.crash();
    expect(notice(await rig.told("U1")).code).toBe("intent.too-old");
    expect([runCount(rig), rig.store.events.openIntents().length]).toEqual([0, 0]);
  });

  it("while somebody's approval is being checked counts that approval once", async () => {
    const rig = await open();
    await rig.type("U1", TO_PROD);
    await settle();
    await reachGate(rig);
    let isSlow = true;
    rig.argocd.before = () => (isSlow ? new Promise(() => undefined) : undefined);
    await rig.press("U3");
    await settle();
    isSlow = false;
    await rig.crash();
    await settle();
    const [run] = rig.store.events.listRuns({ limit: 1 });
    const decided = rig.store.events.readRun(run?.id ?? "").filter(({ type }) => type === "gate.decided");
    expect(decided).toHaveLength(1);
    await rig.crash();
    expect(rig.store.events.readRun(run?.id ?? "").filter(({ type }) => type === "gate.decided")).toHaveLength(1);
  });
});

describe("taking up what an earlier process left", () => {
  it("leaves alone what has arrived since and is under way", async () => {
    const rig = await open();
    const answers = new Array<() => void>();
    rig.revision = (text) => new Promise((resolve) => answers.push(() => resolve(commitAnswer(text))));
    await rig.type("U1", PROMOTE);
    await settle();
    rig.intake.resume();
    rig.intake.resume();
    await settle();
    for (const answer of answers) answer();
    await settle();
    expect([runCount(rig), rig.replies.length]).toEqual([1, 1]);
  });

  it("does so a few at a time, however many there are, and lets none wait long for one that does not end", async () => {
    const rig = await open();
    let asked = 0;
    const answers = new Array<() => void>();
    rig.revision = (text) => {
      asked += 1;
      return new Promise((resolve) => answers.push(() => resolve(commitAnswer(text))));
    };
    for (let request = 0; request < 30; request += 1) await rig.type("U1", PROMOTE);
    await settle();
    expect(asked).toBe(30);
    asked = 0;
    await rig.crash();
    await settle();
    expect(asked).toBe(8);
    await rig.clock.advance(999);
    expect(asked).toBe(8);
    await rig.clock.advance(1);
    expect(asked).toBe(16);
    await rig.clock.advance(2000);
    expect(asked).toBe(30);
    for (const answer of answers) answer();
    await settle();
    expect(rig.store.events.openIntents()).toEqual([]);
  });

  it("does nothing once the server ends", async () => {
    const ended = await IntakeRig.open([]);
    await ended[Symbol.asyncDispose]();
    expect(() => ended.intake.resume()).not.toThrow();
  });
});

describe("a disk that is full", () => {
  it("lets nothing through that it did not record", async () => {
    const rig = await open();
    rig.store.events.recordIntent = () => Promise.reject(new Error("disk full"));
    await expect(rig.type("U1", PROMOTE)).rejects.toThrow("disk full");
    await settle();
    expect([runCount(rig), rig.replies]).toEqual([0, []]);
  });

  it("while the run is to be started starts nothing and says so", async () => {
    const rig = await open();
    rig.store.events.appendRun = () => Promise.reject(new Error("disk full"));
    await rig.type("U1", PROMOTE);
    expect(notice(await rig.told("U1")).code).toBe("internal");
    expect([runCount(rig), rig.jobs.length]).toEqual([0, 0]);
  });
});

describe("the same thing asked for twice", () => {
  it("is one run, and the second person is led to it", async () => {
    const rig = await open();
    await rig.type("U1", PROMOTE);
    await settle();
    await rig.type("U2", PROMOTE);
    expect(notice(await rig.told("U2")).code).toBe("run.joined");
    expect(runCount(rig)).toBe(1);
  });

  it("is one run also when both are looked into in the same moment", async () => {
    const rig = await open();
    await Promise.all([rig.type("U1", PROMOTE), rig.type("U2", PROMOTE)]);
    await settle();
    expect(runCount(rig)).toBe(1);
    expect(rig.replies.map(({ answer }) => notice(answer).code).toSorted()).toEqual(["run.joined", "run.started"]);
  });

  it("is started anew when the log of the first one cannot be read", async () => {
    const rig = await open();
    await rig.type("U1", PROMOTE);
    await settle();
    const [job] = rig.jobs;
    if (job === undefined) throw new Error("no job");
    const state = rig.runs.state(job.effect.run);
    vi.spyOn(rig.runs, "state").mockImplementation((run) => {
      if (run === state.id) throw new AppError("event 3 of the log cannot be read", { code: "store.unreadable" });
      return state;
    });
    await rig.type("U2", PROMOTE);
    expect(notice(await rig.told("U2")).code).toBe("run.started");
    expect(runCount(rig)).toBe(2);
  });

  it("is started anew when the first one has failed and only tells people so by now", async () => {
    const rig = await open();
    await rig.type("U1", PROMOTE);
    await settle();
    const [job] = rig.jobs;
    if (job === undefined) throw new Error("no job");
    const { path, attempt } = job.effect;
    const failure = { code: "argocd.rbac", message: "no", retry: "never" } as const;
    const outcome = { status: "failed", failure } as const;
    await rig.runs.apply(job.effect.run, { type: "outcome", path, attempt, token: job.token, outcome });
    expect(rig.runs.state(job.effect.run).status).toBe("failing");
    await rig.type("U1", PROMOTE);
    expect(notice(await rig.told("U1")).code).toBe("run.started");
    expect(runCount(rig)).toBe(2);
  });
});

describe("decisions", () => {
  let rig: IntakeRig;

  beforeEach(async () => {
    rig = await open(rightExcept("from: [{ group: S0RELEASE }]", "quorum: 2\n      from: [{ group: S0RELEASE }]"));
    await rig.type("U1", TO_PROD);
    await settle();
    await reachGate(rig);
  });

  function decided(): readonly string[] {
    const events = rig.store.events.readRun(rig.button().run);
    return events.flatMap((event) =>
      event.type === "gate.decided" ? [rig.store.people.person(event.actor ?? "")?.user ?? ""] : [],
    );
  }

  it("of two people let the run go on", async () => {
    await rig.press("U2");
    await rig.press("U3");
    await settle();
    expect(decided()).toEqual(["U2", "U3"]);
    expect(rig.jobs.at(-1)?.effect.path).toContain("[prod]/sync");
  });

  it("of one human being with two accounts count once, also in the same moment", async () => {
    rig.directory.facts.set("U2", { email: "bo@example.com" }).set("U3", { email: "Bo@Example.com" });
    await Promise.all([rig.press("U2"), rig.press("U3")]);
    await settle();
    expect(decided()).toHaveLength(1);
    expect(rig.replies.slice(1).map(({ answer }) => notice(answer).code)).toEqual(["approval.already-decided-by-you"]);
  });

  it("of the person who asked for it, of strangers to the group and on copies count for nothing", async () => {
    rig.directory.groups.set("S0RELEASE", ["U1", "U2"]);
    await rig.press("U1");
    expect(notice(await rig.told("U1")).code).toBe("approval.requester");
    await rig.press("U9");
    expect(notice(await rig.told("U9")).code).toBe("approval.not-in-group");
    await rig.press("U2", { isCurrent: false });
    expect(notice(await rig.told("U2")).code).toBe("gate.copy");
    await rig.press("U2", { run: "run_00000000000000000000000000" });
    expect(notice(await rig.told("U2")).code).toBe("run.unknown");
    expect(decided()).toEqual([]);
  });

  it("count for nothing while the membership, or what would be approved, cannot be read", async () => {
    rig.directory.isAway = true;
    await rig.press("U2");
    expect(notice(await rig.told("U2")).code).toBe("approval.unverifiable");
    rig.directory.isAway = false;
    rig.argocd.applications.delete("checkout-prod");
    await rig.press("U3");
    expect(notice(await rig.told("U3")).code).toBe("gate.unverifiable");
    expect(decided()).toEqual([]);
  });

  it("count for nothing when the look at Argo CD takes too long, by the clock of the server", async () => {
    rig.argocd.before = ({ signal }) =>
      new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(new Error("given up"))));
    await rig.press("U2");
    await rig.clock.advance(20_000);
    expect(notice(await rig.told("U2")).code).toBe("gate.unverifiable");
    expect(decided()).toEqual([]);
  });

  it("on something that has changed since count for nothing, and people are asked anew", async () => {
    const before = rig.button();
    rig.argocd.put(anApplication({ metadata: { name: "checkout-prod", uid: "uid-2" } }));
    await rig.press("U2");
    expect(notice(await rig.told("U2")).code).toBe("gate.changed");
    await rig.press("U3", { attempt: before.attempt, digest: before.digest });
    expect(notice(await rig.told("U3")).code).toBe("gate.stale");
    expect(decided()).toEqual([]);
    expect(rig.button().attempt).toBe(2);
  });

  it("to reject need no look at Argo CD, and end it with the reason", async () => {
    rig.argocd.applications.delete("checkout-prod");
    await rig.press("U2", { decision: "reject", reason: "not today" });
    await settle();
    expect(rig.runs.state(rig.button().run).failure?.failure.message).toBe("Rejected: not today");
    await rig.press("U3");
    expect(notice(await rig.told("U3"))).toMatchObject({ code: "gate.decided", about: "U2" });
  });
});

/** Ends staging's sync and wait by hand, so that the gate before prod opens. */
async function reachGate(rig: IntakeRig): Promise<void> {
  const [job] = rig.jobs;
  if (job === undefined) throw new Error("nothing was dispatched");
  const { run } = job.effect;
  for (const name of ["sync", "healthy"]) {
    const step = rig.runs.state(run).steps.get(`promote/for-each[staging]/${name}`);
    if (step === undefined) throw new Error(`no ${name}`);
    const { path, attempt, token } = step;
    const before = { uid: "uid-1", historyId: 1 };
    const operation = { run, step: path, attempt, skipped: false, postedAtMs: rig.clock.now(), before };
    await rig.runs.apply(run, {
      type: "outcome",
      path,
      attempt,
      token,
      outcome: { status: "succeeded", output: { operation } },
    });
    await settle();
  }
}
