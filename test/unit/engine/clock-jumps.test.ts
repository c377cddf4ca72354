import { array, assert, asyncProperty, integer, oneof, record, constant } from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";

import type { RunEvent } from "../../../src/domain/run-event.ts";
import { newId, systemRandom } from "../../../src/platform/ids.ts";
import { EngineRig } from "../../support/engine-rig.ts";
import { settle } from "../../support/fake-clock.ts";
import { RULE, startedEvent } from "../../support/run-spec.ts";

const MINUTE_MS = 60_000;

/** A run that waits at a gate. */
class Waiting implements AsyncDisposable {
  readonly engine: EngineRig;
  readonly run: string;
  readonly expiresAt: number;

  private constructor(engine: EngineRig, run: string) {
    this.engine = engine;
    this.run = run;
    this.expiresAt = engine.clock.now() + RULE.expiresMs;
  }

  static async open(): Promise<Waiting> {
    const engine = await EngineRig.open();
    const { type: _type, at: _at, actor: _actor, ...started } = startedEvent([{ name: "prod", approval: RULE }]);
    const { state } = await engine.runs.start({ ...started, run: newId("run", 1, systemRandom), actor: "p_ana" });
    await settle();
    return new Waiting(engine, state.id);
  }

  /** How often the log says that the gate has expired, and that the run has ended. */
  endings(): { readonly expiries: number; readonly ends: number } {
    const events: readonly RunEvent[] = this.engine.store.events.readRun(this.run);
    const expired = events.filter((event) => event.type === "step.failed" && event.failure.code === "gate.expired");
    return { expiries: expired.length, ends: events.filter(({ type }) => type === "run.finished").length };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
  }
}

async function waiting(): Promise<Waiting> {
  const opened = await Waiting.open();
  onTestFinished(() => opened[Symbol.asyncDispose]());
  return opened;
}

describe("a gate whose clock is set", () => {
  it("forward beyond its deadline expires within a minute, once", async () => {
    const gate = await waiting();
    gate.engine.clock.step(RULE.expiresMs + 1);
    expect(gate.endings()).toEqual({ expiries: 0, ends: 0 });
    await gate.engine.clock.advance(MINUTE_MS);
    // The run ends when whoever is alarmed about it has been.
    await gate.engine.succeed("alert");
    expect(gate.endings()).toEqual({ expiries: 1, ends: 1 });
    await gate.engine.clock.advance(RULE.expiresMs);
    expect(gate.endings()).toEqual({ expiries: 1, ends: 1 });
  });

  it("forward and back again by mistake is still open, and expires when its time has come", async () => {
    const gate = await waiting();
    gate.engine.clock.step(100 * RULE.expiresMs);
    gate.engine.clock.step(-100 * RULE.expiresMs);
    await gate.engine.clock.advance(RULE.expiresMs - 1);
    expect(gate.endings().expiries).toBe(0);
    await gate.engine.clock.advance(MINUTE_MS);
    expect(gate.endings().expiries).toBe(1);
  });

  it("in any way at any time never expires before its deadline, at most a minute after it, and once", async () => {
    const hop = record({ stepMs: integer({ min: -RULE.expiresMs, max: RULE.expiresMs }), waitMs: constant(0) });
    const wait = record({ stepMs: constant(0), waitMs: integer({ min: 1, max: RULE.expiresMs / 2 }) });
    const claim = asyncProperty(array(oneof(hop, wait), { maxLength: 12 }), async (moves) => {
      await using gate = await Waiting.open();
      const { clock } = gate.engine;
      let latest = clock.now();
      for (const { stepMs, waitMs } of moves) {
        clock.step(stepMs);
        await clock.advance(waitMs);
        latest = Math.max(latest, clock.now());
        if (latest < gate.expiresAt) expect(gate.endings().expiries).toBe(0);
        expect(gate.endings().expiries).toBeLessThanOrEqual(1);
      }
      await clock.advance(Math.max(0, gate.expiresAt - clock.now()) + MINUTE_MS);
      expect(gate.endings().expiries).toBe(1);
    });
    await assert(claim, { numRuns: 30 });
  });
});
