import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { bareExpression, parseTemplate } from "../../../src/expressions/template.ts";

describe("taking a string apart", () => {
  it("separates text and expressions and says where each expression stands", () => {
    expect(parseTemplate("a ${{ x }} b ${{y}}")).toEqual({
      ok: true,
      parts: [
        { kind: "text", text: "a " },
        { kind: "expression", text: "x", offset: 6 },
        { kind: "text", text: " b " },
        { kind: "expression", text: "y", offset: 16 },
      ],
    });
  });

  it.each([
    ["${{ {'a': {'b': 1}} }}", "{'a': {'b': 1}}"],
    ["${{ '}}' }}", "'}}'"],
    ['${{ "}}\\"}}" }}', '"}}\\"}}"'],
    ["${{ '''}}'}}''' }}", "'''}}'}}'''"],
    ["${{ '${{' }}", "'${{'"],
    ["${{}}", ""],
  ])("finds the end of %s", (source, text) => {
    expect(parseTemplate(source)).toMatchObject({ ok: true, parts: [{ kind: "expression", text }] });
  });

  it.each([
    ["${{ x", 0],
    ["a ${{ x }", 2],
    ["${{ 'x }}", 0],
    ["${{ a }} ${{", 9],
  ])("says where an expression that does not end begins: %s", (source, offset) => {
    expect(parseTemplate(source)).toEqual({
      ok: false,
      problem: { message: 'this "${{" has no "}}" that closes it', offset, length: 3 },
    });
  });

  it("puts together again what it took apart", () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom("${{", "}}", "'", '"', "{", "}", "\\", "${{ x }}"));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const source = pieces.join("");
        const template = parseTemplate(source);
        const texts = template.ok ? template.parts : [];
        for (const part of texts) {
          const at = part.kind === "expression" ? part.offset : source.indexOf(part.text);
          expect(source.slice(at, at + part.text.length)).toBe(part.text);
        }
      }),
    );
  });
});

describe("an expression that may stand in brackets", () => {
  it.each([
    ["${{ a.b }}", "a.b"],
    ["  ${{ a }}  ", "a"],
    [" a ", "a"],
    ["${{ a }} && b", "${{ a }} && b"],
  ])("is %s taken out of them", (source, bare) => {
    expect(bareExpression(source)).toBe(bare);
  });
});
