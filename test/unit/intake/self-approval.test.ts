import { describe, expect, it, onTestFinished } from "vitest";

import type { MachineAsk } from "../../../src/engine/machine-door.ts";
import type { DecisionArrival } from "../../../src/intake/arrival.ts";
import { checkoutProd, ONE_APPROVES, ParkedRun, TWO_APPROVE } from "../../proofs/parked-run.ts";
import { settle } from "../../support/fake-clock.ts";
import { SHA_A, SHA_B, SHA_C } from "../argocd/application-builder.ts";

const PROVEN = {
  status: {
    history: [
      { id: 1, revision: SHA_B },
      { id: 2, revision: SHA_A },
    ],
  },
};
const TYPED = { service: "checkout", revision: SHA_B, environment: "prod" };

/** Everybody is in the group that approves, also whoever asks. */
const GROUP = ["U1", "U2", "U3", "U0SECOND", "U0CASE", "U0PLUS", "U0LISTED", "U0MAILED"];
const PEOPLE = `
people:
  - { slack: [U1ANA0001, U0LISTED], emails: [ana@example.com, ana@git.example.com] }
`;

async function open(configuration = ONE_APPROVES): Promise<ParkedRun> {
  const run = await ParkedRun.open(SHA_B, {
    configuration: configuration.replace('["everyone"]', "[everyone, { trigger: green }]") + PEOPLE,
    application: checkoutProd(PROVEN),
    ask: false,
  });
  onTestFinished(() => run[Symbol.asyncDispose]());
  const { directory } = run.rig;
  directory.groups.set("S0RELEASE", [...GROUP, ...Object.keys(STANDINGS)]);
  const emails = {
    U1: "ana@example.com",
    U0SECOND: "ana@example.com",
    U0CASE: "Ana@Example.COM",
    U0PLUS: "ana+ok@example.com",
    U0MAILED: "ana@git.example.com",
    U2: "priya@example.com",
    U3: "marco@example.com",
  };
  for (const [user, email] of Object.entries(emails)) directory.facts.set(user, { email });
  return run;
}

async function press(run: ParkedRun, user: string, more: Partial<DecisionArrival> = {}): Promise<string> {
  const before = run.rig.replies.length;
  await run.rig.press(user, more);
  await settle();
  const [reply] = run.rig.replies.slice(before);
  return reply?.answer.kind === "notice" ? reply.answer.code : "decided";
}

const decided = (run: ParkedRun): number => run.gate.gate.decisions.length;

const MACHINE_ASK: MachineAsk = {
  machine: { sort: "trigger", name: "green" },
  door: "trigger",
  command: "promote",
  typed: { values: TYPED },
};

/** Every way in which somebody comes to be the one who asks for a run. */
const WAYS: Readonly<Record<string, (run: ParkedRun) => Promise<unknown>>> = {
  "typed the command": (run) => run.rig.type("U1", `/promote checkout ${SHA_B} to prod`),
  "pressed a button that asks for it": (run) => run.rig.ask("U1", "promote", TYPED),
  "sent the form": async ({ rig }) => {
    const sender = { team: "T1", user: "U1", channel: "C1", answerUntil: 0 };
    await rig.intake.receive("m", { kind: "command", ...sender, door: "modal", command: "promote", values: TYPED });
  },
  "asked first, and somebody else joined": async ({ rig }) => {
    await rig.type("U1", `/promote checkout ${SHA_B} to prod`);
    await settle();
    await rig.type("U3", `/promote checkout ${SHA_B} to prod`);
  },
  "caused what a trigger asks for": (run) =>
    run.rig.machines.ask("k", { ...MACHINE_ASK, emails: ["Ana+work@git.example.com"] }),
  "owns the token with which it was asked for": (run) => run.rig.machines.ask("k", { ...MACHINE_ASK, users: ["U1"] }),
  "asked to go back": (run) => run.rig.type("U1", `/rollback checkout in prod to ${SHA_B} --unproven`),
  "asked to sync": (run) => run.rig.type("U1", `/qd sync checkout in prod at ${SHA_B}`),
  "asked before the server was started anew": async ({ rig }) => {
    await rig.type("U1", `/promote checkout ${SHA_B} to prod`);
    await settle();
    await rig.crash();
  },
  "asked for what was asked anew after a change": async (run) => {
    await run.rig.type("U1", `/promote checkout ${SHA_B} to prod`);
    await settle();
    run.rig.argocd.put(checkoutProd({ status: { history: [{ id: 3, revision: SHA_C }] } }));
    await press(run, "U2");
  },
  "did over what somebody else had asked for": async (run) => {
    await run.rig.type("U3", `/promote checkout ${SHA_B} to prod`);
    await settle();
    await press(run, "U2", { decision: "reject", reason: "no" });
    for (const job of run.rig.jobs) await run.execute(job);
    await run.rig.type("U1", `/qd retry ${run.id.slice(-4)}`);
  },
  "owns the token with which it was done over": async (run) => {
    await run.rig.type("U3", `/promote checkout ${SHA_B} to prod`);
    await settle();
    await press(run, "U2", { decision: "reject", reason: "no" });
    for (const job of run.rig.jobs) await run.execute(job);
    const ask = { ...MACHINE_ASK, command: "retry", typed: { values: { run: run.id } }, users: ["U1"] };
    await run.rig.machines.ask("k", ask);
  },
};

const ACCOUNTS = {
  U1: "their own account",
  U0SECOND: "a second account with the same address",
  U0CASE: "an account whose address is written in capitals",
  U0PLUS: "an account whose address has a plus",
  U0MAILED: "an account with another address of theirs",
} as const;

describe("somebody who", () => {
  const ways = Object.keys(WAYS).flatMap((way) =>
    Object.entries(ACCOUNTS).map(([user, account]) => ({ way, user, account })),
  );

  it.each(ways)("$way does not approve it with $account", async ({ way, user }) => {
    const run = await open();
    await WAYS[way]?.(run);
    await settle();
    expect(await press(run, user)).toBe("approval.requester");
    expect([decided(run), run.job]).toEqual([0, undefined]);
    expect(await press(run, "U2")).toBe("decided");
    expect(run.job?.uses).toBe("argocd/sync");
  });

  it("has asked for nothing themselves is told which machine did it on their behalf", async () => {
    const told = async (way: string): Promise<string> => {
      const run = await open();
      await WAYS[way]?.(run);
      await settle();
      await press(run, "U1");
      const answer = run.rig.replies.at(-1)?.answer;
      return answer?.kind === "notice" ? answer.message : "";
    };
    const behalf = "The trigger green asked for this run on your behalf, so someone else has to decide on it.";
    expect(await told("caused what a trigger asks for")).toBe(behalf);
    expect(await told("owns the token with which it was done over")).toBe(behalf);
    const own = "You asked for this run, so someone else has to decide on it.";
    expect(await told("typed the command")).toBe(own);
  });

  it("asked for the run and did it over is kept out, and so is whoever did it over before", async () => {
    const run = await open();
    await WAYS["did over what somebody else had asked for"]?.(run);
    await settle();
    expect([await press(run, "U3"), await press(run, "U1"), decided(run)]).toEqual([
      "approval.requester",
      "approval.requester",
      0,
    ]);
  });

  it("is a machine approves nothing, whatever the groups say", async () => {
    const run = await open();
    run.rig.directory.groups.set("S0RELEASE", ["trigger:green", "trigger:other", "U2"]);
    await run.rig.machines.ask("k", MACHINE_ASK);
    await settle();
    for (const user of ["trigger:green", "trigger:other"]) {
      expect(await press(run, user, { team: "machines" })).toBe("approval.bot");
    }
    expect([decided(run), await press(run, "U2")]).toEqual([0, "decided"]);
  });

  it("approves with two accounts counts once where two are asked for", async () => {
    const run = await open(TWO_APPROVE);
    run.rig.directory.facts.set("U3", { email: "Priya+2@example.com" });
    await WAYS["typed the command"]?.(run);
    await settle();
    expect(await press(run, "U2")).toBe("decided");
    expect(await press(run, "U3")).toBe("approval.already-decided-by-you");
    expect([decided(run), run.job]).toEqual([1, undefined]);
  });

  it("asked for it approves it where the environment says that they may, and only there", async () => {
    const run = await open(ONE_APPROVES.replace("U0OLGA01 }]", "U0OLGA01 }], requester-may-approve: true"));
    await WAYS["typed the command"]?.(run);
    await settle();
    expect(await press(run, "U1")).toBe("decided");
  });

  it("asked for it and has been forgotten since is nobody of whom it is known that they are another", async () => {
    const run = await open();
    await WAYS["typed the command"]?.(run);
    await settle();
    const { people } = run.rig.store;
    const known = people.person.bind(people);
    const requester = run.state.requester;
    people.person = (pseudonym) => (pseudonym === requester ? undefined : known(pseudonym));
    expect([await press(run, "U2"), decided(run)]).toEqual(["approval.unverifiable", 0]);
  });
});

const STANDINGS = {
  U0GUEST: { isGuest: true },
  U0GONE: { isDeleted: true },
  U0BOT: { isBot: true },
  U0STRANGER: { isStranger: true },
} as const;

describe("a member of the group that approves", () => {
  it.each(Object.entries(STANDINGS))("who is %s decides nothing all the same", async (user, standing) => {
    const run = await open(ONE_APPROVES.replace("U0OLGA01", user.padEnd(9, "0")));
    run.rig.directory.facts.set(user, standing).set(user.padEnd(9, "0"), standing);
    await WAYS["typed the command"]?.(run);
    await settle();
    const code = { U0GUEST: "guest", U0GONE: "deactivated", U0BOT: "bot", U0STRANGER: "stranger" }[user];
    expect(await press(run, user)).toBe(`approval.${code}`);
    expect(await press(run, user.padEnd(9, "0"))).toBe(`approval.${code}`);
    expect(await press(run, user, { decision: "reject", reason: "no" })).toBe(`approval.${code}`);
    expect(decided(run)).toBe(0);
  });

  it("decides nothing once they have left it", async () => {
    const run = await open();
    await WAYS["typed the command"]?.(run);
    await settle();
    run.rig.directory.groups.set("S0RELEASE", ["U3"]);
    expect([await press(run, "U2"), decided(run)]).toEqual(["approval.not-in-group", 0]);
  });
});

describe("a button whose value was made up", () => {
  const forged: Readonly<Record<string, Partial<DecisionArrival>>> = {
    "another run": { run: "run_01JD2K6W3V8QZ7E4M5N6P7R8S9" },
    "no run": { run: "__proto__" },
    "a step that is no gate": { path: "promote/for-each[prod]/lock/sync" },
    "a step that is not there": { path: "promote/for-each[prod]/gate2" },
    "the parts of an object": { path: "constructor" },
    "an attempt to come": { attempt: 2 },
    "no attempt": { attempt: 0 },
    "another digest": { digest: "0".repeat(64) },
    "no digest": { digest: "" },
    "a copy of the message": { isCurrent: false },
  };

  it.each(Object.entries(forged))("that names %s decides nothing", async (_what, more) => {
    const run = await open();
    await WAYS["typed the command"]?.(run);
    await settle();
    expect(await press(run, "U2", more)).not.toBe("approval.requester");
    expect([decided(run), run.job, run.gate.status]).toEqual([0, undefined, "running"]);
  });

  it("that was right before the request was asked anew decides nothing, also with the number of the new one", async () => {
    const run = await open();
    await WAYS["typed the command"]?.(run);
    await settle();
    const { attempt, digest } = run.rig.button();
    run.rig.argocd.put(checkoutProd({ status: { history: [{ id: 3, revision: SHA_C }] } }));
    expect(await press(run, "U2")).toBe("gate.changed");
    expect(await press(run, "U2", { attempt, digest })).toBe("gate.stale");
    expect(await press(run, "U2", { attempt: attempt + 1, digest })).toBe("gate.stale");
    expect([decided(run), run.job]).toEqual([0, undefined]);
  });

  it("that is of a run which asks other people decides nothing there", async () => {
    const [mine, theirs] = [
      await open(),
      await open(ONE_APPROVES.replace("{ group: S0RELEASE, handle: release }, ", "")),
    ];
    for (const run of [mine, theirs]) await WAYS["typed the command"]?.(run);
    await settle();
    const { run, path, attempt, digest } = theirs.rig.button();
    expect(await press(theirs, "U2", { run, path, attempt, digest })).toBe("approval.not-in-group");
    expect(await press(mine, "U2", { run, path, attempt, digest })).toBe("run.unknown");
    expect([decided(mine), decided(theirs)]).toEqual([0, 0]);
  });
});
