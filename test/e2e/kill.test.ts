import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type LogRow, verifyLog } from "../../src/audit/verify-log.ts";
import { foldRun } from "../../src/domain/evolve.ts";
import type { RunEvent } from "../../src/domain/run-event.ts";
import type { RunState } from "../../src/domain/run-state.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import { parseRunEvent, storedEvent } from "../../src/store/log-reader.ts";
import { openLog } from "../../src/store/store.ts";
import { ANA, DEPLOYS, PRIYA } from "../support/app-rig.ts";
import { ProcessRig } from "../support/process-rig.ts";
import { seededFractions } from "../support/seeded-fractions.ts";

// The moments of the kills follow from it; a failure names it, so that the same moments can be tried again.
const SEED = Number(process.env["QUARTERDECK_TEST_SEED"] ?? 20_261_121);
const KILLS = 8;
// Every fourth is killed while it starts, the others when so much more has happened since they were ready.
const LONGEST_START_MS = 1500;
const MOST_HAPPENINGS = 9;
const LONGEST_LIFE_MS = 1500;
const JITTER_MS = 30;

const UNFINISHED = /running|approval needed/u;
const COMMANDS = [
  "/promote checkout abc123 to prod",
  "/promote web main to prod",
  "/promote payments abc123 to prod",
] as const;
const APPLICATIONS = [
  "checkout-prod",
  "checkout-staging",
  "payments-prod",
  "payments-qa",
  "payments-staging",
  "web-prod",
  "web-staging",
];

/** What people do whatever happens to the server: they try again until Slack says that it arrived. */
class Persistent {
  readonly acknowledged: string[] = [];
  readonly #rig: ProcessRig;
  readonly #ended = new AbortController();
  readonly #pressed = new Set<string>();

  constructor(rig: ProcessRig) {
    this.#rig = rig;
  }

  /** Types a command until it is acknowledged. */
  async insist(text: string): Promise<void> {
    for (;;) {
      const { world } = this.#rig;
      const typed = await world.slack.people.typeCommand({ user: ANA, channel: DEPLOYS, text });
      if (typed.status === "acknowledged") {
        this.acknowledged.push(typed.triggerId);
        return;
      }
      await systemClock.sleep(50);
    }
  }

  /** Presses Approve on every request that is open, until told to stop. */
  async approve(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      for (const message of this.#rig.said()) {
        if (!JSON.stringify(message.blocks).includes("gate_approve") || this.#pressed.has(message.ts)) continue;
        if (await this.#rig.press(PRIYA, message, "gate_approve").catch(() => false)) this.#pressed.add(message.ts);
      }
      await systemClock.sleep(30);
    }
  }

  stop(): void {
    this.#ended.abort();
  }
}

/** Some calls have their effect, or none, and the server never hears which; it may be dead by then anyway. */
async function loseAnswers({ world }: ProcessRig, fractions: () => number): Promise<void> {
  const { faults } = world.slack.world;
  const skip = (): number => Math.floor(fractions() * 8);
  for (const method of ["chat.postMessage", "chat.update"]) {
    for (const when of ["before", "after"] as const)
      faults.add({ method, fault: { kind: "reset", when }, skip: skip(), times: 2 });
    faults.add({ method, fault: { kind: "cut" }, skip: skip(), times: 1 });
  }
  for (const kind of ["reset-before", "reset-after", "truncated"] as const)
    await world.argocd.control({ action: "add-fault", fault: { kind, matching: "^POST .*/sync", times: 1 } });
}

describe(`a server that is killed ${KILLS} times at any moment, and loses answers (QUARTERDECK_TEST_SEED=${SEED})`, () => {
  let rig: ProcessRig;
  let people: Persistent;
  let rows: readonly LogRow[] = [];
  let runs: readonly RunState[] = [];

  beforeAll(async () => {
    rig = await ProcessRig.open();
    people = new Persistent(rig);
    const fractions = seededFractions(SEED);
    await loseAnswers(rig, fractions);
    const typing = Promise.all(COMMANDS.map((text) => people.insist(text)));
    const approving = people.approve();
    for (let kill = 1; kill <= KILLS; kill += 1) {
      if (kill % 4 === 0) {
        await rig.killStarting(fractions() * LONGEST_START_MS);
        continue;
      }
      const server = await rig.start();
      const enough = rig.happenings() + Math.ceil(fractions() * MOST_HAPPENINGS);
      const jitterMs = fractions() * JITTER_MS;
      await rig.while(() => rig.happenings() < enough, LONGEST_LIFE_MS);
      await systemClock.sleep(jitterMs);
      expect(await server.kill("SIGKILL")).toBe("SIGKILL");
    }
    const last = await rig.start();
    await typing;
    await rig.until("every run to have ended", () => rig.ended(COMMANDS.length));
    await rig.until("everything to have been said", () => rig.said().every(({ text }) => !UNFINISHED.test(text)));
    people.stop();
    await approving;
    expect(await last.kill("SIGTERM")).toBe("exit code 0");
    using opened = openLog(rig.world.dataFolder);
    rows = [...opened.log.rows()];
    expect(verifyLog({ rows, people: opened.log.people() })).toMatchObject({ status: "intact" });
    const streams = [...new Set(rows.map(({ stream }) => stream))].filter((stream) => stream.startsWith("run_"));
    const eventsOf = (run: string): readonly RunEvent[] =>
      rows.filter(({ stream }) => stream === run).map((row) => parseRunEvent(row));
    runs = streams
      .map((run) => foldRun(run, eventsOf(run)))
      .toSorted((left, right) => left.title.localeCompare(right.title));
  }, 240_000);
  afterAll(() => rig[Symbol.asyncDispose]());

  it("keeps every command that was acknowledged, and deals with each once", () => {
    const intents = rows.filter(({ stream }) => stream === "intents").map((row) => storedEvent(row));
    const received = intents.filter(({ type }) => type === "intent.received");
    const settled = intents.filter(({ type }) => type === "intent.settled").map(({ id }) => id);
    expect(settled).toHaveLength(received.length);
    expect(new Set(settled)).toEqual(new Set(received.map(({ id }) => id)));
    const keys = received.map(({ key }) => key);
    for (const trigger of people.acknowledged) expect(keys).toContain(`slash/T0HARBOR01/${trigger}`);
  });

  it("does each promotion as one run, and ends it", () => {
    expect(runs.map(({ title, status }) => [title, status])).toEqual([
      [`Promote checkout ${DEMO_COMMITS.target.slice(0, 7)} to prod`, "succeeded"],
      [expect.stringMatching(/^Promote payments \w+ to prod$/u), "succeeded"],
      [expect.stringMatching(/^Promote web \w+ to prod$/u), "succeeded"],
    ]);
  });

  it("syncs every environment exactly once", () => {
    const { applications } = rig.world.argocd.state();
    const found = applications.map(({ name, deployments, health }) => `${name} ${deployments} ${health}`);
    expect(found.toSorted()).toEqual(APPLICATIONS.map((name) => `${name} 2 Healthy`));
    // A try whose request never left may be followed by another; in Argo CD there is one operation all the same.
    const steps = runs.flatMap((run) => [...run.steps.values()].filter(({ uses }) => uses === "argocd/sync"));
    expect(steps.map(({ status }) => status)).toEqual(APPLICATIONS.map(() => "succeeded"));
  });

  it("leaves one message for everything that it has to say, in its final state", () => {
    const said = rig.said();
    const cards = said.filter(({ threadTs }) => threadTs === undefined);
    expect(cards.map(({ text }) => /^Promote \w+ \w+ to prod: (\w+)/u.exec(text)?.[1])).toEqual(
      COMMANDS.map(() => "succeeded"),
    );
    const replies = said.filter(({ threadTs }) => threadTs !== undefined);
    const subjects = replies.map(({ threadTs, text }) => `${threadTs} ${subjectOf(text)}`);
    expect(subjects).toEqual([...new Set(subjects)]);
    expect(replies.filter(({ text }) => UNFINISHED.test(text)).map(({ text }) => text)).toEqual([]);
  });
});

/** What a message in a thread is about, without how it stands. */
function subjectOf(text: string): string {
  return /^(?:Step \w+ in \w+|Approval of .* in \w+)/u.exec(text)?.[0] ?? text;
}
