import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { html } from "../../../src/web/html.ts";

describe("a template", () => {
  it("escapes texts and keeps markup", () => {
    const inner = html`<b>${"<script>alert(1)</script>"}</b>`;
    expect(String(html`<p title="${`"'&`}">${inner}${[inner, inner]}${3}</p>`)).toBe(
      `<p title="&quot;&#39;&amp;">${String(inner).repeat(3)}3</p>`,
    );
    expect(String(inner)).toBe("<b>&lt;script&gt;alert(1)&lt;/script&gt;</b>");
  });

  it("takes away what hides or reorders", () => {
    expect(String(html`${"pay\u202Etxt\u200B\u0000\uD800"}`)).toBe("paytxt\uFFFD");
  });

  it("lets no text become markup", () => {
    fc.assert(fc.property(fc.string(), (text) => !/[<>"']/u.test(String(html`${text}`))));
  });
});
