import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { EventStreamParser } from "../../../src/argocd/event-stream-parser.ts";
import { readRecording } from "./recording.ts";

function parseAll(bytes: Buffer, sizes: readonly number[] = []): readonly string[] {
  const parser = new EventStreamParser();
  const events: string[] = [];
  let rest = bytes;
  for (const size of sizes) {
    events.push(...parser.push(rest.subarray(0, size)));
    rest = rest.subarray(size);
  }
  return [...events, ...parser.push(rest), ...parser.end()];
}

describe("EventStreamParser", () => {
  it("gives the data of each event and nothing for keepalives", () => {
    const text = 'data: {"a":1} \n\n\n:\ndata: {"b":2} \n\n\n: still here\n';
    expect(parseAll(Buffer.from(text))).toEqual(['{"a":1} ', '{"b":2} ']);
  });

  it("reads CRLF, data without a space, and several data lines as one event", () => {
    expect(parseAll(Buffer.from("data:one\r\ndata: two\r\n\r\nevent: x\r\nid: 7\r\n\r\n"))).toEqual(["one\ntwo"]);
  });

  it("gives a last event that the end of the stream cut short, bare JSON included", () => {
    expect(parseAll(Buffer.from('data: {"a":1}\n\n{"error":{"message":"gone"}}'))).toEqual([
      '{"a":1}',
      '{"error":{"message":"gone"}}',
    ]);
    expect(parseAll(Buffer.from('data: {"error":{}}'))).toEqual(['{"error":{}}']);
  });

  it("does not depend on where the bytes are cut, not even within a letter", () => {
    const text = ['{"name":"größe"}', '{"emoji":"🚀 \\n"}', "日本語", "x".repeat(300)]
      .map((data) => `data: ${data}\n\n:\n`)
      .join("");
    const whole = parseAll(Buffer.from(text));
    expect(whole).toHaveLength(4);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }), (sizes) => {
        expect(parseAll(Buffer.from(text), sizes)).toEqual(whole);
      }),
    );
  });

  it("survives any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        expect(() => parseAll(Buffer.from(bytes))).not.toThrow();
      }),
    );
  });

  it("refuses an event without end instead of keeping it in memory", () => {
    const parser = new EventStreamParser(1000);
    parser.push(Buffer.from(`data: ${"x".repeat(900)}`));
    expect(() => parser.push(Buffer.from("y".repeat(200)))).toThrow(
      expect.objectContaining({ code: "argocd.event-too-long" }),
    );
  });

  it("counts keepalives against no limit, however many come", () => {
    const parser = new EventStreamParser(100);
    for (let index = 0; index < 1000; index += 1) expect(parser.push(Buffer.from(":\n"))).toEqual([]);
  });

  it("reads the recorded stream of a real server", () => {
    const lines = readRecording("watch-event-stream").filter(({ kind }) => kind === "line");
    const events = parseAll(Buffer.from(lines.map(({ text }) => text).join("")));
    expect(events).toHaveLength(lines.filter(({ text }) => text.startsWith("data:")).length);
    for (const event of events) expect(JSON.parse(event)).toHaveProperty("result.application.metadata.name");
  });
});
