import { createHmac } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { notice } from "../../src/engine/answer.ts";
import { AppError } from "../../src/platform/errors.ts";
import { APPROVE_ACTION, gateActionText, REJECT_ACTION } from "../../src/slack/action-value.ts";
import { actions, button, message, section } from "../../src/slack/blocks.ts";
import { gateSlot } from "../../src/slack/slot-ids.ts";
import { exchangeRaw, openRaw } from "../support/raw-request.ts";
import { ANA, DEPLOYS, PRIYA, SIGNING_SECRET, type SlackRig, startSlackRig, TEAM } from "./slack-rig.ts";
import { eventually } from "../support/eventually.ts";

const FORM = "application/x-www-form-urlencoded";
const COMMAND = new URLSearchParams({
  team_id: TEAM,
  channel_id: DEPLOYS,
  user_id: ANA,
  command: "/promote",
  text: "checkout abc123 to prod",
  trigger_id: "1.2.3",
}).toString();

let rig: SlackRig;

beforeEach(async () => {
  rig = await startSlackRig({ receive: "http" });
  await rig.app.start();
});

afterEach(() => rig.stop());

interface Request {
  readonly body?: string;
  readonly type?: string;
  readonly secret?: string;
  /** Seconds from now. */
  readonly shift?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

function signed({ body = COMMAND, type = FORM, secret = SIGNING_SECRET, shift = 0, headers = {} }: Request = {}) {
  const timestamp = String(Math.floor(Date.now() / 1000) + shift);
  const signature = createHmac("sha256", secret).update(`v0:${timestamp}:${body}`).digest("hex");
  const own = { "content-type": type, "x-slack-request-timestamp": timestamp, "x-slack-signature": `v0=${signature}` };
  return { method: "POST", body, headers: { ...own, ...headers } };
}

const send = (request: Request = {}): Promise<Response> => fetch(rig.requestUrl, signed(request));

const statusOf = async (request: Request): Promise<number> => (await send(request)).status;

setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");

/** What is still held after everything else was collected. */
function heldBytes(): number {
  if (typeof collect === "function") collect();
  return process.memoryUsage().heapUsed;
}

describe("Slack over HTTP", () => {
  it("is told that the address is ours, and only when the question is signed", async () => {
    expect(await rig.simulator.deliverOverHttp({ requestUrl: rig.requestUrl, signingSecret: SIGNING_SECRET })).toBe(
      true,
    );
    const stranger = { requestUrl: rig.requestUrl, signingSecret: "another-secret-of-somebody-else" };
    expect(await rig.simulator.deliverOverHttp(stranger)).toBe(false);
  });

  it("is answered only after a command was recorded, with the first answer", async () => {
    const recorded = Promise.withResolvers<void>();
    rig.door.answer = async () => {
      await recorded.promise;
      return notice("resolving", "Looking into it.");
    };
    let isAnswered = false;
    const answering = send().finally(() => (isAnswered = true));
    await eventually(() => expect(rig.door.arrived.length).toBe(1));
    expect(isAnswered).toBe(false);
    recorded.resolve();
    expect(await (await answering).json()).toMatchObject({ response_type: "ephemeral", text: /Looking into it/u });
    expect(rig.door.arrived[0]).toMatchObject({
      key: `slash/${TEAM}/1.2.3`,
      arrival: { kind: "slash", command: "/promote", text: "checkout abc123 to prod", user: ANA, team: TEAM },
    });
  });

  it("hands over clicks and forms as the sockets do", async () => {
    await rig.simulator.deliverOverHttp({ requestUrl: rig.requestUrl, signingSecret: SIGNING_SECRET });
    const value = gateActionText({ run: "run_1", path: "gate", attempt: 1, digest: "d1" });
    const buttons = [
      button({ text: "Approve", actionId: APPROVE_ACTION, value }),
      button({ text: "Reject", actionId: REJECT_ACTION, value }),
    ];
    const content = message("Approve?", [section("Approve?"), actions(...buttons)]);
    const slot = gateSlot("run_1", "gate", 0);
    rig.outbox.want({ slot, team: TEAM, channel: DEPLOYS, content, priority: 1, terminal: false });
    await eventually(() => expect(rig.slots.slot(slot)?.ts).toBeDefined());
    const ts = rig.slots.slot(slot)?.ts ?? "";
    const click = (actionId: string) => rig.simulator.people.click({ user: PRIYA, channel: DEPLOYS, ts, actionId });
    expect(await click(APPROVE_ACTION)).toMatchObject({ status: "acknowledged" });
    expect(rig.door.arrived[0]?.arrival).toMatchObject({ kind: "decision", decision: "approve", user: PRIYA });
    expect(await click(REJECT_ACTION)).toMatchObject({ status: "acknowledged" });
    await eventually(() => expect(rig.simulator.world.views.stack(PRIYA)).toHaveLength(1));
  });

  it("is told in time when a click cannot be recorded in time, so that people see that it did not work", async () => {
    const never = Promise.withResolvers<undefined>();
    rig.door.answer = () => never.promise;
    const value = gateActionText({ run: "run_1", path: "gate", attempt: 1, digest: "d1" });
    const payload = {
      type: "block_actions",
      user: { id: PRIYA, team_id: TEAM },
      team: { id: TEAM },
      trigger_id: "4.5.6",
      container: { channel_id: DEPLOYS, message_ts: "1.1" },
      actions: [{ action_id: APPROVE_ACTION, type: "button", value }],
    };
    const begunMs = performance.now();
    expect(await statusOf({ body: `payload=${encodeURIComponent(JSON.stringify(payload))}` })).toBe(503);
    expect(performance.now() - begunMs).toBeLessThan(3100);
    never.resolve(undefined);
  });

  it("is answered with what went wrong where a command could not be recorded", async () => {
    rig.door.answer = () => Promise.reject(new AppError("no space left", { code: "store.full" }));
    expect(await (await send()).text()).toMatch(/did not happen/u);
  });

  it("gets no answer that could be taken for an acknowledgement where nobody knows what it sends", async () => {
    const shortcut = encodeURIComponent('{"type":"shortcut","callback_id":"x","user":{"id":"U1","team_id":"T1"}}');
    expect(await statusOf({ body: `payload=${shortcut}` })).toBe(404);
    expect(await statusOf({ body: "payload=null" })).toBe(400);
    expect(await statusOf({ body: "null", type: "application/json" })).toBe(400);
    expect(await statusOf({ body: "[]", type: "application/json" })).toBe(400);
    expect((await send()).status).toBe(200);
  });

  it("is answered when it looks at the certificate, and only when that is signed", async () => {
    expect(await statusOf({ body: "ssl_check=1&token=x" })).toBe(200);
    const stranger = { method: "POST", headers: { "content-type": FORM }, body: "ssl_check=1&token=x" };
    expect((await fetch(rig.requestUrl, stranger)).status).toBe(401);
  });
});

describe("whoever is not Slack", () => {
  it("is not believed, and told nothing else", async () => {
    const other = signed({ body: "command=/qd" }).headers["x-slack-signature"];
    const attempts: readonly Request[] = [
      { secret: "another-secret-of-somebody-else" },
      { headers: { "x-slack-signature": other } },
      { headers: { "x-slack-signature": `v0=${"0".repeat(64)}` } },
      { headers: { "x-slack-signature": "v0=" } },
      { headers: { "x-slack-request-timestamp": "0" } },
      { shift: -301 },
      { shift: 301 },
      { shift: 3600 },
    ];
    for (const attempt of attempts) {
      const response = await send(attempt);
      expect([response.status, await response.text()]).toEqual([401, ""]);
    }
    expect(rig.door.arrived).toEqual([]);
  });

  it("cannot send again what Slack sent, at the same moment neither", async () => {
    const request = signed();
    const answers = await Promise.all([fetch(rig.requestUrl, request), fetch(rig.requestUrl, request)]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 401]));
    expect((await fetch(rig.requestUrl, request)).status).toBe(401);
    expect(rig.door.arrived.length).toBe(1);
  });

  it("gets nowhere with other types, encodings and methods", async () => {
    expect(await statusOf({ type: "text/plain" })).toBe(415);
    expect(await statusOf({ type: "multipart/form-data; boundary=x" })).toBe(415);
    expect(await statusOf({ type: "application/json", body: '{"command":"/promote","text":"x"}' })).toBe(400);
    const zipped = gzipSync(COMMAND);
    const gzip = signed({ headers: { "content-encoding": "gzip" } });
    expect((await fetch(rig.requestUrl, { ...gzip, body: zipped })).status).toBe(415);
    expect((await fetch(rig.requestUrl)).status).toBe(405);
    expect(rig.door.arrived).toEqual([]);
  });

  it("cannot make it read a huge body, nor wait for a slow one", async () => {
    const { headers } = signed();
    const lines = Object.entries({ host: "x", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `POST /slack/events HTTP/1.1\r\n${lines.join("")}`;
    const huge = await exchangeRaw(rig.requestUrl, `${head}Content-Length: 10485760\r\n\r\n${COMMAND}`);
    expect(huge).toMatch(/^HTTP\/1.1 413/u);
    const slow = await exchangeRaw(
      rig.requestUrl,
      `${head}Content-Length: ${COMMAND.length}\r\n\r\n${COMMAND.slice(1)}`,
    );
    expect(slow).toMatch(/^HTTP\/1.1 408/u);
    const cut = await openRaw(rig.requestUrl);
    cut.socket.end(`${head}Content-Length: ${COMMAND.length}\r\n\r\n${COMMAND.slice(1)}`);
    await cut.closed;
    expect(rig.door.arrived).toEqual([]);
  });

  it("costs little memory with ten thousand requests, and few lines in the log", async () => {
    const attempt = async (index: number): Promise<void> => {
      const body = `command=/promote&text=${"x".repeat(2000)}`;
      const request =
        index % 2 === 0 ? signed({ body, secret: "another-secret-of-somebody-else" }) : { method: "POST", body };
      await (await fetch(rig.requestUrl, request)).arrayBuffer();
    };
    const flood = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index += 50)
        await Promise.all(Array.from({ length: 50 }, (_, each) => attempt(each)));
    };
    await flood(2000);
    const before = heldBytes();
    await flood(10_000);
    expect(heldBytes() - before).toBeLessThan(8 * 1024 * 1024);
    expect(rig.warnings.length).toBeLessThan(5);
    expect(rig.door.arrived).toEqual([]);
  });
});
