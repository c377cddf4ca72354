import { beforeEach, describe, expect, it } from "vitest";

import { apiRoute } from "../../../src/api/api-route.ts";
import { ApiRig, bodyOf, noticeResult } from "../../support/api-rig.ts";
import { RUN } from "../slack/sample-run.ts";

let rig: ApiRig;

beforeEach(async () => {
  rig = await ApiRig.open();
});

describe("who may ask the API", () => {
  it("is nobody without a token that is good, and nobody learns more than that", async () => {
    const token = rig.token();
    const attempts = [
      {},
      { authorization: "Bearer" },
      { authorization: `Bearer ${token}x` },
      { authorization: `Bearer ${token} ${token}` },
      { authorization: `Basic ${Buffer.from(`ci:${token}`).toString("base64")}` },
      { authorization: `Token ${token}` },
      { authorization: token },
      { authorization: `Bearer ${"x".repeat(5000)}` },
      { cookie: `token=${token}` },
    ];
    const paths = ["/api/runs", "/api/nothing", "/api/runs/7FQ2", "/api/openapi.json", `/api/runs?token=${token}`];
    const answers = await Promise.all(attempts.flatMap((headers) => paths.map((path) => rig.ask({ path, headers }))));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer" } });
    expect(new Set(rig.refused)).toEqual(new Set(["no-token", "unknown-token"]));
  });

  it("is whoever has one, whatever the case of the word before it", async () => {
    const token = rig.token();
    for (const scheme of ["Bearer", "bearer", "BEARER"]) {
      expect(await rig.ask({ path: "/api/runs", headers: { authorization: `${scheme} ${token}` } })).toMatchObject({
        status: 200,
      });
    }
  });

  it("may do what the scopes of the token say, and nothing else", async () => {
    const asked = {
      run: { method: "POST", path: "/api/commands/promote/runs", body: { words: "checkout abc123 to prod" } },
      read: { path: "/api/runs/7FQ2" },
      cancel: { method: "POST", path: "/api/runs/7FQ2/cancel", body: {} },
      retry: { method: "POST", path: "/api/runs/7FQ2/retry", body: {} },
    } as const;
    for (const has of ["run", "read", "cancel", "retry"] as const) {
      const token = rig.token(has, [has]);
      for (const needs of ["run", "read", "cancel", "retry"] as const) {
        const { status } = await rig.ask({ ...asked[needs], token });
        expect([has, needs, status === 403]).toEqual([has, needs, has !== needs]);
      }
    }
    expect(new Set(rig.refused)).toEqual(new Set(["scope"]));
    const refused = await rig.ask({ ...asked.cancel, token: rig.token("two", ["run", "read"]) });
    const message = 'This takes a token with the scope "cancel". This one has "run" and "read".';
    expect(bodyOf(refused)).toEqual({ error: { code: "token.scope", message } });
  });

  it("is nobody while the server is just starting", async () => {
    rig.isOpen = false;
    expect(await rig.ask({ path: "/api/runs", token: rig.token() })).toMatchObject({
      status: 503,
      headers: { "retry-after": "1" },
    });
  });

  it("sends JSON that is not compressed, or is refused before the body is read", async () => {
    const token = rig.token();
    const post = (headers: Readonly<Record<string, string>>) =>
      rig.ask({ method: "POST", path: "/api/runs/7FQ2/cancel", text: "{}", token, headers });
    const refused = [
      { "content-type": "text/plain" },
      { "content-type": "application/x-www-form-urlencoded" },
      { "content-type": "application/json; charset=utf-16" },
      { "content-type": "application/jsonp" },
      { "content-encoding": "gzip" },
    ];
    for (const headers of refused) expect((await post(headers)).status).toBe(415);
    expect((await post({ "content-type": "Application/JSON; charset=UTF-8" })).status).not.toBe(415);
    expect(await post({ "content-length": "0", "transfer-encoding": "chunked", "content-type": "" })).toMatchObject({
      status: 415,
    });
  });

  it("sends no body where there is nothing to say, whatever it calls its type", async () => {
    const token = rig.token();
    rig.door.next = noticeResult("run.cancelling", "It is being cancelled.", RUN);
    for (const headers of [{}, { "content-length": "0" }, { "content-type": "text/plain", "content-length": "0" }]) {
      expect(await rig.ask({ method: "POST", path: "/api/runs/7FQ2/cancel", token, headers })).toMatchObject({
        status: 200,
      });
    }
    expect(await rig.ask({ method: "POST", path: "/api/commands/promote/runs", token })).toMatchObject({
      status: 422,
      body: expect.stringContaining("give either"),
    });
  });

  it("is told that a request is not there, whatever its id looks like", async () => {
    const token = rig.token();
    for (const id of ["x", "key_0", `key_${"0".repeat(32)}`, `key_${"0".repeat(32)}%2F2`, "%00"]) {
      const answer = await rig.ask({ path: `/api/requests/${id}`, token });
      expect([answer.status, bodyOf(answer)]).toMatchObject([404, { error: { code: "request.unknown" } }]);
    }
  });

  it("is told what is not there, and what can be done with what is", async () => {
    const token = rig.token();
    const ask = (method: string, path: string) => rig.ask({ method, path, token });
    expect(await ask("GET", "/api/nothing")).toMatchObject({ status: 404 });
    expect(await ask("GET", "/api/runs/7FQ2/cancel")).toMatchObject({ status: 405, headers: { allow: "POST" } });
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "QUERY"]) {
      expect(await ask(method, "/api/runs")).toMatchObject({ status: 405, headers: { allow: "GET" } });
      expect(await rig.ask({ method, path: "/api/runs" })).toMatchObject({ status: 401 });
    }
    for (const path of [
      "/api/",
      "/api/runs/",
      "/api/runs//events",
      "/api//runs",
      "/api/runs/%2e%2e/events/",
      "/api/runs/%zz",
    ]) {
      expect((await ask("GET", path)).status).toBe(404);
    }
    expect(await ask("GET", "/api/runs/%2e%2e")).toMatchObject({ status: 422 });
  });

  it("gets no header that lets pages of others read the answer", async () => {
    const token = rig.token();
    for (const path of ["/api/runs", "/api/nothing", "/api/openapi.json"]) {
      const { headers = {} } = await rig.ask({ path, token, headers: { origin: "https://evil.test" } });
      expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
      expect(headers["cache-control"]).toBe("no-store");
    }
  });

  it("sends bodies of 64 KiB at most", () => {
    expect(apiRoute(rig.deps)).toMatchObject({ method: "any", path: "/api/", mostBodyBytes: 65_536 });
  });

  const NO_JSON = "The body is no JSON.";
  const NO_OBJECT = "The body is no JSON object; one begins with { and ends with }.";
  const EITHER = 'The body is not as it should be: give either "words" or "inputs".';

  it.each<readonly [string | Buffer, string]>([
    ["", EITHER],
    ["{}", EITHER],
    ["{", NO_JSON],
    [Buffer.from([0x22, 0xff, 0x22]), NO_JSON],
    ["[".repeat(60_000), NO_JSON],
    [`${"[".repeat(600)}${"]".repeat(600)}`, "The body is nested too deeply."],
    ["null", NO_OBJECT],
    ["[]", NO_OBJECT],
    ['"x"', NO_OBJECT],
    ['{"inputs":{}, "words":"x"}', EITHER],
    ['{"inputs":[]}', 'The body is not as it should be: "inputs" is an object.'],
    [
      '{"inputs":{"service":null}}',
      'The body is not as it should be: "inputs.service" is text, or a number, or true or false.',
    ],
    ['{"words":1}', 'The body is not as it should be: "words" is text.'],
    ['{"word":"x"}', EITHER],
    ['{"words":"x","cause":{}}', 'The body is not as it should be: "cause.says" is missing.'],
    [
      '{"words":"x","cause":{"says":"","link":"ftp://x"}}',
      'The body is not as it should be: "cause.says" is empty; "cause.link" is an address that begins with https:// or http://.',
    ],
    [
      '{"words":"x","why":"y"}',
      'The body is not as it should be: there is no "why" here; known are "inputs", "cause", "words".',
    ],
    ['{"words":"x","cause":{"says":"y","lnk":""}}', 'The body is not as it should be: there is no "lnk" in "cause".'],
    [`{"words":"${"x".repeat(2001)}"}`, 'The body is not as it should be: "words" has at most 2000 characters.'],
  ])("is told what of a body is wrong (%#)", async (text, message) => {
    const answer = await rig.ask({ method: "POST", path: "/api/commands/promote/runs", text, token: rig.token() });
    expect([answer.status, bodyOf(answer)]).toEqual([422, { error: { code: "request.body", message } }]);
    expect(rig.door.asked.size).toBe(0);
  });

  it.each([
    ["/api/runs?limit=0", 'The query is not as it should be: "limit" is at least 1.'],
    ["/api/runs?limit=x", 'The query is not as it should be: "limit" is a whole number of up to six digits.'],
    ["/api/runs?limit=1&limit=2", 'The query is not as it should be: "limit" is one text, given once.'],
    ["/api/runs?open=yes", 'The query is not as it should be: "open" is "true" or "false".'],
    ["/api/runs?before=7FQ2", 'The query is not as it should be: "before" is the whole id of a run.'],
    ["/api/runs?servce=x", 'The query is not as it should be: there is no "servce" here; did you mean "service"?'],
    ["/api/runs/7FQ2?x=1", 'The query is not as it should be: there is no "x" here; it takes nothing.'],
    ["/api/where", 'The query is not as it should be: "service" is missing.'],
    ["/api/history?by=ana", 'The query is not as it should be: "by" is a Slack id, such as U0123ABCD.'],
    ["/api/runs/!!!!", 'The path is not as it should be: "run" is a run named like run_7FQ2, or by its whole id.'],
  ])("is told what of %s is wrong", async (path, message) => {
    const answer = await rig.ask({ path, token: rig.token() });
    expect([answer.status, bodyOf(answer)]).toMatchObject([422, { error: { message } }]);
  });
});
