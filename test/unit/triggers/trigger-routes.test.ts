import type { IncomingHttpHeaders } from "node:http";

import { describe, expect, it } from "vitest";

import { silentLogger } from "../../../src/platform/logger.ts";
import { AppError } from "../../../src/platform/errors.ts";
import type { Trigger } from "../../../src/triggers/compile-triggers.ts";
import type { Told } from "../../../src/triggers/trigger-desk.ts";
import type { TriggerKind } from "../../../src/triggers/trigger-kind.ts";
import { type DeliveryResult, triggerRoute } from "../../../src/triggers/trigger-routes.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { fakeKind } from "./fake-kind.ts";

const SHA = "a".repeat(40);
const GOOD = { "content-type": "application/json; charset=utf-8", "x-proof": "s3cret-of-green" };
const BODY = JSON.stringify({ id: "1", events: [{ repository: "checkout", commit: SHA }] });

function rig({
  secrets = ["HOOK"],
  isOpen = true,
  kind = fakeKind,
  take,
}: {
  readonly secrets?: readonly string[];
  readonly isOpen?: boolean;
  readonly kind?: TriggerKind;
  readonly take?: () => Promise<never>;
} = {}) {
  const trigger: Trigger = {
    machine: { sort: "trigger", name: "green" },
    kind,
    settings: {},
    secrets: secrets.map((secret) => ({ secret })),
    starts: [],
    sameWithinMs: 0,
    oldestMs: 0,
  };
  const told: Told[] = [];
  const results: DeliveryResult[] = [];
  const refused: string[] = [];
  const values: Readonly<Record<string, string>> = { HOOK: "s3cret-of-green", OLD: "s3cret-of-before", EMPTY: "" };
  const route = triggerRoute({
    find: (name) => (name === "green" ? trigger : undefined),
    desk: {
      take:
        take ??
        (async (_trigger, reading) => {
          told.push(reading);
          return { isNew: told.length === 1, asked: told.length === 1 ? ["promote"] : [], reasons: [] };
        }),
    },
    isOpen: () => isOpen,
    resolve: ({ secret }) => {
      const value = values[secret];
      if (value === undefined) throw new AppError("not there", { code: "secret.unresolved" });
      return value;
    },
    clock: new FakeClock(),
    logger: silentLogger,
    onDelivery: (result) => results.push(result),
    refusals: { note: (name, why) => void refused.push(`${name}: ${why}`) },
  });
  /** As the server does: the head first, then the body. */
  const post = async (headers: IncomingHttpHeaders, body = BODY, path = "/triggers/green") => {
    const head = { method: "POST", path, query: "", headers };
    return route.admit?.(head) ?? (await route.answer({ ...head, body: Buffer.from(body) }));
  };
  return { told, results, refused, post };
}

describe("what is posted to a trigger", () => {
  it("is believed, read, recorded and answered with what it starts", async () => {
    const { told, results, post } = rig();
    const answer = await post(GOOD);
    expect(answer).toMatchObject({ status: 200, body: JSON.stringify({ asked: ["promote"], reasons: [] }) });
    expect(told).toMatchObject([{ kind: "events", delivery: "1" }]);
    expect(results).toEqual(["asked"]);
    await post(GOOD);
    await post(GOOD, "ping");
    expect(results).toEqual(["asked", "repeated", "repeated"]);
  });

  it("is refused before its body is read without a proof, with another type, compressed, or for nobody", async () => {
    const { told, post } = rig();
    const refused = async (headers: IncomingHttpHeaders, path?: string) => (await post(headers, BODY, path))?.status;
    expect(await refused({ "content-type": "application/json" })).toBe(401);
    expect(await refused({ ...GOOD, "content-type": "text/plain" })).toBe(415);
    expect(await refused({ "x-proof": "s3cret-of-green" })).toBe(415);
    expect(await refused({ ...GOOD, "content-encoding": "gzip" })).toBe(415);
    for (const path of [
      "/triggers/",
      "/triggers/gree",
      "/triggers/green/",
      "/triggers/green%2f",
      "/triggers/__proto__",
    ]) {
      expect(await refused(GOOD, path)).toBe(404);
    }
    expect(told).toEqual([]);
  });

  it("says nothing to whoever is not believed", async () => {
    const { results, told, refused, post } = rig();
    expect(await post({ ...GOOD, "x-proof": "guessed" })).toMatchObject({
      status: 401,
      body: '{"error":"This is not believed."}',
    });
    expect([results, told]).toEqual([["signature"], []]);
    await post(GOOD, "{}");
    expect(refused).toEqual([
      "green: its proof is wrong; is the secret the one that the sender has?",
      "green: no events",
    ]);
  });

  it("is believed by any of several secrets, and by none that is empty or cannot be had", async () => {
    expect((await rig({ secrets: ["OLD", "HOOK"] }).post(GOOD))?.status).toBe(200);
    expect((await rig({ secrets: ["EMPTY"] }).post({ ...GOOD, "x-proof": "" }))?.status).toBe(503);
    expect((await rig({ secrets: ["EMPTY", "HOOK"] }).post(GOOD))?.status).toBe(503);
    expect((await rig({ secrets: ["GONE"] }).post(GOOD))?.status).toBe(503);
  });

  it("comes again where the server is not ready, or cannot record it", async () => {
    expect((await rig({ isOpen: false }).post(GOOD))?.status).toBe(503);
    const take = () => Promise.reject(new AppError("the disk is full", { code: "store.full" }));
    expect(await rig({ take }).post(GOOD)).toMatchObject({ status: 503, headers: { "retry-after": "30" } });
  });

  it("comes again where whoever knows the sender cannot be asked, which is no error of the server", async () => {
    const away = new AppError("Amazon cannot be reached", { code: "sns.certificate", retry: "backoff" });
    const { results, told, post } = rig({ kind: { ...fakeKind, verify: () => Promise.reject(away) } });
    expect(await post(GOOD)).toMatchObject({
      status: 503,
      body: expect.stringContaining("who sent this; send it again"),
    });
    expect([results, told]).toEqual([[], []]);
    const broken = rig({ kind: { ...fakeKind, verify: () => Promise.reject(new Error("a bug")) } });
    await expect(broken.post(GOOD)).rejects.toThrow("a bug");
  });

  it("is told what is taken, and what there is, as JSON", async () => {
    const { post } = rig();
    expect((await post({ ...GOOD, "content-type": "text/plain" }))?.body).toBe(
      '{"error":"Send application/json, and nothing that is compressed."}',
    );
    expect((await post(GOOD, BODY, "/triggers/gree"))?.body).toBe('{"error":"There is no such trigger."}');
  });

  it("that cannot be read, or only asks whether somebody is there, is answered and not recorded", async () => {
    const { told, results, post } = rig();
    expect(await post(GOOD, "{}")).toMatchObject({ status: 400, body: '{"error":"no events"}' });
    const challenge: TriggerKind = {
      ...fakeKind,
      read: () => ({ kind: "handshake", answer: { status: 200, body: "42" } }),
    };
    expect(await rig({ kind: challenge }).post(GOOD)).toMatchObject({ status: 200, body: "42" });
    expect([told, results]).toEqual([[], ["unreadable"]]);
  });
});
