import { describe, expect, it } from "vitest";

import { genericKind } from "../../../../src/triggers/kinds/generic.ts";
import type { Disbelief, Reading } from "../../../../src/triggers/trigger-kind.ts";
import { ARRIVES_AT, eventsOf, SECRET, standardHeaders, triggerFixture } from "../../../support/trigger-samples.ts";

const bearer = { proof: { kind: "bearer" } };

async function read(settings: unknown, body: string | Buffer, headers = {}): Promise<Reading> {
  const delivery = {
    headers: { "content-type": "application/json", ...headers },
    query: "",
    body: Buffer.from(body),
    at: ARRIVES_AT,
  };
  return genericKind.read(delivery, genericKind.settings.parse(settings));
}

async function verify(settings: unknown, { headers = {}, query = "" }): Promise<Disbelief | undefined> {
  const delivery = { headers, query, body: triggerFixture("generic/build"), at: ARRIVES_AT };
  return genericKind.verify(delivery, { settings: genericKind.settings.parse(settings), secrets: [SECRET] });
}

describe("generic", () => {
  it("hands the body on as it is, and the headers that were asked for", async () => {
    const settings = { ...bearer, headers: ["X-Event", "X-Absent"] };
    const headers = { "x-event": "build", "x-other": "1" };
    expect(eventsOf(await read(settings, '{"a":[1,null,"x"]}', headers))).toMatchObject([
      { event: { body: { a: [1, null, "x"] }, headers: { "x-event": "build", "x-absent": "" } } },
    ]);
  });

  it("reads a form as texts, and a CloudEvent as what it is", async () => {
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect(eventsOf(await read(bearer, "service=checkout&n=1", form))).toMatchObject([
      { event: { body: { service: "checkout", n: "1" } } },
    ]);
    expect(await read(bearer, "__proto__=1", form)).toMatchObject({ kind: "unreadable" });
    const cloud = { "content-type": "application/cloudevents+json" };
    expect(eventsOf(await read(bearer, triggerFixture("cloudevents/structured"), cloud))).toMatchObject([
      { event: { body: { specversion: "1.0", data: { state: "passed" } } } },
    ]);
  });

  it("is the same fact where the parts that identify it are the same", async () => {
    const settings = { ...bearer, identity: ["build.id"], "happened-at": "build.at", "caused-by": ["build.by"] };
    const contents = await Promise.all(
      [
        '{"build":{"id":1,"at":1767261580,"by":"Ada@acme.example"},"sent":1}',
        '{"build":{"id":1,"at":"2026-01-01T09:59:40Z"},"sent":2}',
      ].map(async (body) => eventsOf(await read(settings, body))),
    );
    expect(contents).toMatchObject([
      [{ content: [1], happenedAt: Date.UTC(2026, 0, 1, 9, 59, 40), causedBy: ["ada@acme.example"] }],
      [{ content: [1], happenedAt: Date.UTC(2026, 0, 1, 9, 59, 40), causedBy: [] }],
    ]);
    expect(await read(settings, '{"other":1}')).toMatchObject({ kind: "unreadable" });
    expect(eventsOf(await read(bearer, '{"b":1,"a":2}'))).toMatchObject([{ content: { a: 2, b: 1 } }]);
  });

  it("names a delivery by its header, and otherwise by what it says", async () => {
    const settings = { ...bearer, "delivery-header": "X-Delivery" };
    expect(await read(settings, "{}", { "x-delivery": "d-1" })).toMatchObject({ delivery: "d-1" });
    expect(await read(settings, "{}", { "x-delivery": "d/1 ü" })).toMatchObject({
      delivery: expect.stringMatching(/^id-sha256:/u),
    });
    expect(await read(settings, "{}")).toMatchObject({ delivery: expect.stringMatching(/^sha256:[0-9a-f]{64}$/u) });
    const standard = { proof: { kind: "standard-webhooks" } };
    const headers = standardHeaders(Buffer.from("{}"), SECRET);
    expect(await read(standard, "{}", headers)).toMatchObject({ delivery: headers["webhook-id"] });
  });

  it.each([
    [`Bearer ${SECRET}`, undefined],
    [`bearer   ${SECRET}`, undefined],
    [`Basic ${Buffer.from(`anybody:${SECRET}`).toString("base64")}`, undefined],
    [SECRET, undefined],
    [`Basic ${Buffer.from(`${SECRET}:`).toString("base64")}`, "unsigned"],
    [`Basic ${Buffer.from(SECRET).toString("base64")}`, "unsigned"],
    ["Bearer ", "unsigned"],
    ["Basic", "signature"],
    [`Bearer ${SECRET}x`, "signature"],
    [`Bearer ${SECRET.slice(1)}`, "signature"],
  ])("says of the authorization %j: %s", async (authorization, disbelief) => {
    expect(await verify(bearer, { headers: { authorization } })).toBe(disbelief);
  });

  it("finds a secret in the header or the parameter that is named", async () => {
    const header = { proof: { kind: "header", header: "X-Token" } };
    expect(await verify(header, { headers: { "x-token": SECRET } })).toBeUndefined();
    expect(await verify(header, { headers: { authorization: SECRET } })).toBe("unsigned");
    const query = { proof: { kind: "query", parameter: "key" } };
    expect(await verify(query, { query: `key=${encodeURIComponent(SECRET)}` })).toBeUndefined();
    expect(await verify(query, { query: `token=${encodeURIComponent(SECRET)}` })).toBe("unsigned");
    expect(await verify(query, { query: `key=${encodeURIComponent(SECRET)}&key=x` })).toBe("unsigned");
  });

  it("reads a moment of signing in seconds and in milliseconds, and nothing else", async () => {
    const settings = { proof: { kind: "hmac", header: "x-s", "timestamp-header": "x-t" } };
    const digits = "0".repeat(64);
    const at = async (time: string) => verify(settings, { headers: { "x-s": digits, "x-t": time } });
    expect(await at(`${ARRIVES_AT / 1000}`)).toBe("signature");
    expect(await at(`${ARRIVES_AT}`)).toBe("signature");
    expect(await at(`${ARRIVES_AT / 1000 + 301}`)).toBe("time");
    expect(await at("")).toBe("unsigned");
    expect(await at("-1")).toBe("unsigned");
    expect(await at("2026-01-01T10:00:00Z")).toBe("unsigned");
  });

  it.each([
    {},
    { proof: { kind: "hmac" } },
    { proof: { kind: "header" } },
    { proof: { kind: "header", header: "a b" } },
    { proof: { kind: "bearer", header: "x" } },
    { proof: { kind: "hmac", header: "x", algorithm: "md5" } },
    { ...bearer, identity: ["a..b"] },
    { ...bearer, other: 1 },
  ])("does not take the settings %j", (settings) => {
    expect(genericKind.settings.safeParse(settings).success).toBe(false);
  });
});
