import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ANA, AppRig } from "../support/app-rig.ts";
import { exchangeRaw, openRaw } from "../support/raw-request.ts";

const FORM = "application/x-www-form-urlencoded";
const HOST = "Host: 127.0.0.1\r\n";
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

// What happened to others, tried on the whole server with everything that it answers.
let app: AppRig;
let secret: string;

beforeAll(async () => {
  app = await AppRig.open({ receive: "http" });
  secret = app.world.environment["SLACK_SIGNING_SECRET"] ?? "";
});
afterAll(() => app[Symbol.asyncDispose]());

interface Request {
  readonly path?: string;
  readonly body?: string;
  readonly type?: string;
  readonly key?: string;
  /** Seconds from now. */
  readonly shift?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

let nonce = 0;

function command(text = "checkout abc123 to staging"): string {
  nonce += 1;
  const fields = { team_id: "T0HARBOR01", channel_id: "C0DEPLOYS1", user_id: ANA, command: "/promote", text };
  return new URLSearchParams({ ...fields, trigger_id: `hostile.${nonce}` }).toString();
}

function signed({ body = command(), type = FORM, key = secret, shift = 0, headers = {} }: Request) {
  const timestamp = String(Math.floor(Date.now() / 1000) + shift);
  const signature = createHmac("sha256", key).update(`v0:${timestamp}:${body}`).digest("hex");
  const own = { "content-type": type, "x-slack-request-timestamp": timestamp, "x-slack-signature": `v0=${signature}` };
  return { method: "POST", body, headers: { ...own, ...headers } };
}

function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${app.application.address}${path}`, { headers });
}

const send = (request: Request = {}): Promise<Response> =>
  fetch(`${app.application.address}${request.path ?? "/slack/events"}`, signed(request));

// What the program sees by itself in Argo CD may be recorded at any time, and so may what comes of requests before this one.
const OWN = new Set(["incidents", "operations", "messages"]);
const isLater = (stream: string, type: string): boolean => stream.startsWith("run_") || type === "intent.settled";
const recorded = (): number =>
  [...app.application.store.log.rows()].filter(({ stream, type }) => !OWN.has(stream) && !isLater(stream, type)).length;

/** Does something, and expects that nothing was written down for it. */
async function withoutTrace<Result>(act: () => Promise<Result>): Promise<Result> {
  const before = recorded();
  const result = await act();
  expect(recorded()).toBe(before);
  return result;
}

/** One path of each route, and some of none. */
const PATHS = [
  "/healthz",
  "/readyz",
  "/metrics",
  "/runs/run_1?until=9&key=k&signature=x",
  "/slack/events",
  "/",
  "/nothing",
];

describe("what strangers send", () => {
  it("an empty signing secret verifies nothing: neither an empty one nor none signs anything", async () => {
    for (const key of ["", "undefined", "null"]) {
      expect((await withoutTrace(() => send({ key }))).status).toBe(401);
    }
  });

  it("replayed and future-dated signed requests are not believed", async () => {
    const request = signed({});
    const address = `${app.application.address}/slack/events`;
    expect((await fetch(address, request)).status).toBe(200);
    expect((await withoutTrace(() => fetch(address, request))).status).toBe(401);
    for (const shift of [-301, 301, 86_400, 10 * 365 * 86_400]) {
      expect((await withoutTrace(() => send({ shift }))).status).toBe(401);
    }
  });

  it("ssl_check unsigned is answered like everything that is unsigned", async () => {
    const unsigned = { method: "POST", body: "ssl_check=1&token=x", headers: { "content-type": FORM } };
    expect((await fetch(`${app.application.address}/slack/events`, unsigned)).status).toBe(401);
    expect((await send({ body: "ssl_check=1&token=x" })).status).toBe(200);
  });

  it("a huge body is refused before the signature check, and before it was sent", async () => {
    const head = `POST /slack/events HTTP/1.1\r\n${HOST}Content-Type: ${FORM}\r\n`;
    expect(await exchangeRaw(app.application.address, `${head}Content-Length: 53687091200\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 413/u,
    );
    const unsigned = await exchangeRaw(app.application.address, `${head}Content-Length: 1000\r\n\r\n`);
    expect(unsigned).toMatch(/^HTTP\/1.1 401/u);
    await using endless = await openRaw(app.application.address);
    const { headers } = signed({ body: "" });
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    endless.socket.write(`POST /slack/events HTTP/1.1\r\n${HOST}${lines.join("")}Transfer-Encoding: chunked\r\n\r\n`);
    for (let piece = 0; piece < 40; piece += 1) endless.socket.write(`10000\r\n${"x".repeat(65_536)}\r\n`);
    await endless.closed;
    expect(endless.text()).toMatch(/^(?:HTTP\/1.1 413|$)/u);
  });

  it("an empty array in a payload ends no process, over HTTP or over a socket", async () => {
    const who = { user: { id: ANA, team_id: "T0HARBOR01" }, team: { id: "T0HARBOR01" }, trigger_id: "1.2.3" };
    const payloads = [
      { type: "block_actions", ...who, container: {}, actions: [] },
      { type: "block_actions", ...who, container: {}, actions: [null] },
      { type: "block_actions", ...who, container: [], actions: [[]] },
      { type: "view_submission", ...who, view: [] },
      { type: "view_submission", ...who, view: { id: "V1", callback_id: "command_form", state: { values: [] } } },
      { type: "block_suggestion", ...who, view: { callback_id: "x" } },
      { type: "shortcut" },
      {},
    ];
    for (const payload of payloads) {
      const response = await send({ body: new URLSearchParams({ payload: JSON.stringify(payload) }).toString() });
      expect(response.status).not.toBe(500);
    }
    for (const event of [{ type: "app_home_opened", user: [] }, { type: "message", channel: 5 }, { type: [] }]) {
      const body = JSON.stringify({ type: "event_callback", team_id: "T0HARBOR01", event, authorizations: [] });
      expect((await send({ body, type: "application/json" })).status).not.toBe(500);
    }
    expect(app.log.filter(({ level }) => level === "error")).toEqual([]);
    expect((await get("/healthz")).status).toBe(200);
  });

  it("content-type confusion gets nobody in: one form of body is not read as another", async () => {
    const json = JSON.stringify({ type: "event_callback", event: { type: "app_home_opened", user: ANA } });
    for (const type of [
      "text/plain",
      "multipart/form-data; boundary=x",
      "application/xml",
      "application/json, text/plain",
      "",
    ]) {
      expect((await withoutTrace(() => send({ type }))).status).toBe(415);
    }
    expect((await withoutTrace(() => send({ type: "application/json" }))).status).toBe(400);
    expect((await withoutTrace(() => send({ body: json }))).status).toBe(400);
    expect((await withoutTrace(() => send({ headers: { "content-encoding": "gzip" } }))).status).toBe(415);
  });

  it("white-listing by path suffix is not done: only the whole path is a route", async () => {
    for (const path of [
      "/slack/events/healthz",
      "/x/healthz",
      "//healthz",
      "/healthz/",
      "/healthz/../slack/events",
      "/healthz%2f..%2fmetrics",
      "/metrics;/healthz",
      "/METRICS",
      "/slack/events/",
      "/x?/healthz",
      "/runs/../metrics",
      "/.well-known/healthz",
    ]) {
      const answer = await exchangeRaw(
        app.application.address,
        `GET ${path} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
      );
      expect(`${path} ${answer.slice(0, 12)}`).toBe(`${path} HTTP/1.1 404`);
    }
  });

  it("any non-empty bearer is not accepted, and neither is any non-empty signature of a link", async () => {
    for (const path of ["/runs/run_1", "/runs/run_1?until=99999999999&key=k&signature=x", "/runs/?signature=x"]) {
      for (const authorization of ["Bearer x", "Bearer undefined", "Basic eDp4", secret]) {
        expect((await get(path, { authorization })).status).toBe(404);
      }
    }
    const headers = { authorization: "Bearer x", "content-type": FORM };
    const unsigned = { method: "POST", body: command(), headers };
    expect((await withoutTrace(() => fetch(`${app.application.address}/slack/events`, unsigned))).status).toBe(401);
  });

  it("CORS null, or any other origin, is let in nowhere", async () => {
    for (const path of PATHS) {
      for (const origin of ["null", "https://evil.example", app.application.address]) {
        const response = await get(path, { origin });
        expect([...response.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
        const asked = `OPTIONS ${path} HTTP/1.1\r\n${HOST}Origin: ${origin}\r\nAccess-Control-Request-Method: POST\r\nConnection: close\r\n\r\n`;
        const preflight = await exchangeRaw(app.application.address, asked);
        expect(preflight).toMatch(/^HTTP\/1.1 40[45]/u);
        expect(preflight).not.toMatch(/access-control/iu);
      }
    }
  });

  it("a status endpoint tells strangers no version, and no answer names the program", async () => {
    const answers = [
      ...PATHS.map((path) => `GET ${path} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`),
      `POST /slack/events HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
      `DELETE /healthz HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
      "no HTTP at all\r\n\r\n",
    ].map((bytes) => exchangeRaw(app.application.address, bytes));
    for (const answer of await Promise.all(answers)) {
      expect(answer).toMatch(/^HTTP\/1.1 \d{3}/u);
      expect(answer).not.toMatch(/^(?:server|x-powered-by|via):/imu);
      expect(answer).not.toContain(version);
      expect(answer).not.toContain(process.version);
      expect(answer).not.toMatch(/bolt|express/iu);
    }
  });

  it("a malformed value becomes no endless crash loop: the server that has met it goes on, and starts again", async () => {
    const nested = "[".repeat(3000) + "]".repeat(3000);
    const values = [
      "\u0000",
      "\uD800",
      "${{ 1 }}",
      "x".repeat(100_000),
      nested,
      '{"__proto__":{"a":1}}',
      "\u202E",
      "'; DROP TABLE events; --",
    ];
    for (const value of values) {
      expect((await send({ body: command(value.toWellFormed()) })).status).toBe(200);
      const click = {
        type: "block_actions",
        user: { id: ANA, team_id: "T0HARBOR01" },
        team: { id: "T0HARBOR01" },
        trigger_id: `malformed.${nonce}`,
        container: { channel_id: "C0DEPLOYS1", message_ts: "1.1" },
        actions: [{ action_id: "gate_approve", value }],
      };
      expect((await send({ body: new URLSearchParams({ payload: JSON.stringify(click) }).toString() })).status).toBe(
        200,
      );
    }
    await app.stop();
    await app.start();
    expect((await get("/readyz")).status).toBe(200);
    expect((await send({ body: command("help") })).status).toBe(200);
  });
});
