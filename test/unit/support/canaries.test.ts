import { describe, expect, it } from "vitest";

import { Canaries } from "../../support/canaries.ts";

const SECRET = "canary/with+odd=chars and a space";

function look(text: string | Buffer): readonly string[] {
  const canaries = new Canaries({ secrets: { it: SECRET }, sinks: ["a", "b"] });
  canaries.look("a", ["before ", text, " after"]);
  return canaries.leaks.map(({ how }) => how);
}

describe("the search for planted secrets", () => {
  it.each([
    ["plain", SECRET],
    ["in an address", encodeURIComponent(SECRET)],
    ["hexadecimal", Buffer.from(SECRET).toString("hex")],
    ["backwards", Array.from(SECRET).toReversed().join("")],
    ["base 64 after 0", Buffer.from(SECRET).toString("base64")],
    ["base 64 after 1", Buffer.from(`abc:${SECRET}!`).toString("base64")],
    ["base 64 url after 2", Buffer.from(`ab${SECRET}`).toString("base64url")],
    ["half of it", SECRET.slice(0, 20)],
  ])("finds one that is %s", (how, text) => {
    expect(look(text)).toContain(how);
  });

  it("finds one that is cut into pieces", () => {
    const canaries = new Canaries({ secrets: { it: SECRET }, sinks: ["a"] });
    canaries.look("a", [SECRET.slice(0, 5), Buffer.from(SECRET.slice(5))]);
    expect(canaries.leaks).toContainEqual({ sink: "a", secret: "it", how: "plain" });
  });

  it("finds nothing where there is none, and tells of what nobody looked at", () => {
    const canaries = new Canaries({ secrets: { it: SECRET }, sinks: ["a", "b"] });
    canaries.look("a", ["all quiet"]);
    expect([canaries.leaks, canaries.unseen]).toEqual([[], ["b"]]);
    expect(() => canaries.look("b", [])).toThrow("nothing came out of b");
    expect(() => canaries.look("c", ["x"])).toThrow("c is not among the sinks");
  });
});
