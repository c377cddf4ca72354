import { beforeEach, describe, expect, it } from "vitest";

import { type Entry, newEntry } from "../../../src/dispatch/job-entry.ts";
import { WaitingJobs } from "../../../src/dispatch/waiting-jobs.ts";
import { WorkerRegistry } from "../../../src/dispatch/worker-registry.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const TICK_MS = 100;

/** Jobs that wait, and a queue that takes them or does not. */
class Rig {
  readonly clock = new FakeClock();
  readonly entries = new Map<string, Entry>();
  readonly added: string[][] = [];
  readonly said: string[] = [];
  readonly workers = new WorkerRegistry(2500);
  readonly waiting = new WaitingJobs({
    kinds: new Map(),
    desk: { entries: this.entries, settle: () => undefined },
    queue: {
      trouble: undefined,
      add: async (tickets) => void this.added.push(tickets.map(({ id }) => id)),
      remove: async () => undefined,
    },
    link: { trouble: undefined },
    workers: this.workers,
    reports: {
      progress: (_job, { text }) => void this.said.push(text),
      checkpoint: async () => undefined,
      outcome: () => undefined,
      handedBack: () => undefined,
    },
    clock: this.clock,
    logger: silentLogger,
  });

  add(path: string, mayHaveBegun = false): void {
    const effect = { run: "run_1", path, attempt: 1 };
    const facts = { runTitle: "", requester: "", requesterUser: "" };
    const job = { effect, token: 1, uses: "test/safe", input: {}, facts, checkpointed: undefined, startedAt: 0 };
    this.entries.set(path, newEntry({ ...job, mayHaveBegun }, "sealed", this.clock.monotonic()));
    this.waiting.flushSoon();
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += TICK_MS) {
      await this.clock.advance(TICK_MS);
      this.waiting.look();
    }
  }
}

describe("jobs that wait for a worker", () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });

  it("are brought to nobody while all who are connected could only refuse them", async () => {
    const beat = { type: "beat" as const, version: "1.0.0", protocol: 1, free: 1, jobs: [] };
    rig.workers.describe("older", { ...beat, kinds: ["test/other"] }, rig.clock.monotonic());
    rig.add("a");
    await rig.pass(5000);
    expect(rig.added).toEqual([]);
    expect(rig.said).toEqual(["Waiting for a worker that knows test/safe: older (version 1.0.0) cannot"]);
    rig.workers.describe("newer", { ...beat, kinds: ["test/safe"] }, rig.clock.monotonic());
    await rig.pass(TICK_MS);
    expect(rig.added).toHaveLength(1);
  });

  it("go to Redis together, and again when they have waited, in case it has lost them", async () => {
    rig.add("a");
    rig.add("b");
    await rig.clock.advance(0);
    expect(rig.added.map((ids) => ids.length)).toEqual([2]);
    await rig.pass(3500);
    expect(rig.added.map((ids) => ids.length)).toEqual([2, 2, 2, 2]);
    expect(new Set(rig.added.flat()).size).toBe(2);
    expect(rig.said).toEqual(["Waiting: no worker is connected", "Waiting: no worker is connected"]);
  });

  it("are not brought to Redis again faster than a thousand a second, however many they are", async () => {
    for (let index = 0; index < 10_000; index += 1) rig.add(`step ${index}`);
    await rig.pass(25_000);
    expect(rig.added.flat()).toHaveLength(30_000);
  });

  it("are not those that somebody may have begun", async () => {
    rig.add("a", true);
    await rig.pass(3000);
    expect([rig.added, rig.said]).toEqual([[], []]);
  });
});
