import { describe, expect, it } from "vitest";

import { CallError } from "../../../../src/steps/network/call-failure.ts";
import type { HttpAnswer, HttpCall } from "../../../../src/steps/network/http-call.ts";
import { httpRequest } from "../../../../src/steps/http/http-request.ts";
import { StepBench } from "../../../support/step-bench.ts";

const POLICY = { privateAddresses: "deny", allow: [] } as const;
const url = "https://api.example.com/things?token=1";

/** A server that answers each call with the next of `answers`, and the last one again and again. */
class Far {
  readonly calls: HttpCall[] = [];
  readonly bench: StepBench;
  answers: (Partial<Omit<HttpAnswer, "body">> & { readonly text?: string })[] = [{}];
  /** Thrown once. */
  thrown: Error | undefined;

  constructor() {
    const send = async (call: HttpCall): Promise<HttpAnswer> => {
      this.calls.push(call);
      const { thrown } = this;
      this.thrown = undefined;
      if (thrown !== undefined) throw thrown;
      const { text = "", ...answer } = (this.answers.length > 1 ? this.answers.shift() : this.answers[0]) ?? {};
      const body = Buffer.from(text);
      return { status: 200, headers: {}, body, isCut: false, url: "u", redirects: 0, latencyMs: 7, ...answer };
    };
    this.bench = new StepBench(httpRequest({ send, networkPolicy: () => POLICY }));
  }

  get keys(): readonly (string | undefined)[] {
    return this.calls.map(({ headers }) => headers["idempotency-key"]);
  }
}

function lost(wasConnected = true): CallError {
  return new CallError("api.example.com: the connection ended.", { code: "network.broken", wasConnected });
}

describe("http/request", () => {
  it("gets what is there, under the policy of the server", async () => {
    const far = new Far();
    far.answers = [{ text: '{"version":"1.2"}', headers: { "content-type": "application/json", "set-cookie": "s" } }];
    expect(await far.bench.output({ url })).toEqual({
      status: 200,
      headers: { "content-type": "application/json" },
      text: '{"version":"1.2"}',
      json: { version: "1.2" },
      url: "u",
      redirects: 0,
      latency: 7,
      notes: ["answered with 200 after 7 ms"],
    });
    expect(far.calls[0]).toMatchObject({ method: "GET", policy: POLICY, redirects: 0, headers: {} });
    expect(far.bench.checkpointed).toBeUndefined();
  });

  it("sends JSON, headers, a token and a query", async () => {
    const far = new Far();
    const headers = { "X-Key": "k" };
    await far.bench.output({ url, method: "PUT", json: { a: [1] }, bearer: "t", headers, query: { q: "a&b", n: 1 } });
    expect(far.calls[0]).toMatchObject({ method: "PUT", body: '{"a":[1]}' });
    expect(far.calls[0]?.url.search).toBe("?token=1&q=a%26b&n=1");
    expect(far.calls[0]?.headers).toEqual({
      "content-type": "application/json",
      "x-key": "k",
      authorization: "Bearer t",
    });
  });

  it("sends a user with a password", async () => {
    const far = new Far();
    await far.bench.output({ url, basic: { user: "ana", password: "secret" } });
    expect(far.calls[0]?.headers["authorization"]).toBe("Basic YW5hOnNlY3JldA==");
  });

  it("does not send a header of two lines, and does not repeat its value", async () => {
    const far = new Far();
    const failure = await far.bench.failure({ url, headers: { "x-key": "top\r\nhidden: 1" } });
    expect(failure.code).toBe("http.bad-header");
    expect(failure.message).not.toContain("hidden");
    expect(far.calls).toEqual([]);
  });

  it.each([
    [200, "2xx", true],
    [299, undefined, true],
    [301, undefined, false],
    [404, ["2xx", 404], true],
    [404, "400-403", false],
    [201, 200, false],
  ])("takes the status %i as one of %j: %s", async (status, wanted, isGood) => {
    const far = new Far();
    far.answers = [{ status }];
    const outcome = await far.bench.run({ url, ...(wanted !== undefined && { status: wanted }) });
    expect(outcome.status).toBe(isGood ? "succeeded" : "failed");
  });

  it("fails with what the body says where the status is another one, without the query of the address", async () => {
    const far = new Far();
    far.answers = [{ status: 422, text: "name \u202E is\ntaken" }];
    const failure = await far.bench.failure({ url });
    expect(failure).toMatchObject({ code: "http.status", retry: "never", details: { status: 422 } });
    expect(failure.message).toBe("GET https://api.example.com/things answered with status 422: name is taken");
  });

  it.each([
    ["GET", {}, 503, {}, "backoff"],
    ["GET", {}, 429, { "retry-after": "30" }, { afterMs: 30_000 }],
    ["GET", {}, 429, { "retry-after": "999999" }, { afterMs: 600_000 }],
    ["GET", {}, 429, { "retry-after": "Sat, 21 Nov 2026 10:00:00 GMT" }, "backoff"],
    ["GET", {}, 404, {}, "never"],
    ["POST", {}, 503, {}, "never"],
    ["POST", {}, 429, {}, "backoff"],
    ["POST", { "idempotency-key": true }, 503, {}, "backoff"],
  ])("may retry a %s %j after status %i %j: %j", async (method, more, status, headers, retry) => {
    const far = new Far();
    far.answers = [{ status, headers }];
    expect(await far.bench.failure({ url, method, ...more })).toMatchObject({ code: "http.status", retry });
  });

  it("holds the answer against conditions", async () => {
    const far = new Far();
    far.answers = [{ text: '{"state":"ok","items":[1,2]}' }];
    const good = ["response.json.state == 'ok'", "size(response.json.items) == 2", "response.latency < 100"];
    await far.bench.output({ url, assert: good, text: "state" });
    const failure = await far.bench.failure({ url, assert: [...good, "response.json.state == 'bad'"], text: "nope" });
    expect(failure).toMatchObject({ code: "http.assertion", retry: "never" });
    expect(failure.message).toContain('the body does not hold "nope"');
    expect(failure.message).toContain("response.json.state == 'bad' does not hold");
  });

  it("says that the body is no JSON where a condition wanted it", async () => {
    const far = new Far();
    far.answers = [{ text: "<html>" }];
    const failure = await far.bench.failure({ url, assert: ["response.json.state == 'ok'"] });
    expect(failure.message).toContain("(the body is no JSON)");
  });

  it("judges no body of which only a part was read", async () => {
    const far = new Far();
    far.answers = [{ text: "good", isCut: true }];
    expect((await far.bench.failure({ url, text: "good" })).message).toContain("longer than 4 bytes");
    expect(await far.bench.output({ url })).not.toHaveProperty("text");
  });

  it("seals a secret of the answer, and keeps nothing else of the body", async () => {
    const far = new Far();
    far.answers = [{ text: '{"token":"hidden-value","other":"also-hidden"}', headers: { "content-type": "x" } }];
    const output = await far.bench.output({ url, secret: "response.json.token" });
    expect(output).toMatchObject({ secret: "hidden-value" });
    expect(JSON.stringify({ ...output, secret: "" })).not.toContain("hidden");
  });

  it("repeats nothing of a secret answer when something is wrong with it", async () => {
    const far = new Far();
    far.answers = [{ text: '{"tokens":"hidden-value"}' }];
    const wrong = [
      await far.bench.failure({ url, secret: "response.json.token" }),
      await far.bench.failure({ url, secret: "response.json.tokens", assert: ["response.json.tokens"] }),
      await far.bench.failure({ url, secret: "response.json.tokens", status: 201 }),
    ];
    expect(wrong.map(({ code }) => code)).toEqual(["http.no-secret", "http.assertion", "http.status"]);
    expect(JSON.stringify(wrong)).not.toContain("hidden");
  });

  it("keeps the body as a file, and fails rather than keep half of it", async () => {
    const far = new Far();
    far.answers = [
      { text: "report", headers: { "content-type": "text/plain; charset=utf-8" } },
      { text: "rep", isCut: true },
    ];
    const output = await far.bench.output({ url, "save-as": "report.txt" });
    expect(output["notes"]).toEqual(["answered with 200 after 7 ms, kept as report.txt"]);
    expect(output["file"]).toMatchObject({ name: "report.txt", mediaType: "text/plain", bytes: 6, sealed: false });
    expect(far.bench.artifacts.text("report.txt")).toBe("report");
    expect(await far.bench.failure({ url, "save-as": "report.txt" })).toMatchObject({ code: "http.too-large" });
  });

  it("sends either JSON or a body", async () => {
    const far = new Far();
    expect(await far.bench.failure({ url, json: 1, body: "b" })).toMatchObject({ code: "http.bad-input" });
    expect(far.calls).toEqual([]);
  });
});

describe("a POST", () => {
  it("that may have been sent by an execution that ended is not sent again under the same attempt", async () => {
    const far = new Far();
    far.bench.checkpointed = { attempt: 1, key: null, isAnswered: false };
    expect(await far.bench.failure({ url, method: "POST" })).toMatchObject({
      code: "http.unknown-effect",
      retry: "never",
    });
    expect(far.calls).toEqual([]);
    far.bench.attempt = 2;
    await far.bench.output({ url, method: "POST" });
    expect(far.calls).toHaveLength(1);
  });

  it("whose answer is lost is left to a person, unless nothing was sent", async () => {
    const far = new Far();
    far.thrown = lost();
    expect(await far.bench.failure({ url, method: "POST" })).toMatchObject({
      code: "http.unknown-effect",
      retry: "never",
    });
    far.bench.attempt = 2;
    far.thrown = lost(false);
    expect(await far.bench.failure({ url, method: "POST" })).toMatchObject({
      code: "network.broken",
      retry: "backoff",
    });
  });

  it("writes down what it is about to send before it sends it", async () => {
    const far = new Far();
    const order: string[] = [];
    const kind = httpRequest({
      networkPolicy: () => POLICY,
      send: () => {
        order.push(JSON.stringify(bench.checkpointed));
        return Promise.reject(lost());
      },
    });
    const bench = new StepBench(kind);
    await bench.failure({ url, method: "POST" });
    expect(order).toEqual([JSON.stringify({ attempt: 1, key: null, isAnswered: false })]);
    expect(far.calls).toEqual([]);
  });

  it("with a key keeps it until an answer is known, also for the next attempt", async () => {
    const far = new Far();
    const input = { url, method: "POST", "idempotency-key": true };
    far.thrown = lost();
    expect(await far.bench.failure(input)).toMatchObject({ code: "network.broken", retry: "backoff" });
    far.bench.attempt = 2;
    await far.bench.output(input);
    await far.bench.output(input);
    const [first, second, third] = far.keys;
    expect(first).toMatch(/^[0-9a-f]{32}$/u);
    expect([second, third]).toEqual([first, first]);
  });

  it("with a key takes another one when a person has it done over after an answer", async () => {
    const far = new Far();
    const input = { url, method: "POST", "idempotency-key": true };
    far.answers = [{ status: 400 }, {}];
    await far.bench.failure(input);
    far.bench.attempt = 2;
    await far.bench.output(input);
    expect(new Set(far.keys).size).toBe(2);
  });
});
