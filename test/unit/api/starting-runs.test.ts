import { beforeEach, describe, expect, it } from "vitest";

import { AppError } from "../../../src/platform/errors.ts";
import { ApiRig, type Asked, askedBy, bodyOf, noticeResult, startedResult } from "../../support/api-rig.ts";
import { RUN } from "../slack/sample-run.ts";

let rig: ApiRig;
let token: string;

beforeEach(async () => {
  rig = await ApiRig.open();
  token = rig.token();
});

const promote = (body: unknown, more: Partial<Asked> = {}) =>
  rig.ask({ method: "POST", path: "/api/commands/promote/runs", body, token, ...more });
const inputs = { service: "checkout", revision: "abc123", environment: "prod" };

describe("starting a run over the API", () => {
  it("asks as the machine of the token for what would be typed for the inputs, and answers with the run", async () => {
    const answer = await promote({ inputs: { ...inputs, again: true }, cause: { says: "build 4711" } });
    expect([answer.status, answer.headers?.["location"]]).toEqual([201, `/api/runs/${RUN}`]);
    expect(bodyOf(answer)).toMatchObject({ code: "run.started", run: { id: RUN, status: "succeeded" } });
    expect(rig.door.last).toEqual({
      machine: { sort: "token", name: "ci" },
      door: "api",
      command: "promote",
      typed: { values: { ...inputs, again: "true" } },
      cause: { says: "build 4711" },
    });
    expect(askedBy(rig.door.last)).toBe("api token:ci");
  });

  it("takes words as people type them", async () => {
    expect(await promote({ words: "checkout abc123 to prod" })).toMatchObject({ status: 201 });
    expect(rig.door.last.typed).toEqual({ words: "checkout abc123 to prod" });
  });

  it("says for whom the token asks, so that they approve nothing of it", async () => {
    await promote({ inputs }, { token: rig.token("ana", ["run"], { owner: "U0ANA00001" }) });
    expect(rig.door.last).toMatchObject({ machine: { name: "ana" }, users: ["U0ANA00001"] });
  });

  it("answers 200 with the run that does the same already", async () => {
    rig.door.next = noticeResult("run.joined", "run_7FQ2 is doing exactly this already.", RUN);
    expect(await promote({ inputs })).toMatchObject({ status: 200 });
  });

  it.each([
    ["access.not-granted", 403],
    ["lock.taken", 409],
    ["mode.observing", 409],
    ["revision.unknown", 422],
    ["input.service", 422],
    ["git.unreachable", 503],
    ["internal", 500],
  ])("says why it was refused: %s is %i", async (code, status) => {
    rig.door.next = noticeResult(code, "Because.");
    const answer = await promote({ inputs });
    expect([answer.status, bodyOf(answer)]).toEqual([status, { error: { code, message: "Because." } }]);
  });

  it("quotes what is wrong with words, and who has locked what", async () => {
    rig.door.next = { code: "text", message: "There is no environment." };
    expect(bodyOf(await promote({ words: "x" }))).toEqual({
      error: { code: "request.words", message: "There is no environment." },
    });
    rig.door.next = { code: "lock.taken", message: "checkout/prod is locked: freeze" };
    expect(await promote({ inputs })).toMatchObject({
      status: 409,
      body: expect.stringContaining("checkout/prod is locked: freeze"),
    });
    rig.door.next = { code: "", message: "" };
    expect(await promote({ inputs })).toMatchObject({ status: 422, body: expect.stringContaining("has not kept why") });
  });

  it("names commands as whoever asks does, and not as people type them", async () => {
    const message = [
      'The word "to" is expected here.',
      "/promote checkout abc prod",
      "                      ^^^^",
      "Did you mean: /promote checkout abc to prod",
      "Usage: /promote <service> <revision> to <environment> [--again]",
    ].join("\n");
    rig.door.next = { code: "text", message, suggestions: ["/promote checkout abc to prod"] };
    const said = [
      'The word "to" is expected here.',
      "promote checkout abc prod",
      "                     ^^^^",
      "Did you mean: promote checkout abc to prod",
      "Usage: promote <service> <revision> to <environment> [--again]",
    ].join("\n");
    const error = { code: "request.words", message: said, suggestions: ["promote checkout abc to prod"] };
    expect(bodyOf(await promote({ words: "checkout abc prod" }))).toEqual({ error });
    rig.door.next = {
      code: "revision.older",
      message: "Take /rollback, see https://deck.example.com/promote, or `/qd sync x`; /promotes and /qd are left.",
      suggestions: ["/rollback checkout in prod to abc1234"],
    };
    expect(bodyOf(await promote({ inputs }))).toMatchObject({
      error: {
        message: "Take rollback, see https://deck.example.com/promote, or `sync x`; /promotes and /qd are left.",
        suggestions: ["rollback checkout in prod to abc1234"],
      },
    });
  });

  it("says where to ask again when it takes long, and there what has come of it", async () => {
    rig.door.next = undefined;
    const asking = promote({ inputs });
    await rig.clock.advance(10_000);
    const answer = await asking;
    expect(answer.status).toBe(202);
    const url = answer.headers?.["location"] ?? "";
    expect(bodyOf(answer)).toEqual({ request: { id: url.slice("/api/requests/".length), state: "pending", url } });
    expect(await rig.ask({ path: url, token })).toMatchObject({ status: 202 });
    for (const recorded of rig.door.asked.values()) recorded.result = startedResult();
    const after = await rig.ask({ path: url, token });
    expect([after.status, bodyOf(after)]).toMatchObject([200, { run: { id: RUN }, request: { state: "done" } }]);
    expect(await rig.ask({ path: url, token: rig.token("other") })).toMatchObject({ status: 404 });
  });

  it("starts nothing for a command that is not there, or starts nothing, and says what there is", async () => {
    const none = await promote({ inputs }, { path: "/api/commands/promot/runs" });
    expect([none.status, bodyOf(none)]).toMatchObject([
      404,
      { error: { code: "command.unknown", suggestions: ["promote"] } },
    ]);
    for (const name of ["cancel", "unlock", "where"]) {
      const answer = await promote({ inputs: {} }, { path: `/api/commands/${name}/runs` });
      expect([answer.status, bodyOf(answer)]).toMatchObject([422, { error: { code: "command.no-run" } }]);
    }
    expect(rig.door.asked.size).toBe(0);
  });

  it("refuses inputs that the command does not have, and does not leave them out", async () => {
    const answer = await promote({ inputs: { ...inputs, agian: true } });
    expect([answer.status, bodyOf(answer)]).toMatchObject([
      422,
      { error: { code: "request.input", suggestions: ["again"] } },
    ]);
  });

  it("tells everybody to come back while it cannot be recorded", async () => {
    for (const code of ["machine.not-ready", "store.full"]) {
      rig.door.fails = new AppError("Not now.", { code });
      const answer = await promote({ inputs });
      expect([answer.status, answer.headers?.["retry-after"]]).toEqual([503, "5"]);
    }
    rig.door.fails = new AppError("odd", { code: "odd.odd" });
    await expect(promote({ inputs })).rejects.toThrow("odd");
  });
});

describe("the same request twice", () => {
  const keyed = (key: string, body: unknown = { inputs }) => promote(body, { headers: { "idempotency-key": key } });

  it("is one by its key", async () => {
    const first = await keyed("build-4711");
    rig.door.next = noticeResult("run.started", "another", "run_01JD2K6W3V8QZ7E4M5N6P77FQ3");
    expect(await keyed("build-4711")).toEqual(first);
    expect(rig.door.asked.size).toBe(1);
  });

  it.each([
    ["text", "request.words"],
    ["candidates", "request.revision"],
    ["lock.taken", "lock.taken"],
    ["input.service", "input.service"],
  ])("is refused twice in the same words: %s", async (kept, code) => {
    rig.door.next = { code: kept, message: "Because.", suggestions: ["beef1", "beef2"] };
    const first = await keyed("k");
    expect(bodyOf(first)).toEqual({ error: { code, message: "Because.", suggestions: ["beef1", "beef2"] } });
    expect(await keyed("k")).toEqual(first);
    expect(rig.door.asked.size).toBe(1);
  });

  it("is tried anew where somebody was away, and done once", async () => {
    rig.door.next = noticeResult("git.unreachable", "Git is away.");
    expect(await keyed("k")).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
    expect(await keyed("k")).toMatchObject({ status: 503 });
    const path = `/api/requests/${rig.door.asked.keys().next().value?.split("/")[2]}`;
    // Whoever asks about it and not for it would wait for ever.
    const told = await rig.ask({ path, token });
    expect([told.status, told.headers?.["retry-after"], bodyOf(told)]).toEqual([
      409,
      undefined,
      { error: { code: "git.unreachable", message: "Git is away." } },
    ]);
    rig.door.next = startedResult();
    expect(await keyed("k", { inputs: { ...inputs, environment: "staging" } })).toMatchObject({ status: 422 });
    const started = await keyed("k");
    expect(started.status).toBe(201);
    rig.door.next = noticeResult("run.started", "another", "run_01JD2K6W3V8QZ7E4M5N6P77FQ3");
    expect(await keyed("k")).toEqual(started);
    expect(rig.door.asked.size).toBe(3);
    const { request } = Object(bodyOf(started));
    expect(await rig.ask({ path: request.url, token })).toMatchObject({ status: 200, body: started.body });
  });

  it("is one attempt for those who ask at once, and none while it may still be done", async () => {
    rig.door.next = noticeResult("store.full", "The disk is full.");
    await keyed("k");
    rig.door.next = undefined;
    const both = [keyed("k"), keyed("k")];
    await rig.clock.advance(500);
    expect(rig.door.asked.size).toBe(2);
    for (const recorded of rig.door.asked.values())
      if (recorded.result === "pending") recorded.result = startedResult();
    await rig.clock.advance(10_000);
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([202, 201]);
    expect(await keyed("k")).toMatchObject({ status: 201 });
  });

  it("is not tried for ever", async () => {
    rig.door.next = noticeResult("git.unreachable", "Git is away.");
    for (let attempt = 0; attempt < 210; attempt += 1) expect(await keyed("k")).toMatchObject({ status: 503 });
    expect(rig.door.asked.size).toBe(200);
  });

  it("is two without one, or by another token", async () => {
    await promote({ inputs });
    await promote({ inputs });
    await keyed("k");
    await promote({ inputs }, { headers: { "idempotency-key": "k" }, token: rig.token("other") });
    expect(rig.door.asked.size).toBe(4);
  });

  it("is refused where the key was something else's", async () => {
    await keyed("k");
    const answer = await keyed("k", { inputs: { ...inputs, environment: "staging" } });
    expect([answer.status, bodyOf(answer)]).toMatchObject([422, { error: { code: "request.idempotency-key" } }]);
  });

  it("waits for what comes of the first", async () => {
    rig.door.next = undefined;
    const first = keyed("k");
    const second = keyed("k");
    await rig.clock.advance(500);
    for (const recorded of rig.door.asked.values()) recorded.result = startedResult();
    await rig.clock.advance(10_000);
    expect([(await first).status, (await second).status]).toEqual([202, 201]);
  });

  it("is told where to ask again when the server stops meanwhile", async () => {
    rig.door.next = undefined;
    const [first, second] = [keyed("k"), keyed("k")];
    await rig.clock.advance(500);
    rig.isOpen = false;
    await rig.clock.advance(100);
    expect(await second).toMatchObject({ status: 202 });
    await rig.clock.advance(10_000);
    expect(await first).toMatchObject({ status: 202 });
  });

  it.each(["", "a b", "ä", "x".repeat(256), "a\tb"])("takes no key like %j", async (key) => {
    expect(await keyed(key)).toMatchObject({ status: 422 });
    expect(rig.door.asked.size).toBe(0);
  });
});

describe("cancelling and retrying", () => {
  it("is asked for by the command that does it, by whatever part of its id the run is named", async () => {
    rig.door.next = noticeResult("run.cancelling", "It is being cancelled.", RUN);
    const post = (path: string, body?: unknown) => rig.ask({ method: "POST", path, body, token });
    expect(await post("/api/runs/run_7FQ2/cancel", { reason: "wrong commit" })).toMatchObject({ status: 200 });
    expect(rig.door.last).toMatchObject({ command: "cancel", typed: { values: { run: RUN, reason: "wrong commit" } } });
    expect(await post(`/api/runs/${RUN}/cancel`)).toMatchObject({ status: 200 });
    expect(rig.door.last.typed).toEqual({ values: { run: RUN } });
    rig.door.next = noticeResult("run.retried", "It goes on.", RUN);
    expect(await post("/api/runs/7fq2/retry", { from: "sync" })).toMatchObject({ status: 200 });
    expect(rig.door.last).toMatchObject({ command: "retry", typed: { values: { run: RUN, step: "sync" } } });
  });

  it("is refused where it cannot be, or there is no such run", async () => {
    rig.door.next = noticeResult("cancel.ended", "run_7FQ2: It has succeeded already.", RUN);
    expect(await rig.ask({ method: "POST", path: "/api/runs/7FQ2/cancel", token })).toMatchObject({ status: 409 });
    expect(await rig.ask({ method: "POST", path: "/api/runs/ZZZZ/cancel", token })).toMatchObject({ status: 404 });
    expect(await rig.ask({ method: "POST", path: "/api/runs/7FQ2/cancel", body: { why: 1 }, token })).toMatchObject({
      status: 422,
    });
  });
});
