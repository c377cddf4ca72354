import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readPayload, requestType } from "../../../src/slack/request-payload.ts";

const read = (type: "form" | "json", text: string) => readPayload(type, Buffer.from(text));

describe("the content type", () => {
  it("is one of the two that Slack sends, with nothing else behind it but the character set", () => {
    expect(requestType("application/x-www-form-urlencoded")).toBe("form");
    expect(requestType("application/json; charset=utf-8")).toBe("json");
    for (const other of [
      undefined,
      "",
      "text/plain",
      "application/jsonp",
      "application/json, text/html",
      "__proto__",
    ]) {
      expect(requestType(other)).toBeUndefined();
    }
  });
});

describe("the body", () => {
  it("of a command is its fields", () => {
    expect(read("form", "command=%2Fpromote&text=checkout+abc123+to+prod")).toMatchObject({
      kind: "command",
      payload: { command: "/promote", text: "checkout abc123 to prod" },
    });
  });

  it("of a click or a form is the JSON in its one field", () => {
    const payload = encodeURIComponent(JSON.stringify({ type: "block_actions", user: { id: "U1" } }));
    expect(read("form", `payload=${payload}`)).toEqual({
      kind: "interaction",
      payload: { type: "block_actions", user: { id: "U1" } },
    });
  });

  it("of Slack's checks says what to answer", () => {
    expect(read("json", '{"type":"url_verification","challenge":"abc"}')).toEqual({
      kind: "challenge",
      challenge: "abc",
    });
    expect(read("form", "ssl_check=1&token=x")).toEqual({ kind: "check" });
  });

  it("in one encoding is not taken for what the other is for", () => {
    expect(read("json", '{"command":"/promote","text":"checkout abc123 to prod"}').kind).toBe("unknown");
    expect(read("json", '{"type":"block_actions","actions":[]}').kind).toBe("unknown");
    expect(read("form", "type=event_callback&event=x").kind).toBe("unknown");
  });

  it("that is null, a list, broken or doubled is unknown, and nothing worse", () => {
    for (const text of [
      "null",
      "[]",
      "{",
      '"text"',
      "1",
      '{"type":"event_callback"}',
      '{"type":"event_callback","event":null}',
    ]) {
      expect(read("json", text).kind).toBe("unknown");
      expect(read("form", `payload=${encodeURIComponent(text)}`).kind).toBe("unknown");
    }
    expect(read("form", "command=%2Fa&command=%2Fb").kind).toBe("unknown");
    expect(read("form", "%E0%A4%A=%&&==").kind).toBe("unknown");
  });

  it("never throws", () => {
    const type = fc.constantFrom("form", "json");
    fc.assert(
      fc.property(type, fc.uint8Array(), (kind, bytes) => readPayload(kind, Buffer.from(bytes)).kind.length > 0),
    );
  });
});
