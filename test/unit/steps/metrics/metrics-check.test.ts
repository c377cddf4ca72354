import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Outcome } from "../../../../src/domain/outcome.ts";
import { readMetricAnswer } from "../../../../src/steps/metrics/instant-vector.ts";
import { whyBeyond } from "../../../../src/steps/metrics/judge-samples.ts";
import { metricsCheck } from "../../../../src/steps/metrics/metrics-check.ts";
import { CallError } from "../../../../src/steps/network/call-failure.ts";
import type { HttpAnswer, HttpCall } from "../../../../src/steps/network/http-call.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { StepBench } from "../../../support/step-bench.ts";

function vector(...values: readonly (readonly [Record<string, string>, string])[]): string {
  const result = values.map(([metric, value]) => ({ metric, value: [1_795_000_000.123, value] }));
  return JSON.stringify({ status: "success", data: { resultType: "vector", result } });
}

class Prometheus {
  readonly clock = new FakeClock();
  readonly calls: HttpCall[] = [];
  readonly bench: StepBench;
  answer: () => { readonly status?: number; readonly text: string } | Error = () => ({ text: vector([{}, "0.001"]) });
  outcome: Outcome | undefined;

  constructor() {
    const send = async (call: HttpCall): Promise<HttpAnswer> => {
      this.calls.push(call);
      const answer = this.answer();
      if (answer instanceof Error) throw answer;
      const body = Buffer.from(answer.text);
      return { status: answer.status ?? 200, headers: {}, body, isCut: false, url: "u", redirects: 0, latencyMs: 5 };
    };
    const networkPolicy = () => ({ privateAddresses: "deny", allow: [] }) as const;
    this.bench = new StepBench(metricsCheck({ send, networkPolicy, clock: this.clock }), this.clock.now());
  }

  start(input: Record<string, unknown> = {}): void {
    const given = { url: "https://prometheus.test/prom/", query: "errors > 0", below: 0.01, ...input };
    void this.bench.run(given).then((outcome) => (this.outcome = outcome));
  }

  async pass(durationMs = 0): Promise<Outcome | undefined> {
    await this.clock.advance(durationMs);
    return this.outcome;
  }
}

function away(): CallError {
  return new CallError("prometheus.test could not be reached.", { code: "network.unreachable", wasConnected: false });
}

describe("metrics/check", () => {
  it("is through after one good look, and says what the values are", async () => {
    const far = new Prometheus();
    far.answer = () => ({ text: vector([{ job: "a" }, "0.001"], [{ job: "b" }, "0"]) });
    far.start({ bearer: "token" });
    expect(await far.pass()).toEqual({
      status: "succeeded",
      output: {
        values: [
          { labels: { job: "a" }, value: 0.001 },
          { labels: { job: "b" }, value: 0 },
        ],
        series: 2,
        warnings: [],
        notes: ["below 0.01, 2 series"],
      },
    });
    const [call] = far.calls;
    expect(call?.url.href).toBe("https://prometheus.test/prom/api/v1/query?query=errors+%3E+0");
    expect(call?.headers).toEqual({ authorization: "Bearer token" });
    expect(far.clock.pendingTimers).toBe(0);
  });

  it("calls the values what they are called, and names no more digits than people read", async () => {
    const good = new Prometheus();
    good.answer = () => ({ text: vector([{}, "0.00123456"]) });
    good.start({ name: "share of errors" });
    expect(await good.pass()).toMatchObject({ output: { notes: ["share of errors: below 0.01, 0.001235 at last"] } });
    const bad = new Prometheus();
    bad.answer = () => ({ text: vector([{}, "0.08566514354444446"]) });
    bad.start({ name: "share of errors" });
    expect(await bad.pass()).toMatchObject({
      failure: { message: "share of errors: it is 0.08567, and has to be below 0.01" },
    });
  });

  it("fails at once with the worst values when one is beyond its bounds", async () => {
    const far = new Prometheus();
    far.answer = () => ({ text: vector([{ job: "a" }, "0.02"], [{ job: "b" }, "0.5"], [{ job: "c" }, "0"]) });
    far.start();
    expect(await far.pass()).toEqual({
      status: "failed",
      failure: {
        code: "metrics.beyond",
        message: 'errors > 0: it is 0.5 for {job="b"}, and 1 more of 3 series, and has to be below 0.01',
        retry: "never",
        details: {
          values: [
            { labels: { job: "b" }, value: "0.5" },
            { labels: { job: "a" }, value: "0.02" },
          ],
        },
      },
    });
  });

  it("takes no series for no good news, unless that was said", async () => {
    const far = new Prometheus();
    far.answer = () => ({ text: vector() });
    far.start();
    expect(await far.pass()).toMatchObject({ status: "failed", failure: { code: "metrics.beyond" } });
    far.start({ empty: "good" });
    expect(await far.pass()).toMatchObject({ status: "succeeded" });
  });

  it("wants it to last, and says how long it still takes", async () => {
    const far = new Prometheus();
    far.start({ for: "5m" });
    expect(await far.pass(299_999)).toBeUndefined();
    expect(far.bench.progress.at(0)?.text).toBe("below 0.01, as it has to be; 5 min to go");
    expect(await far.pass(1)).toMatchObject({ status: "succeeded" });
    expect(far.calls).toHaveLength(21);
  });

  it("begins anew after a moment beyond its bounds that was within the grace", async () => {
    const far = new Prometheus();
    far.start({ for: "1m", grace: "40s" });
    await far.pass(50_000);
    far.answer = () => ({ text: vector([{}, "1"]) });
    await far.pass(30_000);
    far.answer = () => ({ text: vector([{}, "0"]) });
    expect(await far.pass(69_999)).toBeUndefined();
    expect(await far.pass(15_000)).toMatchObject({ status: "succeeded" });
  });

  it("fails when it is beyond its bounds for longer than the grace", async () => {
    const far = new Prometheus();
    far.answer = () => ({ text: vector([{}, "1"]) });
    far.start({ grace: "40s" });
    expect(await far.pass(39_999)).toBeUndefined();
    expect(await far.pass(1)).toMatchObject({ status: "failed", failure: { code: "metrics.beyond" } });
  });

  it("waits for Prometheus for a while, and does not take that time for good", async () => {
    const far = new Prometheus();
    far.start({ for: "1m" });
    await far.pass(50_000);
    far.answer = () => away();
    await far.pass(30_000);
    far.answer = () => ({ text: vector([{}, "0"]) });
    expect(await far.pass(50_000)).toBeUndefined();
    expect(await far.pass(30_000)).toMatchObject({ status: "succeeded" });
  });

  it.each([away(), { status: 503, text: "" }, { status: 429, text: "slow down" }])(
    "fails when Prometheus stays away: %j",
    async (answer) => {
      const far = new Prometheus();
      far.answer = () => answer;
      far.start();
      expect(await far.pass(119_999)).toBeUndefined();
      const failure = { code: "metrics.away", retry: "backoff" };
      expect(await far.pass(15_000)).toMatchObject({ status: "failed", failure });
    },
  );

  it.each([
    [400, '{"status":"error","errorType":"bad_data","error":"parse error"}', "metrics.bad-query"],
    [422, '{"status":"error","errorType":"execution","error":"too many samples"}', "metrics.bad-query"],
    [401, "denied", "metrics.denied"],
    [200, "<html>Sign in</html>", "metrics.bad-answer"],
    [200, '{"status":"success","data":{"resultType":"matrix","result":[]}}', "metrics.bad-answer"],
    [200, '{"status":"success","data":{"resultType":"string","result":[1,"x"]}}', "metrics.bad-answer"],
    [200, '{"status":"success"}', "metrics.bad-answer"],
    [302, "", "metrics.bad-answer"],
    [200, vector([{}, "many"]), "metrics.bad-answer"],
  ])("fails at once after status %i with %s: %s", async (status, text, code) => {
    const far = new Prometheus();
    far.answer = () => ({ status, text });
    far.start({ grace: "1h", empty: "good" });
    expect(await far.pass()).toMatchObject({ status: "failed", failure: { code, retry: "never" } });
  });

  it("does not take an error for good because it also holds data", async () => {
    const far = new Prometheus();
    far.answer = () => ({ status: 500, text: vector([{}, "0"]) });
    far.start();
    expect(await far.pass()).toBeUndefined();
  });

  it("needs a bound", async () => {
    const far = new Prometheus();
    far.start({ below: undefined });
    expect(await far.pass()).toMatchObject({ failure: { code: "metrics.bad-input" } });
    expect(far.calls).toEqual([]);
  });

  it("ends with the reason of its signal", async () => {
    const far = new Prometheus();
    far.start({ for: "1h" });
    await far.pass(1000);
    far.bench.stop.abort(new Error("nobody wants it"));
    expect(await far.pass()).toMatchObject({ failure: { message: "nobody wants it" } });
    expect(far.clock.pendingTimers).toBe(0);
  });
});

describe("bounds of metrics", () => {
  it("are all to be held, by all series or by any of them", () => {
    const samples = [1, 5].map((value) => ({ labels: {}, value }));
    expect(whyBeyond(samples, { above: 0, "at-most": 5 })).toBeUndefined();
    expect(whyBeyond(samples, { "at-least": 1, below: 5 })?.samples).toEqual([{ labels: {}, value: 5 }]);
    expect(whyBeyond(samples, { above: 1, series: "any" })).toBeUndefined();
    expect(whyBeyond(samples, { above: 5, series: "any" })).toBeDefined();
  });

  it("are never held by what is no number", () => {
    fc.assert(
      fc.property(fc.double(), fc.constantFrom("below", "above", "at-most", "at-least"), (bound, name) => {
        const samples = [{ labels: {}, value: Number.NaN }];
        expect(whyBeyond(samples, { [name]: bound })).toBeDefined();
        expect(whyBeyond(samples, { [name]: bound, series: "any", empty: "good" })).toBeDefined();
      }),
    );
  });

  it("are held by every value or broken by it, never both", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (value, bound) => {
        const samples = [{ labels: {}, value }];
        expect(whyBeyond(samples, { below: bound }) === undefined).toBe(
          whyBeyond(samples, { "at-least": bound }) !== undefined,
        );
        expect(whyBeyond(samples, { above: bound }) === undefined).toBe(
          whyBeyond(samples, { "at-most": bound }) !== undefined,
        );
      }),
    );
  });
});

describe("numbers of Prometheus", () => {
  it.each([
    ["1", 1],
    ["-0.5", -0.5],
    ["1e-05", 1e-5],
    ["1.2E+3", 1200],
    ["+Inf", Infinity],
    ["-Inf", -Infinity],
    ["NaN", Number.NaN],
  ])("are read: %s", (text, value) => {
    expect(readMetricAnswer(JSON.parse(vector([{}, text])))).toMatchObject({ samples: [{ value }] });
  });

  it.each(["", " ", "0x10", "1,5", "null", "Infinity", "1e"])("are not read: %j", (text) => {
    expect(readMetricAnswer(JSON.parse(vector([{}, text])))).toBeUndefined();
  });

  it("may be a single one without labels", () => {
    const answer = { status: "success", data: { resultType: "scalar", result: [1, "7"] }, warnings: ["w"] };
    expect(readMetricAnswer(answer)).toEqual({ kind: "samples", samples: [{ labels: {}, value: 7 }], warnings: ["w"] });
  });
});
