import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";

import { JobDesk } from "../../../src/dispatch/job-desk.ts";
import { newEntry } from "../../../src/dispatch/job-entry.ts";
import { type AnswerContent, type JobRef, refOf, type ReportContent } from "../../../src/dispatch/wire.ts";
import { WorkerRegistry } from "../../../src/dispatch/worker-registry.ts";
import { effectKey } from "../../../src/domain/effect.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import type { Job } from "../../../src/engine/ports.ts";
import { defineAction, type Repeat } from "../../../src/engine/step-kind.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

const DONE: Outcome = { status: "succeeded", output: {} };

function kindOf(repeat: Repeat): ReturnType<typeof defineAction> {
  const input = z.looseObject({});
  const run = (): Promise<typeof DONE> => Promise.resolve(DONE);
  return defineAction({ kind: `test/${repeat}`, summary: "", repeat, input, output: input, run });
}

/** A desk at which the test is every worker, and the engine. */
class Rig {
  readonly clock = new FakeClock();
  readonly workers = new WorkerRegistry(2500);
  readonly told: [worker: string, content: AnswerContent][] = [];
  readonly outcomes: [token: number, status: string][] = [];
  readonly handedBack: number[] = [];
  readonly enqueued: number[] = [];
  readonly checkpoints: unknown[] = [];
  checkpointFails: Error | undefined;
  readonly desk: JobDesk;
  #seq = 0;

  constructor() {
    this.desk = new JobDesk({
      kinds: new Map((["safe", "ask"] as const).map((repeat) => [`test/${repeat}`, kindOf(repeat)])),
      reports: {
        progress: () => undefined,
        checkpoint: async (_job, data) => {
          this.checkpoints.push(data);
          if (this.checkpointFails !== undefined) throw this.checkpointFails;
        },
        outcome: (job, outcome) => {
          this.outcomes.push([job.token, outcome.status === "failed" ? outcome.failure.code : outcome.status]);
        },
        handedBack: (job) => void this.handedBack.push(job.token),
      },
      workers: this.workers,
      clock: this.clock,
      logger: silentLogger,
      tell: (worker, content) => void this.told.push([worker, content]),
      received: (worker, request) => {
        this.told.push([worker, { type: "verdict", request, answers: 0, verdict: { ok: true } }]);
      },
      enqueue: (job) => void this.enqueued.push(job.token),
      onEnded: () => undefined,
    });
  }

  /** A job that waits; returns its name. */
  add(token: number, uses = "test/safe", more: Partial<Job> = {}): JobRef {
    const job: Job = {
      effect: { run: "run_1", path: "sync", attempt: 1 },
      token,
      uses,
      input: {},
      facts: { runTitle: "", requester: "", requesterUser: "" },
      checkpointed: undefined,
      startedAt: 0,
      ...more,
    };
    this.desk.entries.set(effectKey(job.effect), newEntry(job, "sealed", this.clock.monotonic()));
    return refOf(job);
  }

  beat(worker: string, ...jobs: readonly JobRef[]): void {
    const kinds = ["test/safe", "test/ask"];
    this.hear(worker, { type: "beat", version: "1.0.0", protocol: 1, kinds, free: 1, jobs: [...jobs] });
  }

  /** What the server answers to a question of a worker: `ok`, or the code of its refusal. */
  async ask(worker: string, content: Extract<ReportContent, { request: string }>): Promise<string> {
    const before = this.told.length;
    this.hear(worker, content);
    await settle();
    const answers = this.told.slice(before).flatMap(([, told]) => (told.type === "verdict" ? [told.verdict] : []));
    return answers.map((verdict) => (verdict.ok ? "ok" : verdict.code)).join();
  }

  hear(worker: string, content: ReportContent): void {
    this.#seq += 1;
    this.desk.hear({ worker, seq: this.#seq, content });
  }

  /** Of a worker that is connected. */
  async claim(worker: string, job: JobRef): Promise<string> {
    if (this.workers.get(worker) === undefined) this.beat(worker);
    return await this.ask(worker, { type: "claim", request: "c", ...job });
  }

  async end(worker: string, job: JobRef, outcome: Outcome = DONE): Promise<string> {
    return await this.ask(worker, { type: "outcome", request: "o", ...job, outcome });
  }
}

describe("the desk at which workers ask", () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });

  it("lets one worker begin a job, and that one as often as it asks", async () => {
    const job = rig.add(5);
    expect([await rig.claim("a", job), await rig.claim("a", job), await rig.claim("b", job)]).toEqual([
      "ok",
      "ok",
      "step.superseded",
    ]);
  });

  it("says which of the times that it was asked it answers", async () => {
    const job = rig.add(5);
    await rig.claim("a", job);
    await rig.claim("a", job);
    await rig.ask("a", { type: "checkpoint", request: "k", ...job, data: 1 });
    const answers = rig.told.flatMap(([, told]) => (told.type === "verdict" ? [told.answers] : []));
    // The first report was that it is there.
    expect(answers).toEqual([2, 3, 4]);
  });

  it("lets nobody begin who has left or never said that he is there: nobody would notice when he is gone", async () => {
    const job = rig.add(5);
    const claim = { type: "claim", request: "c", ...job } as const;
    expect(await rig.ask("stranger", claim)).toBe("");
    rig.beat("a");
    rig.hear("a", { type: "leaving", unfinished: [] });
    expect(await rig.ask("a", claim)).toBe("");
    expect(rig.desk.entries.get(job.key)?.holder).toBeUndefined();
    expect(await rig.claim("b", job)).toBe("ok");
  });

  it("notices when somebody is gone who said nothing of himself but that he has it", async () => {
    const job = rig.add(5, "test/ask", { mayHaveBegun: true });
    rig.hear("a", { type: "progress", ...job, progress: { text: "half way" } });
    await rig.clock.advance(2400);
    rig.desk.giveUpUnheardOf(0);
    expect(rig.outcomes).toEqual([]);
    await rig.clock.advance(200);
    rig.desk.giveUpUnheardOf(rig.clock.monotonic() - 2400);
    expect(rig.outcomes).toEqual([]);
    rig.desk.giveUpUnheardOf(0);
    expect(rig.outcomes).toEqual([[5, "worker.lost"]]);
  });

  it("lets nobody begin what is unknown, cancelled or handed out under another token", async () => {
    const job = rig.add(5);
    expect(await rig.claim("a", { ...job, token: 4 })).toBe("step.superseded");
    expect(await rig.claim("a", { ...job, key: "run_2/sync/1" })).toBe("step.superseded");
    const entry = rig.desk.entries.get(job.key);
    if (entry !== undefined) entry.cancelled = "the run has moved on";
    expect(await rig.claim("a", job)).toBe("step.superseded");
  });

  it("lets nobody begin what another worker still executes from before, which is told to stop", async () => {
    const job = rig.add(5);
    rig.beat("a", { ...job, token: 4 });
    expect(await rig.claim("b", job)).toBe("step.still-running");
    expect(rig.told).toContainEqual(["a", expect.objectContaining({ type: "stop", token: 4, silently: true })]);
    rig.beat("a");
    expect(await rig.claim("b", job)).toBe("ok");
  });

  it("leaves to a person what another worker executes from before and is not safe to repeat", async () => {
    const job = rig.add(5, "test/ask");
    rig.beat("a", { ...job, token: 4 });
    expect(await rig.claim("b", job)).toBe("step.superseded");
    expect(rig.outcomes).toEqual([[5, "worker.lost"]]);
  });

  it("hears the outcome of whoever executes it, once", async () => {
    const job = rig.add(5);
    await rig.claim("a", job);
    expect(await rig.end("b", job)).toBe("step.superseded");
    expect([await rig.end("a", job), await rig.end("a", job)]).toEqual(["ok", "step.superseded"]);
    expect(rig.outcomes).toEqual([[5, "succeeded"]]);
  });

  it("answers a checkpoint when it is durable, and records one that is asked for again once", async () => {
    const job = rig.add(5);
    await rig.claim("a", job);
    const asked = { type: "checkpoint", request: "1", ...job, data: { before: 1 } } as const;
    expect([await rig.ask("a", asked), await rig.ask("a", asked)]).toEqual(["ok", "ok"]);
    expect(rig.checkpoints).toEqual([{ before: 1 }]);
    rig.checkpointFails = new AppError("the disk is full", { code: "store.full" });
    expect(await rig.ask("a", { ...asked, request: "2" })).toBe("store.full");
  });

  it("takes no checkpoint of a job that is cancelled, dispatched anew, or somebody else's", async () => {
    const job = rig.add(5);
    const asked = { type: "checkpoint", request: "1", ...job, data: null } as const;
    expect(await rig.ask("a", asked)).toBe("step.superseded");
    await rig.claim("a", job);
    const entry = rig.desk.entries.get(job.key);
    if (entry === undefined) throw new Error("it is gone");
    entry.successor = { job: { ...entry.job, token: 6 }, cancelled: undefined };
    expect(await rig.ask("a", asked)).toBe("step.superseded");
    entry.successor = undefined;
    entry.cancelled = "the run has moved on";
    expect(await rig.ask("a", asked)).toBe("step.superseded");
    expect(rig.checkpoints).toEqual([]);
  });

  it("gives back what a lost worker had, but leaves what is not safe to repeat to a person", async () => {
    const safe = rig.add(5);
    await rig.claim("a", safe);
    rig.desk.gone("a");
    expect([rig.handedBack, rig.outcomes]).toEqual([[5], []]);
    const ask = rig.add(6, "test/ask");
    await rig.claim("a", ask);
    rig.desk.gone("a");
    expect([rig.handedBack, rig.outcomes]).toEqual([[5], [[6, "worker.lost"]]]);
  });

  it("lets a worker that an earlier server let begin go on with what must not be repeated", async () => {
    const job = rig.add(5, "test/ask", { mayHaveBegun: true });
    rig.beat("a", job);
    await rig.clock.advance(10_000);
    rig.desk.giveUpUnheardOf(0);
    expect(rig.told.filter(([, { type }]) => type === "stop")).toEqual([]);
    expect(await rig.ask("a", { type: "checkpoint", request: "1", ...job, data: 1 })).toBe("ok");
    expect(await rig.end("b", job)).toBe("step.superseded");
    expect(await rig.end("a", job)).toBe("ok");
    expect(rig.outcomes).toEqual([[5, "succeeded"]]);
  });

  it("takes the outcome of what an earlier server let begin also when that is the first word of it", async () => {
    const job = rig.add(5, "test/ask", { mayHaveBegun: true });
    expect(await rig.end("a", job)).toBe("ok");
    expect(rig.outcomes).toEqual([[5, "succeeded"]]);
  });

  it("leaves to a person what an earlier server let begin and nobody has, once everybody was heard", async () => {
    const job = rig.add(5, "test/ask", { mayHaveBegun: true });
    expect(await rig.claim("a", job)).toBe("step.superseded");
    await rig.clock.advance(10_000);
    rig.desk.giveUpUnheardOf(undefined);
    rig.desk.giveUpUnheardOf(rig.clock.monotonic() - 2000);
    expect(rig.outcomes).toEqual([]);
    rig.desk.giveUpUnheardOf(rig.clock.monotonic() - 2600);
    expect(rig.outcomes).toEqual([[5, "step.interrupted"]]);
    expect(await rig.end("a", job)).toBe("step.superseded");
  });

  it("stops what an earlier server let begin and was cancelled since, when it hears who has it", () => {
    const job = rig.add(5, "test/ask", { mayHaveBegun: true });
    const entry = rig.desk.entries.get(job.key);
    if (entry !== undefined) entry.cancelled = "the run was cancelled";
    rig.beat("a", job);
    const stop = expect.objectContaining({ type: "stop", token: 5, reason: "the run was cancelled", silently: false });
    expect(rig.told).toContainEqual(["a", stop]);
  });

  it("ends as cancelled what was to be stopped when its worker was lost", async () => {
    const job = rig.add(5);
    await rig.claim("a", job);
    const entry = rig.desk.entries.get(job.key);
    if (entry !== undefined) entry.cancelled = "the run has moved on";
    rig.desk.gone("a");
    expect([rig.handedBack, rig.outcomes]).toEqual([[], [[5, "cancelled"]]]);
  });

  it("lets begin what waited for an older dispatch to stop, in whichever way that ended", async () => {
    for (const [index, stop] of [
      (job: JobRef) => rig.end("a", job),
      () => Promise.resolve(rig.desk.gone("a")),
      (job: JobRef) => Promise.resolve(rig.hear("a", { type: "leaving", unfinished: [job] })),
    ].entries()) {
      const job = rig.add(5);
      await rig.claim("a", job);
      const entry = rig.desk.entries.get(job.key);
      if (entry !== undefined) entry.successor = { job: { ...entry.job, token: 6 + index }, cancelled: undefined };
      await stop(job);
    }
    expect(rig.enqueued).toEqual([6, 7, 8]);
    expect([rig.outcomes, rig.handedBack]).toEqual([[], []]);
  });

  it("takes back what a worker was let begin and does not know of, after a while", async () => {
    const job = rig.add(5);
    rig.beat("a");
    await rig.claim("a", job);
    await rig.clock.advance(1000);
    rig.beat("a");
    expect(rig.handedBack).toEqual([]);
    await rig.clock.advance(1000);
    rig.beat("a");
    expect(rig.handedBack).toEqual([5]);
  });

  it("takes back what must not be repeated only when it is certain that it was never begun", async () => {
    const job = rig.add(5, "test/ask");
    await rig.claim("a", job);
    await rig.clock.advance(4000);
    // It asks again, as it has not heard yet that it may.
    await rig.claim("a", job);
    await rig.clock.advance(7900);
    rig.beat("a");
    expect([rig.handedBack, rig.outcomes]).toEqual([[], []]);
    await rig.clock.advance(200);
    rig.beat("a");
    expect([rig.handedBack, rig.outcomes]).toEqual([[5], []]);
  });

  it("takes back from a worker that leaves whatever it has not begun, or has stopped", async () => {
    const add = (token: number, uses: string): JobRef =>
      rig.add(token, uses, { effect: { run: "run_1", path: `step_${token}`, attempt: 1 } });
    const asks = [add(1, "test/ask"), add(2, "test/ask")];
    const safes = [add(3, "test/safe"), add(4, "test/safe")];
    for (const job of [...asks, ...safes]) await rig.claim("a", job);
    const unfinished = [...asks.slice(0, 1), ...safes.slice(0, 1)];
    rig.hear("a", { type: "leaving", unfinished });
    expect([new Set(rig.handedBack), rig.outcomes]).toEqual([new Set([2, 3, 4]), [[1, "worker.lost"]]]);
  });

  it("leaves to a person what a worker had begun, must not be repeated, and does not know of any more", async () => {
    const job = rig.add(5, "test/ask");
    await rig.claim("a", job);
    rig.beat("a", job);
    await rig.clock.advance(1600);
    rig.beat("a");
    expect([rig.handedBack, rig.outcomes]).toEqual([[], [[5, "worker.lost"]]]);
  });

  it("reminds a worker of a stop that it missed", async () => {
    const job = rig.add(5);
    await rig.claim("a", job);
    const entry = rig.desk.entries.get(job.key);
    if (entry !== undefined) entry.cancelled = "the run has moved on";
    rig.beat("a", job);
    expect(rig.told.at(-1)).toEqual(["a", { type: "stop", ...job, reason: "the run has moved on", silently: false }]);
  });

  it("notes who cannot execute a job, and puts it into the queue again", () => {
    const job = rig.add(5);
    rig.hear("old", { type: "unable", ...job, message: "it does not know test/safe" });
    const entry = rig.desk.entries.get(job.key);
    expect([entry?.ticket, entry?.addedAt, [...(entry?.refusals ?? [])]]).toEqual([
      1,
      undefined,
      [["old", "it does not know test/safe"]],
    ]);
  });
});
