import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readPattern } from "../../../src/commands/slash-pattern.ts";

describe("the grammar of a slash command", () => {
  it("has words, inputs, optional groups and flags", () => {
    expect(readPattern("/x do <a> to <b> [<c>] [in <d> of <e>] [--dry-run] [--reason <why>]")).toEqual({
      ok: true,
      pattern: {
        slash: "x",
        required: [
          { kind: "word", word: "do" },
          { kind: "input", input: "a" },
          { kind: "word", word: "to" },
          { kind: "input", input: "b" },
        ],
        optional: [
          { kind: "optional", items: [{ kind: "input", input: "c" }] },
          {
            kind: "optional",
            items: [
              { kind: "word", word: "in" },
              { kind: "input", input: "d" },
              { kind: "word", word: "of" },
              { kind: "input", input: "e" },
            ],
          },
        ],
        flags: [
          { flag: "dry-run", input: "dryRun", takesValue: false },
          { flag: "reason", input: "why", takesValue: true },
        ],
      },
    });
  });

  it.each([
    ["promote <a>", 0, "begins with a slash"],
    ["/Promote <a>", 0, "begins with a slash"],
    [`/${"x".repeat(40)}`, 0, "begins with a slash"],
    ["   ", 0, "begins with a slash"],
    ["/x [<a>] <b>", 9, "what is required comes before what is optional"],
    ["/x [<a>", 3, 'this "[" has no "]"'],
    ["/x []", 3, "there is nothing in these brackets"],
    ["/x <a b>", 3, '"<a b>" is neither a word'],
    ["/x TO", 3, '"TO" is neither a word'],
    ["/x a>", 4, '">" is neither a word'],
    ["/x ]", 3, '"]" is neither a word'],
    ["/x --again", 3, "a flag is optional: write [--again]"],
    ["/x [--Again]", 4, "a flag has small letters and hyphens"],
    ["/x [--a b]", 8, "write [--a] or [--a <input>]"],
    ["/x [--a <b> <c>]", 8, "write [--a] or [--a <input>]"],
    ["/x [<a>] [<b>]", 9, "only the first optional group may begin with an input"],
    ["/x <a> [--a <a>]", 0, "the input <a> stands here twice"],
  ])("%s is refused", (text, offset, message) => {
    expect(readPattern(text)).toMatchObject({
      ok: false,
      mistake: { offset, message: expect.stringContaining(message) },
    });
  });

  it("is read or refused with a place, whatever it is", () => {
    const piece = fc.constantFrom("/x", " ", "<a>", "<b>", "[", "]", "to", "--f", "<", ">", "A");
    const text = fc.oneof(
      fc.string(),
      fc.array(piece).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(text, (source) => {
        const reading = readPattern(source);
        const end = reading.ok ? 0 : reading.mistake.offset;
        expect(end).toBeLessThanOrEqual(source.length);
      }),
    );
  });
});
