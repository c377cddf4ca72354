import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";

import { readYaml, type YamlDocument } from "../../../src/config/yaml-document.ts";

function parsed(text: string): YamlDocument {
  const result = readYaml({ text, file: "file.yaml" });
  if (result.kind === "broken") throw new Error(JSON.stringify(result.diagnostics));
  return result.document;
}

function faults(text: string): readonly string[] {
  const result = readYaml({ text, file: "file.yaml" });
  return result.kind === "broken"
    ? result.diagnostics.map((found) => `${found.line}:${found.column} ${found.message}`)
    : [];
}

describe("reading YAML", () => {
  it("gives plain data", () => {
    expect(parsed("a: 1\nb: [x, true, null]\nc: { on: yes }\n").value).toEqual({
      a: 1,
      b: ["x", true, null],
      c: { on: "yes" },
    });
  });

  it("knows the place of every value and key", () => {
    const document = parsed("a:\n  - 1\n  - bb: 2\n");
    expect(document.placeOf(["a", 1, "bb"])).toEqual({ line: 3, column: 9 });
    expect(document.placeOf(["a", 1, "bb"], "key")).toEqual({ line: 3, column: 5 });
  });

  it("gives the nearest place for what is not there", () => {
    const document = parsed("a:\n  - b: 2\n    c:\n");
    expect(document.placeOf(["a", 0, "z"])).toEqual({ line: 2, column: 5 });
    expect(document.placeOf(["a", 0, "c"])).toEqual({ line: 3, column: 7 });
    expect(document.placeOf(["a", 7])).toEqual({ line: 2, column: 3 });
    expect(parsed("").placeOf(["a"])).toEqual({ line: 1, column: 1 });
  });

  it("follows anchors, also for places", () => {
    const document = parsed("a: &shared { b: 1 }\nc: *shared\n");
    expect(document.value).toEqual({ a: { b: 1 }, c: { b: 1 } });
    expect(document.placeOf(["c", "b"])).toEqual({ line: 1, column: 17 });
  });

  it("keeps a key that means something to JavaScript as data", () => {
    const { value } = parsed("__proto__: { polluted: true }\n");
    expect(Object.keys(value ?? {})).toEqual(["__proto__"]);
    expect("polluted" in {}).toBe(false);
  });

  it.each([
    ["a key twice", "a: 1\nb: 2\na: 3\n", '3:1 the key "a" stands here for the second time; keep one of them'],
    ["a list as key", "? [a]\n: 1\n", "1:3 a key is a single word or text here"],
    ["a tag", "a: !!binary aGk=\n", "1:4 Unresolved tag: tag:yaml.org,2002:binary"],
    ["an unknown anchor", "a: *nowhere\n", "1:4 there is no anchor &nowhere above this line"],
    ["an anchor inside itself", "a: &x [*x]\n", "1:7 this is nested too deeply; at most 40 levels are read"],
    ["a tab", "a:\n\t- 1\n", "2:1 indent with spaces; YAML allows no tabs here"],
    [
      "an expression without quotes in braces",
      "a: { token: ${{ secrets.X }} }\n",
      '1:14 inside { } and [ ] an expression stands in quotes: "${{ secrets.NAME }}"',
    ],
    ["a star without quotes", "a: [*]\n", "1:5 Alias cannot be an empty string; a * stands in quotes here"],
  ])("reports %s with its place", (_, text, expected) => {
    expect(faults(text)[0]).toBe(expected);
  });

  it("reports the first mistake alone, because most of what the parser says after it is none", () => {
    expect(faults("environments: [\n  - name: staging\n  - name: prod\nservices: []\n")).toEqual([
      expect.stringMatching(/^2:3 this does not go into brackets: either a bracket further up is not closed/u),
    ]);
  });

  it("reads one document only", () => {
    expect(faults("a: 1\n---\nb: 2\n")).toHaveLength(1);
  });

  it("stops at text that is too long, too deep or multiplies itself", () => {
    expect(faults(`a: "${"x".repeat(1_000_000)}"`)).toEqual([
      "1:1 the file has 1000005 characters; at most 1000000 are read",
    ]);
    expect(faults("[".repeat(4000))).toEqual(["1:1 the file is nested too deeply; at most 40 levels are read"]);
    // Where the stack ends differs from one time to the next, so nothing may depend on it.
    for (const deep of [`a: ${"[\n".repeat(3000)}`, `a: [{ ${"url: ".repeat(900)}x`]) {
      expect(new Set(Array.from({ length: 5 }, () => faults(deep).join()))).toEqual(
        new Set(["1:1 the file is nested too deeply; at most 40 levels are read"]),
      );
    }
    expect(faults(`b: 1\na: ${"c, ".repeat(7000)}`)).toEqual([
      "2:1 this line has more than 5000 characters; write it on several",
    ]);
    const laughs = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"];
    for (let level = 1; level < 8; level += 1) {
      laughs.push(`a${level}: &a${level} [${`*a${level - 1}, `.repeat(10)}]`);
    }
    expect(faults(laughs.join("\n"))).toEqual([expect.stringContaining("more than 200000 values")]);
  });

  it("never throws, whatever it is given", () => {
    const claim = property(string({ unit: "binary-ascii", maxLength: 200 }), (text) => {
      expect(["parsed", "broken"]).toContain(readYaml({ text, file: "file.yaml" }).kind);
    });
    expect(() => assert(claim, { numRuns: 200 })).not.toThrow();
  });
});
