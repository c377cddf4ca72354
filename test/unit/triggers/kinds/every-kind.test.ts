import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { canonicalJson } from "../../../../src/platform/canonical-json.ts";
import { typeOfSchema } from "../../../../src/expressions/expression-type.ts";
import { httpKinds } from "../../../../src/triggers/kinds/http-kinds.ts";
import { mediaType } from "../../../../src/triggers/kinds/lone-header.ts";
import type { Reading, TriggerEvent } from "../../../../src/triggers/trigger-kind.ts";
import { cpuTimeMs } from "../../../support/cpu-time.ts";
import {
  ARRIVES_AT,
  delivered,
  eventsOf,
  proofsOf,
  SECRET,
  TRIGGER_SAMPLES,
  type TriggerSample,
} from "../../../support/trigger-samples.ts";

const cases = TRIGGER_SAMPLES.map((sample) => [sample.title, sample] as const);
const KINDS = httpKinds({ fetchText: () => Promise.reject(new Error("nobody is asked")) });
const OTHER = "another secret altogether";

const HOSTILE_BODIES = [
  "",
  "null",
  "[]",
  "{}",
  "true",
  "1e999",
  '"text"',
  '{"a":1',
  "\u0000",
  "[".repeat(100_000),
  `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`,
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"toString":1,"hasOwnProperty":1}',
  '{"type":[],"object_kind":{},"events":{},"action":null}',
  '{"events":[null]}',
  '{"object_kind":"__proto__","type":"constructor"}',
];

async function readingOf(sample: TriggerSample, body = sample.body): Promise<Reading> {
  return sample.kind.read(delivered(sample, { body }), proofsOf(sample).settings);
}

/** What every reading promises. */
function expectSound({ kind }: TriggerSample, reading: Reading): void {
  if (reading.kind === "unreadable" || reading.kind === "nothing") expect(reading.reason).toMatch(/^[^\n]{5,500}$/u);
  if (reading.kind === "events" || reading.kind === "nothing") {
    expect(reading.delivery).toMatch(/^[A-Za-z0-9._:-]{1,128}$/u);
  }
  if (reading.kind !== "events") return;
  expect(reading.events.length).toBeGreaterThan(0);
  for (const { event, content, says, link = "https://none.example", causedBy = [] } of reading.events) {
    expect(kind.event.parse(event)).toEqual(event);
    expect(canonicalJson(content)).not.toBe("");
    expect(says).toMatch(/^[^\n]{1,300}$/u);
    expect(["http:", "https:"]).toContain(new URL(link).protocol);
    for (const mail of causedBy) expect(mail).toMatch(/^\S+@\S+$/u);
  }
}

describe.each(cases)("%s", (_title, sample) => {
  const { kind } = sample;
  const proofs = proofsOf(sample);

  it("believes a true delivery, and reads facts from it", async () => {
    const delivery = delivered(sample);
    expect(kind.admit(delivery, proofs)).toBeUndefined();
    expect(await kind.verify(delivery, proofs)).toBeUndefined();
    const reading = await readingOf(sample);
    expectSound(sample, reading);
    expect(reading.kind).toBe(sample.isIdle === true ? "nothing" : "events");
    expect(kind.contentTypes).toContain(mediaType(delivery.headers));
  });

  it("believes any one of several secrets, and nobody who knows none of them", async () => {
    if (kind.proof === "own") {
      expect(await kind.verify(delivered(sample, { secret: OTHER }), proofs)).toBe("signature");
      return;
    }
    const several = proofsOf(sample, [OTHER, SECRET]);
    expect(await kind.verify(delivered(sample), several)).toBeUndefined();
    expect(await kind.verify(delivered(sample, { secret: OTHER }), several)).toBeUndefined();
    expect(await kind.verify(delivered(sample, { secret: "mallory" }), several)).toBe("signature");
    expect(await kind.verify(delivered(sample), proofsOf(sample, []))).toBe("signature");
  });

  it("does not believe a delivery without its proof, or with an empty, a doubled or a mangled one", async () => {
    const whole = delivered(sample);
    for (const name of sample.proofHeaders) {
      const value = String(whole.headers[name]);
      const mangled = [
        undefined,
        "",
        [value, value],
        `${value}, ${value}`,
        "x",
        value.slice(0, -1),
        `${value}0`,
        "é".repeat(99),
      ];
      for (const other of mangled) {
        const disbelief = await kind.verify({ ...whole, headers: { ...whole.headers, [name]: other } }, proofs);
        expect(["unsigned", "signature", "time"], `${name}: ${String(other)}`).toContain(disbelief);
      }
    }
    for (const query of ["", "token=", "token=a&token=b", "%"]) {
      const bare = { ...whole, headers: { "content-type": "application/json" }, query };
      expect(await kind.verify(bare, proofs)).toBe("unsigned");
      expect(kind.admit(bare, proofs)).toBe("unsigned");
    }
  });

  it("tells the same content when another delivery tells it again", async () => {
    const { deliveryHeader = "x-none" } = sample;
    const whole = delivered(sample);
    const again = { ...whole, headers: { ...whole.headers, [deliveryHeader]: "another-delivery" } };
    const first = await kind.read(whole, proofs.settings);
    const second = await kind.read(again, proofs.settings);
    expect(contentsOf(second)).toEqual(contentsOf(first));
    expect(first).toMatchObject({ delivery: expect.stringMatching(/./u) });
    if (sample.deliveryHeader !== undefined) expect(second).toMatchObject({ delivery: "another-delivery" });
  });

  it("is a fact of before it arrived where it says when it happened", async () => {
    const reading = await readingOf(sample);
    if (reading.kind === "nothing") return;
    for (const { happenedAt = ARRIVES_AT } of eventsOf(reading)) {
      expect(ARRIVES_AT - happenedAt).toBeGreaterThanOrEqual(0);
      expect(ARRIVES_AT - happenedAt).toBeLessThan(10 * 60_000);
    }
  });

  it("says it when it is dated later than it arrives", async () => {
    const dated = eventsOrNone(await readingOf(sample)).some(({ happenedAt }) => happenedAt !== undefined);
    if (!dated) return;
    const later = sample.body.toString("utf8").replaceAll("2026-01-01", "2027-01-01").replaceAll("1767261", "1798797");
    for (const { happenedAt = 0 } of eventsOrNone(await readingOf(sample, Buffer.from(later)))) {
      expect(happenedAt).toBeGreaterThan(ARRIVES_AT + 300 * 24 * 3_600_000);
    }
  });

  it("takes no text, XML or multipart form", () => {
    const amazon = kind.name === "sns" ? ["text/plain"] : [];
    for (const type of ["text/plain", "application/xml", "multipart/form-data", ""]) {
      if (amazon.includes(type)) continue;
      expect(kind.contentTypes).not.toContain(type);
    }
  });

  it.each(HOSTILE_BODIES.map((body) => [body.slice(0, 40), body]))("survives the body %j", async (_begins, body) => {
    const reading = await readingOf(sample, Buffer.from(body));
    if (kind.name !== "generic") expect(["unreadable", "nothing"]).toContain(reading.kind);
    expectSound(sample, reading);
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  it("survives bytes that are no text", async () => {
    expect(await readingOf(sample, Buffer.from([0xff, 0xfe, 0x00, 0xc0]))).toMatchObject({ kind: "unreadable" });
  });

  it("survives whatever stands in the place of any part of a true body", async () => {
    const trueBody: unknown = JSON.parse(sample.body.toString("utf8"));
    const paths = pathsOf(trueBody);
    const strange = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom(null, "", -1, 1e300, "\u202Eevil\n", "__proto__", "0".repeat(40), [], {}, [[]], "x".repeat(5000)),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), strange, async (path, value) => {
        const body = JSON.stringify(withValue(trueBody, path, value));
        expectSound(sample, await readingOf(sample, Buffer.from(body)));
      }),
      { numRuns: 40 },
    );
  });

  it("reads a body of a mebibyte in a moment", async () => {
    const filler = JSON.stringify("filler ".repeat(12));
    const big = `{"filler":[${Array.from({ length: 13_000 }, () => filler).join(",")}],${sample.body.toString("utf8").trim().slice(1)}`;
    const before = cpuTimeMs();
    const delivery = delivered(sample, { body: Buffer.from(big) });
    expect(await kind.verify(delivery, proofs)).toBeUndefined();
    expect(big.length).toBeGreaterThan(2 ** 20);
    expect(["events", "nothing"]).toContain((await kind.read(delivery, proofs.settings)).kind);
    expect(cpuTimeMs() - before).toBeLessThan(500);
  });
});

const timed = cases.filter(([, { isTimed }]) => isTimed === true);
const untimed = cases.filter(([, { isTimed }]) => isTimed !== true);

it.each(timed)("a delivery of %s is good for five minutes before and after it was signed", async (_title, sample) => {
  const proofs = proofsOf(sample);
  const at = async (minutes: number) =>
    sample.kind.verify(delivered(sample, { at: ARRIVES_AT + minutes * 60_000 }), proofs);
  expect(await at(5)).toBeUndefined();
  expect(await at(-5)).toBeUndefined();
  expect(await at(5.1)).toBe("time");
  expect(await at(-5.1)).toBe("time");
});

it.each(untimed)("a replay of %s is the same delivery or the same content", async (_title, sample) => {
  const first = await readingOf(sample);
  expect(await readingOf(sample)).toEqual(first);
});

describe("the kinds", () => {
  it("have samples each, and names of their own", () => {
    const kinds = KINDS;
    expect(new Set(TRIGGER_SAMPLES.map(({ kind }) => kind.name))).toEqual(new Set(kinds.map(({ name }) => name)));
    expect(new Set(kinds.map(({ name }) => name)).size).toBe(kinds.length);
  });

  it.each(KINDS.map((kind) => [kind.name, kind] as const))("%s types what expressions see", (_name, kind) => {
    const type = typeOfSchema(kind.event, "event");
    if (type.kind !== "object") throw new Error("an event is an object");
    const loose = Object.entries(type.fields).filter(([, { kind: of }]) => of === "any");
    expect(loose.map(([field]) => field).filter((field) => !["data", "body", "message"].includes(field))).toEqual([]);
  });
});

function eventsOrNone(reading: Reading): readonly TriggerEvent[] {
  return reading.kind === "events" ? reading.events : [];
}

function contentsOf(reading: Reading): unknown {
  return reading.kind === "events" ? reading.events.map(({ content }) => content) : reading.kind;
}

type Path = readonly (string | number)[];

function pathsOf(value: unknown, before: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [before];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const members: Record<string, unknown> = { ...value };
  return [before, ...keys.flatMap((key) => pathsOf(members[key], [...before, key]))];
}

function withValue(value: unknown, [key, ...rest]: Path, replacement: unknown): unknown {
  if (key === undefined) return replacement;
  if (Array.isArray(value))
    return value.map((item, index) => (index === key ? withValue(item, rest, replacement) : item));
  const members: Record<string, unknown> = { ...(typeof value === "object" ? value : {}) };
  return { ...members, [key]: withValue(members[key], rest, replacement) };
}
