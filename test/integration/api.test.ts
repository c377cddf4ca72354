import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

import { HistoryBody, WhereBody } from "../../src/api/answer-body.ts";
import { EventBody } from "../../src/api/event-stream.ts";
import { RunBody } from "../../src/api/run-body.ts";
import { tryMachine } from "../../src/domain/machine.ts";
import { ApiWorld, letTokensPromote } from "../support/api-world.ts";
import { ANA, AppRig, PRIYA } from "../support/app-rig.ts";
import { eventually } from "../support/eventually.ts";

const Acted = z.object({ code: z.string(), run: RunBody });
const Refused = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

let app: AppRig;

beforeAll(async () => {
  app = await AppRig.open({ configure: letTokensPromote("ci", "anas") });
});
afterAll(() => app[Symbol.asyncDispose]());

const makeToken: ApiWorld["token"] = (name, scopes, more) => new ApiWorld(app).token(name, scopes, more);
const ask: ApiWorld["ask"] = (...asked) => new ApiWorld(app).ask(...asked);

describe("the API of a server", () => {
  it("starts a run as its token, which people approve and programs follow to its end", async () => {
    const token = await makeToken("ci", ["run", "read"]);
    const inputs = { service: "checkout", revision: "abc123", environment: "prod" };
    const started = await ask(token, "/api/commands/promote/runs", { inputs, cause: { says: "build 4711" } });
    const text = await started.text();
    expect([started.status, text]).toEqual([201, expect.any(String)]);
    const { run } = Acted.parse(JSON.parse(text));
    expect(run).toMatchObject({ requestedBy: "the token ci", door: "api", cause: { says: "build 4711" } });
    const same = await ask(token, "/api/commands/promote/runs", { words: "checkout abc123 to prod" });
    expect([same.status, Acted.parse(await same.json()).run.id]).toEqual([200, run.id]);

    const following = ask(token, `/api/runs/${run.id}/events`);
    await app.press(PRIYA, await app.gate(), "gate_approve");
    const events = (await (await following).text()).split("\n\n").filter((event) => event.startsWith("id: "));
    const told = events.map((event) => EventBody.parse(JSON.parse(/^data: (.*)$/mu.exec(event)?.[1] ?? "")));
    expect(told.map(({ version }) => version)).toEqual(told.map((_event, index) => index + 1));
    expect(told.at(-1)).toMatchObject({ type: "run.finished", status: "succeeded" });
    expect(told.find(({ type }) => type === "gate.decided")).toMatchObject({ by: "priya" });

    const shown = RunBody.parse(await (await ask(token, `/api/runs/${run.shortId}`)).json());
    expect(shown).toMatchObject({
      status: "succeeded",
      approvals: [{ status: "approved", decisions: [{ by: "priya" }] }],
    });
    const where = WhereBody.parse(await (await ask(token, "/api/where?service=checkout&revision=abc123")).json());
    expect(where.places.at(-1)).toMatchObject({ environment: "prod", bearing: "live", provenBy: { run: run.id } });
    const live = WhereBody.parse(await (await ask(token, "/api/where?service=checkout")).json());
    expect(live.places.at(-1)?.revision).toBe(where.revision?.sha);
    const history = HistoryBody.parse(await (await ask(token, "/api/history?service=checkout")).json());
    expect(history.runs[0]).toMatchObject({ id: run.id, requestedBy: "the token ci", approvedBy: ["priya"] });
  });

  it("lets nobody approve what their own token asked for", async () => {
    const token = await makeToken("anas", ["run"], { owner: ANA });
    const answer = await ask(token, "/api/commands/promote/runs", { words: "checkout abc123 to prod --again" });
    expect(answer.status).toBe(201);
    await app.press(ANA, await app.gate(), "gate_approve");
    await app.told(ANA, /someone else has to decide/u);
  });

  it("takes the same request twice as one, also after a start of the server, and refuses the key for another", async () => {
    const token = await makeToken("ci", ["run", "read", "cancel"]);
    const key = { "idempotency-key": "build-4712" };
    const first = await ask(token, "/api/commands/promote/runs", { words: "checkout abc123 to staging --again" }, key);
    const { run } = Acted.parse(await first.json());
    await app.stop();
    await app.start();
    const again = await ask(token, "/api/commands/promote/runs", { words: "checkout abc123 to staging --again" }, key);
    expect([again.status, Acted.parse(await again.json()).run.id]).toEqual([201, run.id]);
    const other = await ask(token, "/api/commands/promote/runs", { words: "checkout abc123 to prod" }, key);
    expect([other.status, Refused.parse(await other.json()).error.code]).toEqual([422, "request.idempotency-key"]);
  });

  it("refuses in one shape whatever is wrong, with what is not there and what is too long", async () => {
    const token = await makeToken("ci", ["run", "read", "cancel", "retry"]);
    const { address } = new ApiWorld(app);
    const headers = { authorization: `Bearer ${token}` };
    const refused = async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(`${address}${path}`, { headers, ...init });
      return [answer.status, Refused.parse(await answer.json()).error];
    };
    expect(await refused("/api")).toMatchObject([404, { code: "request.path" }]);
    expect(await refused("/api", { headers: {} })).toMatchObject([401, { code: "token.not-believed" }]);
    expect(await refused("/api/nothing")).toMatchObject([404, { code: "request.path" }]);
    expect(await refused("/api/runs", { method: "DELETE" })).toMatchObject([405, { code: "request.method" }]);
    const long = { method: "POST", body: "x".repeat(65_537) };
    expect(await refused("/api/runs/7FQ2/cancel", long)).toEqual([
      413,
      { code: "request.too-long", message: "The body is longer than 64 KiB." },
    ]);
  });

  it("refuses what no grant allows, and what is not understood, as it does to people", async () => {
    const token = await makeToken("ci", ["run", "read", "cancel", "retry"]);
    const refused = async (body: unknown, command = "promote") => {
      const answer = await ask(token, `/api/commands/${command}/runs`, body);
      return [answer.status, Refused.parse(await answer.json()).error.code];
    };
    expect(await refused({ words: "payments abc123 to prod" })).toEqual([403, "access.not-granted"]);
    expect(await refused({ words: "checkout in prod" }, "rollback")).toEqual([403, "access.not-granted"]);
    expect(await refused({ words: "chekout abc123 to prod" })).toEqual([422, "input.service"]);
    expect(await refused({ words: "checkout abc123 prod at once" })).toEqual([422, "request.words"]);
    expect(await refused({ words: "" })).toEqual([422, "request.words"]);
    expect(await refused({ words: "checkout 0000000 to prod" })).toEqual([422, "revision.unknown"]);
  });

  it("cancels and retries for a token that may", async () => {
    const token = await makeToken("ci", ["run", "read", "cancel", "retry"]);
    const started = await ask(token, "/api/commands/promote/runs", { words: "checkout abc123 to prod --again" });
    const { run } = Acted.parse(await started.json());
    const cancelled = await ask(token, `/api/runs/${run.id}/cancel`, { reason: "wrong commit" });
    expect([cancelled.status, Acted.parse(await cancelled.json()).code]).toEqual([200, "run.cancelling"]);
    await eventually(async () => {
      const shown = RunBody.parse(await (await ask(token, `/api/runs/${run.id}`)).json());
      expect(shown).toMatchObject({ status: "cancelled", cancelled: { by: "the token ci", reason: "wrong commit" } });
    });
    const twice = await ask(token, `/api/runs/${run.id}/cancel`, {});
    expect(twice.status).toBe(409);
    expect((await ask(token, `/api/runs/${run.id}/retry`, {})).status).toBe(200);
    expect((await ask(token, `/api/runs/${run.id}/cancel`, {})).status).toBe(200);
  });

  it("believes no token any more that was revoked, and keeps in the log what became of it", async () => {
    const token = await makeToken("short-lived", ["read"]);
    await new ApiWorld(app).revoke("short-lived");
    await eventually(async () => expect((await ask(token, "/api/runs")).status).toBe(401));
    const { store } = app.application;
    const facts = store.log.stream("tokens").map(({ type, payload }) => [type, JSON.parse(payload ?? "{}").name]);
    expect(facts).toContainEqual(["token.made", "short-lived"]);
    expect(facts.at(-1)).toEqual(["token.revoked", "short-lived"]);
    const asked = store.events.listRuns({ limit: 50 }).map(({ requester }) => store.people.person(requester));
    expect(asked.some((person) => person !== undefined && tryMachine(person)?.name === "ci")).toBe(true);
    expect(JSON.stringify(app.log)).not.toContain(token);
    expect(await (await fetch(`${app.application.address}/metrics`)).text()).toMatch(
      /quarterdeck_api_requests_refused_total\{reason="unknown-token"\} [1-9]/u,
    );
  });
});
