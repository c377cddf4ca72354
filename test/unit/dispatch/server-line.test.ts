import { beforeEach, describe, expect, it } from "vitest";

import { sealEnvelope } from "../../../src/dispatch/envelope.ts";
import { ServerLine } from "../../../src/dispatch/server-line.ts";
import { type AnswerContent, placesOf, Report } from "../../../src/dispatch/wire.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { newKeys } from "../../support/bullmq-rig.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

const KEYS = newKeys();
const PLACES = placesOf(KEYS.job.id);
const CLAIM = { type: "claim", key: "run_1/sync/1", token: 7 } as const;

/** The worker's end of a line whose other end is the test. */
class Rig {
  readonly clock = new FakeClock();
  readonly reports: Report[] = [];
  readonly stops: string[] = [];
  readonly rollCalls: boolean[] = [];
  readonly line: ServerLine;
  isReachable = true;
  /** Time that has passed while the worker's own timers did not run. */
  stoodStillMs = 0;
  readonly #listeners = new Map<string, (text: string) => void>();

  constructor() {
    this.line = new ServerLine({
      worker: "w",
      keys: KEYS,
      places: PLACES,
      link: {
        listen: (channel, listener) => void this.#listeners.set(channel, listener),
        publish: async (_channel, text) => {
          if (!this.isReachable) throw new Error("away");
          const envelope: { body: string } = JSON.parse(text);
          this.reports.push(Report.parse(JSON.parse(envelope.body)));
        },
      },
      clock: {
        now: this.clock.now,
        monotonic: () => this.clock.monotonic() + this.stoodStillMs,
        setTimer: (delayMs, action) => this.clock.setTimer(delayMs, action),
        sleep: (delayMs, signal) => this.clock.sleep(delayMs, signal),
      },
      logger: silentLogger,
      onStop: ({ reason }) => void this.stops.push(reason),
      onRollCall: (isNewServer) => void this.rollCalls.push(isNewServer),
    });
    this.start("e1");
    this.reports.length = 0;
  }

  /** A server answers something that the worker has just said to another one, or to none. */
  start(epoch: string): void {
    void this.line.tell({ type: "leaving", unfinished: [] });
    this.answer({ type: "roll-call", answers: this.reports.at(-1)?.seq ?? 0 }, { epoch });
  }

  answer(
    content: AnswerContent,
    { epoch = "e1", worker = "w", key = KEYS.answer, received = [] as readonly string[] } = {},
  ): void {
    this.#listeners.get(PLACES.worker("w"))?.(sealEnvelope(key, { epoch, worker, received, content }));
  }

  /** Says yes to what was asked last, or to that report. */
  agree(report = this.reports.at(-1), epoch = "e1"): void {
    const content = report?.content;
    const request = content !== undefined && "request" in content ? content.request : "";
    this.answer({ type: "verdict", request, answers: report?.seq ?? 0, verdict: { ok: true } }, { epoch });
  }
}

describe("a worker that asks its server", () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });

  it("goes on when the server says yes", async () => {
    const asked = rig.line.ask(CLAIM, { limitMs: 5000 });
    expect(rig.reports.at(-1)).toMatchObject({ epoch: "e1", worker: "w", content: { ...CLAIM, request: "1" } });
    rig.agree();
    await asked;
  });

  it("hears that an outcome counts along with whatever is said next", async () => {
    const asked = rig.line.ask(
      { ...CLAIM, type: "outcome", outcome: { status: "succeeded", output: {} } },
      { limitMs: 5000 },
    );
    rig.answer({ type: "received" }, { received: ["1"] });
    await asked;
  });

  it("hears what the server says instead", async () => {
    const asked = rig.line.ask(CLAIM, { limitMs: 5000 });
    const verdict = { ok: false, code: "step.superseded", message: "too late", retry: "never" } as const;
    rig.answer({ type: "verdict", request: "1", answers: 1, verdict });
    await expect(asked).rejects.toMatchObject({ code: "step.superseded", message: "too late" });
  });

  it("asks again under the same request until it is answered, also while Redis is away", async () => {
    const asked = rig.line.ask(CLAIM, { limitMs: 5000 });
    rig.isReachable = false;
    await rig.clock.advance(1000);
    rig.isReachable = true;
    await rig.clock.advance(1000);
    const requests = rig.reports.map(({ content }) => ("request" in content ? content.request : ""));
    expect(new Set(requests)).toEqual(new Set(["1"]));
    expect(requests.length).toBeGreaterThanOrEqual(3);
    const numbers = rig.reports.map(({ seq }) => seq);
    expect(new Set(numbers).size).toBe(numbers.length);
    rig.agree();
    await asked;
  });

  it("gives up after so long, and no effect follows", async () => {
    const asked = rig.line.ask(CLAIM, { limitMs: 5000 }).catch((error: unknown) => error);
    await rig.clock.advance(5000);
    expect(await asked).toMatchObject({ code: "worker.no-server", retry: "backoff" });
    const sent = rig.reports.length;
    await rig.clock.advance(5000);
    expect(rig.reports).toHaveLength(sent);
  });

  it("does not take an answer for good that it reads only after it stood still", async () => {
    let isAnswered = false;
    const asked = rig.line.ask(CLAIM, { limitMs: 30_000 }).then(() => (isAnswered = true));
    const first = rig.reports.at(-1);
    rig.stoodStillMs = 1100;
    rig.agree(first);
    await settle();
    expect(isAnswered).toBe(false);
    // It may come to its own timers first, and so ask again, before it reads what was said to it meanwhile.
    await rig.clock.advance(500);
    rig.agree(first);
    await settle();
    expect(isAnswered).toBe(false);
    rig.agree();
    await asked;
  });

  it("is told when another server has taken the place of its own, which knows of nothing that was asked", async () => {
    const asked = rig.line.ask(CLAIM, { limitMs: 5000 }).catch((error: unknown) => error);
    rig.start("e2");
    expect(await asked).toMatchObject({ code: "step.superseded" });
    expect(rig.rollCalls).toEqual([false, true]);
    rig.answer({ type: "stop", key: "k", token: 1, reason: "of the old one", silently: true });
    expect(rig.stops).toEqual([]);
  });

  it("is not led to a server that is long gone by a roll-call that somebody says again", async () => {
    const first = rig.reports.length;
    rig.start("e2");
    const rollCall: AnswerContent = { type: "roll-call", answers: rig.reports[first]?.seq ?? 0 };
    rig.start("e3");
    const asked = rig.line.ask(CLAIM, { limitMs: 5000 });
    rig.rollCalls.length = 0;
    rig.answer(rollCall, { epoch: "e2" });
    rig.answer({ type: "roll-call", answers: 0 }, { epoch: "e2", worker: "*" });
    rig.answer({ type: "roll-call", answers: 1_000_000 }, { epoch: "e2" });
    // Asked by whomever, it says what it has, and its own server stays its own.
    expect(rig.rollCalls).toEqual([false, false, false]);
    expect(rig.line.epoch).toBe("e3");
    rig.agree(rig.reports.at(-1), "e3");
    await asked;
  });

  it("asks the server that has taken the place of its own what outlives a server", async () => {
    const question = { ...CLAIM, type: "outcome", outcome: { status: "succeeded", output: {} } } as const;
    const asked = rig.line.ask(question, { limitMs: 5000, outlivesServer: true });
    rig.start("e2");
    await rig.clock.advance(500);
    expect(rig.reports.at(-1)).toMatchObject({ epoch: "e2", content: { ...question, request: "1" } });
    rig.answer({ type: "received" }, { epoch: "e2", received: ["1"] });
    await asked;
  });

  it("hears only what its own server tells it, signed as an answer", () => {
    const stop: AnswerContent = { type: "stop", key: "k", token: 1, reason: "stop", silently: false };
    rig.answer(stop, { worker: "another" });
    rig.answer(stop, { epoch: "e0" });
    rig.answer(stop, { key: KEYS.report });
    rig.answer(stop, { key: { id: KEYS.answer.id, bytes: KEYS.report.bytes } });
    expect(rig.stops).toEqual([]);
    rig.answer(stop);
    expect(rig.stops).toEqual(["stop"]);
  });

  it("hears no more when it ends", async () => {
    const asked = rig.line.ask(CLAIM, { limitMs: 5000 }).catch((error: unknown) => error);
    rig.line[Symbol.dispose]();
    expect(await asked).toMatchObject({ code: "worker.no-server" });
  });
});
