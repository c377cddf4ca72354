import { describe, expect, it } from "vitest";

import { readJson, readJsonMap, tryText } from "../../../../src/triggers/kinds/read-json.ts";

const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;

describe("reading JSON from outside", () => {
  it.each([
    ['{"a":[1,2.5,null,true,"ü"]}', { a: [1, 2.5, null, true, "ü"] }],
    ['\uFEFF{"a":1}', { a: 1 }],
    ["[]", []],
    ["1e300", 1e300],
  ])("gives what %j says", (text, value) => {
    expect(readJson(Buffer.from(text))).toEqual({ kind: "read", value });
  });

  it.each([
    [Buffer.from([0x22, 0xff, 0x22]), "the body is no UTF-8"],
    [Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), "the body is no UTF-8"],
    [Buffer.from("{"), "the body is no JSON"],
    [Buffer.from(""), "the body is no JSON"],
    [Buffer.from("NaN"), "the body is no JSON"],
    [Buffer.from('{"a":[-1e999]}'), "the body has a number that is too large"],
    [Buffer.from('{"a":{"__proto__":1}}'), "the body has a key `__proto__`"],
    [Buffer.from(nested(65)), "the body is nested in more than 64 levels"],
  ])("refuses %s: %s", (body, reason) => {
    expect(readJson(body)).toEqual({ kind: "unreadable", reason });
  });

  it("takes no more values than an expression looks at, or a few more where only some fields are read", () => {
    const list = (length: number): Buffer => Buffer.from(JSON.stringify(Array.from({ length }, () => 1)));
    const map = (size: number): Buffer =>
      Buffer.from(JSON.stringify(Object.fromEntries(Array.from({ length: size }, (_, index) => [`k${index}`, 1]))));
    expect(readJson(list(19_999)).kind).toBe("read");
    expect(readJson(list(20_000))).toEqual({ kind: "unreadable", reason: "the body has more than 20000 values" });
    expect(readJson(map(70_000)).kind).toBe("unreadable");
    expect(readJsonMap(map(20_000)).kind).toBe("read");
    expect(readJsonMap(map(50_000))).toEqual({ kind: "unreadable", reason: "the body has more than 50000 values" });
  });

  it("takes as many levels as it says", () => {
    expect(readJson(Buffer.from(nested(64)))).toMatchObject({ kind: "read" });
  });

  it.each(["[]", "null", "1", '"a"'])("takes %s for no object", (text) => {
    expect(readJsonMap(Buffer.from(text))).toEqual({ kind: "unreadable", reason: "the body is no JSON object" });
  });

  it("takes bytes that are no UTF-8 for no text", () => {
    expect(tryText(Buffer.from([0xc3, 0x28]))).toBeUndefined();
    expect(tryText(Buffer.from("ü"))).toBe("ü");
  });
});
