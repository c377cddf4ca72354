import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { KafkaEvent, readMessage } from "../../../../src/triggers/kafka/kafka-message.ts";
import type { KafkaMessage } from "../../../../src/triggers/kafka/kafka-source.ts";

const AT = Date.UTC(2026, 10, 20, 12);

function message(value: string | Buffer | undefined, over: Partial<KafkaMessage> = {}): KafkaMessage {
  return {
    topic: "releases",
    partition: 2,
    offset: 42n,
    leaderEpoch: 0,
    at: AT,
    key: Buffer.from("checkout"),
    value: value === undefined ? undefined : Buffer.from(value),
    headers: [],
    ...over,
  };
}

function headers(named: Readonly<Record<string, string>>): KafkaMessage["headers"] {
  return Object.entries(named).map(([name, value]) => [Buffer.from(name), Buffer.from(value)]);
}

const json = { format: "json" } as const;
const cloudevents = { format: "cloudevents" } as const;

describe("readMessage", () => {
  it("gives the value of a message with its place, its key and its headers", () => {
    const told = readMessage(message('{"commit":"abc"}', { headers: headers({ source: "ci" }) }), json);
    expect(told).toEqual({
      kind: "events",
      delivery: `releases:2:42:${AT}`,
      events: [
        {
          event: {
            topic: "releases",
            partition: 2,
            offset: 42,
            key: "checkout",
            headers: { source: "ci" },
            value: { commit: "abc" },
          },
          content: ["releases", "checkout", { commit: "abc" }],
          says: "Message 42 of the Kafka topic releases/2, key checkout",
          happenedAt: AT,
        },
      ],
    });
  });

  it("takes a message without key, value and time for what it is", () => {
    const told = readMessage(message(undefined, { key: undefined, at: -1 }), json);
    expect(told).toMatchObject({ events: [{ event: { key: "", value: null }, content: ["releases", "", null] }] });
    expect(told.kind === "events" && told.events[0]?.happenedAt).toBeUndefined();
  });

  it("writes a key that is no text in base 64, and leaves out headers that are none", () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00]);
    const told = readMessage(
      message("1", {
        key: bytes,
        headers: [
          [Buffer.from("a"), bytes],
          [bytes, bytes],
        ],
      }),
      json,
    );
    expect(told).toMatchObject({ events: [{ event: { key: "//4A", headers: {}, value: 1 } }] });
  });

  it("takes the same message of a topic that was made anew for another one", () => {
    const ids = [AT, AT + 1].map((at) => readMessage(message("1", { at }), json).delivery);
    expect(new Set(ids).size).toBe(2);
  });

  it("sets aside, with its place, what cannot be read", () => {
    expect(readMessage(message("{no json"), json)).toEqual({
      kind: "nothing",
      delivery: `releases:2:42:${AT}`,
      reason: "the message at offset 42 of releases/2 is set aside: its value is no JSON",
    });
    for (const poison of [Buffer.from([0xff, 0xfe]), "1e999", '{"__proto__":1}', "[".repeat(100) + "]".repeat(100)]) {
      expect(readMessage(message(poison), json).kind).toBe("nothing");
    }
    expect(readMessage(message(JSON.stringify("x".repeat(1024 * 1024))), json)).toMatchObject({
      reason: expect.stringContaining("more than 1 MB"),
    });
    expect(readMessage(message('{"id":1}'), cloudevents)).toMatchObject({
      reason: expect.stringContaining("set aside: this is no CloudEvent"),
    });
  });

  it("reads CloudEvents in both modes, and a batch of them", () => {
    const attributes = { specversion: "1.0", id: "e1", source: "/ci", type: "built", time: "2026-11-20T11:00:00Z" };
    const ce = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value]));
    const binary = readMessage(
      message('{"digest":"sha256:1"}', { headers: headers({ ...ce, "content-type": "application/json" }) }),
      cloudevents,
    );
    const structured = readMessage(
      message(JSON.stringify({ ...attributes, data: { digest: "sha256:1" } }), {
        headers: headers({ "content-type": "application/cloudevents+json; charset=UTF-8" }),
      }),
      cloudevents,
    );
    for (const told of [binary, structured]) {
      expect(told).toMatchObject({
        events: [
          {
            event: { value: { id: "e1", source: "/ci", type: "built", subject: "", data: { digest: "sha256:1" } } },
            content: ["/ci", "e1"],
            says: "Message 42 of the Kafka topic releases/2, key checkout: built of /ci",
          },
        ],
      });
    }
    const batch = readMessage(
      message(JSON.stringify([attributes, { ...attributes, id: "e2" }]), {
        headers: headers({ "content-type": "application/cloudevents-batch+json" }),
      }),
      cloudevents,
    );
    expect(batch.kind === "events" && batch.events.map(({ content }) => content)).toEqual([
      ["/ci", "e1"],
      ["/ci", "e2"],
    ]);
  });

  it("never throws, and what it gives fits what expressions are checked with", () => {
    const bytes = fc.uint8Array({ maxLength: 60 });
    const values = fc.oneof(
      bytes,
      fc.json().map((text) => Buffer.from(text)),
    );
    const pairs = fc.array(fc.tuple(bytes, bytes), { maxLength: 3 });
    fc.assert(
      fc.property(values, bytes, pairs, fc.boolean(), (value, key, all, isCloud) => {
        const told = readMessage(message(undefined, { value, key, headers: all }), isCloud ? cloudevents : json);
        if (told.kind === "events") for (const { event } of told.events) KafkaEvent.parse(event);
      }),
      { numRuns: 300 },
    );
  });
});
