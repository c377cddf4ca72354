import { describe, expect, it } from "vitest";

import type { Outcome } from "../../../../src/domain/outcome.ts";
import { AppError } from "../../../../src/platform/errors.ts";
import { httpProbe } from "../../../../src/steps/http/http-probe.ts";
import { CallError } from "../../../../src/steps/network/call-failure.ts";
import type { HttpAnswer, HttpCall } from "../../../../src/steps/network/http-call.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { StepBench } from "../../../support/step-bench.ts";

type Answer = Partial<Omit<HttpAnswer, "body">> & { readonly text?: string };

/** Addresses that answer as they are told, by host. */
class Field {
  readonly clock = new FakeClock();
  readonly calls: HttpCall[] = [];
  readonly bench: StepBench;
  answers: Readonly<Record<string, () => Answer | Error | "silence">> = {};
  #ended: Promise<Outcome> | undefined;
  outcome: Outcome | undefined;

  constructor() {
    const send = async (call: HttpCall): Promise<HttpAnswer> => {
      this.calls.push(call);
      const answer = this.answers[call.url.hostname]?.() ?? {};
      if (answer === "silence") await this.clock.sleep(1_000_000_000, call.signal);
      if (answer instanceof Error) throw answer;
      const { text = "", ...rest } = answer === "silence" ? {} : answer;
      const body = Buffer.from(text);
      return { status: 200, headers: {}, body, isCut: false, url: "u", redirects: 0, latencyMs: 5, ...rest };
    };
    const networkPolicy = () => ({ privateAddresses: "deny", allow: [] }) as const;
    this.bench = new StepBench(httpProbe({ send, networkPolicy, clock: this.clock }), this.clock.now());
  }

  start(input: Record<string, unknown>): void {
    this.#ended = this.bench.run(input).then((outcome) => (this.outcome = outcome));
  }

  async pass(durationMs: number): Promise<Outcome | undefined> {
    await this.clock.advance(durationMs);
    return this.outcome;
  }

  async end(): Promise<Outcome> {
    const outcome = await this.#ended;
    if (outcome === undefined) throw new Error("not started");
    return outcome;
  }
}

const url = "https://a.test/healthz?key=1";

function broken(): CallError {
  return new CallError("https://a.test/healthz could not be reached.", {
    code: "network.unreachable",
    wasConnected: false,
  });
}

describe("http/probe", () => {
  it("is through when the address was good three times in a row, five seconds apart", async () => {
    const field = new Field();
    field.start({ url });
    expect(await field.pass(9_999)).toBeUndefined();
    expect(field.calls).toHaveLength(2);
    expect(await field.pass(1)).toEqual({
      status: "succeeded",
      output: {
        targets: [{ target: "https://a.test/healthz", looks: 3, bad: 0, latency: 5, slowest: 5 }],
        slowest: 5,
        notes: ["good 3 times in a row; slowest answer 5 ms"],
      },
    });
    expect(field.clock.pendingTimers).toBe(0);
  });

  it("begins to count anew after a bad look", async () => {
    const field = new Field();
    const answers = [{}, {}, { status: 500 }, {}, broken(), {}, {}, {}];
    field.answers = { "a.test": () => answers.shift() ?? {} };
    field.start({ url, interval: "1s" });
    expect(await field.pass(7000)).toMatchObject({ status: "succeeded", output: { targets: [{ looks: 8, bad: 2 }] } });
  });

  it("shows how far it is, and what is wrong", async () => {
    const field = new Field();
    field.answers = { "a.test": () => ({ status: 503 }) };
    field.start({ url, interval: "1s" });
    await field.pass(0);
    expect(field.bench.progress.at(-1)).toEqual({
      text: "Good answers in a row",
      done: 0,
      total: 3,
      lines: ["https://a.test/healthz: status 503"],
    });
  });

  it("wants every target to be good", async () => {
    const field = new Field();
    let isUp = false;
    field.answers = { "b.test": () => (isUp ? {} : { status: 502 }) };
    field.start({ urls: ["https://a.test/", "https://b.test/"], interval: "1s", "good-in-a-row": 2 });
    expect(await field.pass(10_000)).toBeUndefined();
    expect(field.calls.filter((call) => call.url.hostname === "a.test")).toHaveLength(2);
    expect(field.bench.progress.at(-1)).toMatchObject({ text: "Targets good 2 times in a row", done: 1, total: 2 });
    isUp = true;
    expect(await field.pass(2000)).toMatchObject({ status: "succeeded" });
  });

  it("takes a slow answer for none", async () => {
    const field = new Field();
    let latencyMs = 501;
    field.answers = { "a.test": () => ({ latencyMs }) };
    field.start({ url, latency: "500ms", interval: "1s" });
    await field.pass(5000);
    expect(field.bench.progress.at(-1)?.lines).toEqual([
      "https://a.test/healthz: the answer took 501 ms, and 500 ms are the most",
    ]);
    latencyMs = 500;
    expect(await field.pass(3000)).toMatchObject({ status: "succeeded", output: { slowest: 501 } });
  });

  it("holds each answer against its conditions", async () => {
    const field = new Field();
    field.answers = { "a.test": () => ({ text: '{"ok":false}' }) };
    field.start({ url, assert: ["response.json.ok"], text: "ok" });
    await field.pass(0);
    expect(field.bench.progress.at(-1)?.lines).toEqual(["https://a.test/healthz: response.json.ok does not hold"]);
  });

  it("gives up after its time, with the last problem of each target that is bad", async () => {
    const field = new Field();
    field.answers = { "b.test": () => ({ status: 502 }) };
    field.start({ urls: ["https://a.test/", "https://b.test/"], "give-up-after": "1m" });
    expect(await field.pass(59_999)).toBeUndefined();
    expect(await field.pass(1)).toEqual({
      status: "failed",
      failure: {
        code: "probe.failing",
        message: "Not good often enough in a row within 1 min. https://b.test/: status 502",
        retry: "never",
        details: { targets: [{ target: "https://b.test/", looks: 12, bad: 12, problem: "status 502" }] },
      },
    });
  });

  it("gives up in the middle of a look, too", async () => {
    const field = new Field();
    field.answers = { "a.test": () => "silence" };
    field.start({ url, "give-up-after": "10s" });
    expect(await field.pass(10_000)).toMatchObject({ status: "failed", failure: { code: "probe.failing" } });
    expect(field.clock.pendingTimers).toBe(0);
  });

  it("counts the time from the start of the step, whatever restarts in between", async () => {
    const field = new Field();
    field.answers = { "a.test": () => ({ status: 500 }) };
    field.bench.startedAt = field.clock.now() - 50_000;
    field.start({ url, "give-up-after": "1m" });
    expect(await field.pass(10_000)).toMatchObject({ status: "failed" });
  });

  it("has its whole time, and no more, where the clock was set back", async () => {
    const field = new Field();
    field.answers = { "a.test": () => ({ status: 500 }) };
    field.bench.startedAt = field.clock.now() + 86_400_000;
    field.start({ url, "give-up-after": "1m" });
    expect(await field.pass(60_000)).toMatchObject({ status: "failed" });
  });

  it.each(["network.refused-address", "http.bad-header", "network.tls-file"])("fails at once with %s", async (code) => {
    const field = new Field();
    field.answers = { "a.test": () => new AppError("never again", { code }) };
    field.start({ url });
    expect(await field.pass(0)).toMatchObject({ status: "failed", failure: { code, retry: "never" } });
    expect(field.clock.pendingTimers).toBe(0);
  });

  it("ends with the reason of its signal, and leaves no timer", async () => {
    const field = new Field();
    field.start({ url });
    await field.pass(1000);
    field.bench.stop.abort(new Error("nobody wants it"));
    expect(await field.end()).toMatchObject({ status: "failed", failure: { message: "nobody wants it" } });
    expect(field.clock.pendingTimers).toBe(0);
  });

  it.each([{}, { url, urls: [url] }])("wants one of url and urls: %j", async (input) => {
    const field = new Field();
    expect(await field.bench.failure(input)).toMatchObject({ code: "probe.bad-input" });
  });
});
