import { describe, expect, it } from "vitest";

import type { Outcome } from "../../../../src/domain/outcome.ts";
import { isoTime } from "../../../../src/platform/clock.ts";
import { delay } from "../../../../src/steps/timing/delay.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { StepBench } from "../../../support/step-bench.ts";

const HOUR_MS = 3_600_000;

function rig(startedAgoMs = 0) {
  const clock = new FakeClock();
  const bench = new StepBench(delay({ clock }), clock.now() - startedAgoMs);
  const seen: { outcome?: Outcome } = {};
  const start = (input: unknown): void => void bench.run(input).then((outcome) => (seen.outcome = outcome));
  return { clock, bench, seen, start };
}

describe("delay", () => {
  it("waits for its time, and shows how much is left", async () => {
    const { clock, bench, seen, start } = rig();
    start({ for: "1h" });
    await clock.advance(HOUR_MS - 1);
    expect(seen.outcome).toBeUndefined();
    expect(bench.progress.map(({ text }) => text).slice(0, 2)).toEqual(["1 h to go", "55 min to go"]);
    await clock.advance(1);
    expect(seen.outcome).toEqual({ status: "succeeded", output: { waited: HOUR_MS, notes: [] } });
    expect(clock.pendingTimers).toBe(0);
  });

  it("takes milliseconds, as expressions have durations", async () => {
    const { clock, seen, start } = rig();
    start({ for: 5000 });
    await clock.advance(5000);
    expect(seen.outcome?.status).toBe("succeeded");
  });

  it("does not begin anew when the server does", async () => {
    const { clock, seen, start } = rig(HOUR_MS / 2);
    start({ for: "1h" });
    await clock.advance(HOUR_MS / 2);
    expect(seen.outcome?.status).toBe("succeeded");
  });

  it("is over at once where its time passed while the server was away", async () => {
    const { clock, seen, start } = rig(2 * HOUR_MS);
    start({ for: "1h" });
    await clock.advance(0);
    expect(seen.outcome).toEqual({ status: "succeeded", output: { waited: 2 * HOUR_MS, notes: [] } });
  });

  it.each([-86_400_000, 86_400_000])(
    "takes as long as it was to, although the clock is set by %i ms",
    async (stepMs) => {
      const { clock, seen, start } = rig();
      start({ for: "1h" });
      await clock.advance(60_000);
      clock.step(stepMs);
      await clock.advance(HOUR_MS - 60_001);
      expect(seen.outcome).toBeUndefined();
      await clock.advance(1);
      expect(seen.outcome?.status).toBe("succeeded");
    },
  );

  it("waits for a moment of the clock on the wall, and notices within minutes when that is set", async () => {
    const { clock, seen, start } = rig();
    start({ until: isoTime(clock.now() + 3 * HOUR_MS) });
    await clock.advance(HOUR_MS);
    clock.step(HOUR_MS);
    await clock.advance(HOUR_MS - 1);
    expect(seen.outcome).toBeUndefined();
    await clock.advance(1);
    expect(seen.outcome?.status).toBe("succeeded");
  });

  it("does not wait for a moment that is over", async () => {
    const { clock, seen, start } = rig();
    start({ until: "2020-01-01T00:00:00Z" });
    await clock.advance(0);
    expect(seen.outcome?.status).toBe("succeeded");
  });

  it.each([{}, { for: "1h", until: "2030-01-01T00:00:00Z" }])("wants one of for and until: %j", async (input) => {
    expect(await rig().bench.failure(input)).toMatchObject({ code: "delay.bad-input" });
  });

  it("ends with the reason of its signal", async () => {
    const { clock, bench, seen, start } = rig();
    start({ for: "1h" });
    await clock.advance(1000);
    bench.stop.abort(new Error("nobody wants it"));
    await clock.advance(0);
    expect(seen.outcome).toMatchObject({ failure: { message: "nobody wants it" } });
    expect(clock.pendingTimers).toBe(0);
  });
});
