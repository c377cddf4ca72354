import { createHmac } from "node:crypto";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { isSigned, readSignedHead } from "../../../src/slack/request-signature.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const NOW = 1_800_000_000_000;
const SECONDS = NOW / 1000;

function sign(body: Buffer, timestamp = String(SECONDS), secret = SECRET): Record<string, string> {
  const signature = createHmac("sha256", secret).update(`v0:${timestamp}:`).update(body).digest("hex");
  return { "x-slack-request-timestamp": timestamp, "x-slack-signature": `v0=${signature}` };
}

function isBelieved(headers: Record<string, string | string[]>, body: Buffer): boolean {
  const head = readSignedHead(headers, NOW);
  return head.kind === "signed" && isSigned(SECRET, head, body);
}

describe("a signed request", () => {
  it("is believed as it is, whatever its bytes are", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => isBelieved(sign(Buffer.from(bytes)), Buffer.from(bytes))));
  });

  it("is not believed with any one bit changed", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), fc.integer({ min: 0, max: 7 }), (bytes, place, bit) => {
        const changed = Buffer.from(bytes);
        const index = place % changed.length;
        changed[index] = (changed[index] ?? 0) ^ (1 << bit);
        return !isBelieved(sign(Buffer.from(bytes)), changed);
      }),
    );
  });

  it("is not believed with another secret, another version of the signature, or none", () => {
    const body = Buffer.from("command=/promote");
    const good = sign(body);
    expect(isBelieved(good, body)).toBe(true);
    const signature = good["x-slack-signature"] ?? "";
    const others = [
      sign(body, String(SECONDS), "another-secret-of-somebody-else"),
      { ...good, "x-slack-signature": signature.replace("v0", "v1") },
      { ...good, "x-slack-signature": signature.toUpperCase() },
      { ...good, "x-slack-signature": signature.slice(0, -1) },
      { ...good, "x-slack-signature": `${signature}, ${signature}` },
      { ...good, "x-slack-signature": "v0=" },
      { ...good, "x-slack-signature": [signature] },
      { "x-slack-request-timestamp": String(SECONDS) },
      { "x-slack-signature": signature },
      {},
    ];
    expect(others.map((headers) => isBelieved(headers, body))).toEqual(others.map(() => false));
  });

  it("is good for five minutes before and after now, and no longer", () => {
    const kindAt = (shift: number): string => readSignedHead(sign(Buffer.alloc(0), String(SECONDS + shift)), NOW).kind;
    expect([-300, -1, 0, 1, 300].map(kindAt)).toEqual(["signed", "signed", "signed", "signed", "signed"]);
    expect([-301, 301, 3600, 10 * 365 * 86_400].map(kindAt)).toEqual(["time", "time", "time", "time"]);
  });

  it("names its time in digits, as it was signed", () => {
    for (const timestamp of [
      `${SECONDS}.0`,
      ` ${SECONDS}`,
      `+${SECONDS}`,
      "1e9",
      "0x6b49d200",
      "",
      "NaN",
      "9".repeat(13),
    ]) {
      expect(readSignedHead(sign(Buffer.alloc(0), timestamp), NOW).kind).toBe("unsigned");
    }
  });
});
