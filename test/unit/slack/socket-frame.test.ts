import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readFrame } from "../../../src/slack/socket-frame.ts";

describe("a frame from Slack", () => {
  it("goes on to the SDK when it is a greeting or an envelope", () => {
    expect(readFrame('{"type":"hello","num_connections":2}')).toEqual({ kind: "pass", connections: 2 });
    expect(readFrame('{"type":"interactive","envelope_id":"e","payload":{"type":"x","user":{}}}')).toMatchObject({
      kind: "pass",
    });
    const event = '{"type":"events_api","payload":{"event":{"type":"app_mention"}}}';
    expect(readFrame(event)).toMatchObject({ kind: "pass" });
  });

  it("asks to leave, with or without a reason", () => {
    expect(readFrame('{"type":"disconnect","reason":"warning"}')).toEqual({ kind: "disconnect", reason: "warning" });
    expect(readFrame('{"type":"disconnect","reason":7}')).toEqual({ kind: "disconnect", reason: "unknown" });
  });

  it.each([
    "null",
    "{",
    "7",
    '{"type":"events_api","payload":{"type":"app_rate_limited"}}',
    '{"type":"slash_commands"}',
    '{"type":"slash_commands","envelope_id":"e","payload":{}}',
    '{"type":"interactive","envelope_id":"e","payload":{}}',
    '{"type":"interactive","envelope_id":"e","payload":{"type":"block_actions","user":{"id":"U1"},"actions":[]}}',
    '{"type":"interactive","envelope_id":"e","payload":{"type":"view_submission","user":{"id":"U1"},"view":{}}}',
    '{"type":"interactive","envelope_id":"e","payload":{"type":"x","user":{"id":"U1"},"command":"/promote"}}',
    '{"type":"events_api","payload":{"event":{"type":"message","channel":5}}}',
    '{"type":"events_api","payload":{"event":{"type":"x"},"authorizations":[null]}}',
  ])("is dropped where the SDK would fall over it: %s", (data) => {
    expect(readFrame(data).kind).toBe("drop");
  });

  it("is dropped, and never thrown about, whatever it is", () => {
    fc.assert(fc.property(fc.oneof(fc.anything(), fc.json()), (data) => typeof readFrame(data).kind === "string"));
  });
});
