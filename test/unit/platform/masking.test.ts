import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { SecretMask } from "../../../src/platform/masking.ts";

const SECRET = "canary/T0ken+42=€";

function masking(...secrets: readonly string[]): SecretMask {
  const mask = new SecretMask();
  for (const secret of secrets) mask.add(secret);
  return mask;
}

describe("a secret", () => {
  const forms: Readonly<Record<string, string>> = {
    "as it is": SECRET,
    "in an address": encodeURIComponent(SECRET),
    "in an address with small digits": encodeURIComponent(SECRET).replaceAll(/%../gu, (code) => code.toLowerCase()),
    "in JSON": JSON.stringify({ token: SECRET }),
    "in hexadecimal": Buffer.from(SECRET).toString("hex"),
    "in large hexadecimal": Buffer.from(SECRET).toString("hex").toUpperCase(),
    "in base 64": Buffer.from(SECRET).toString("base64"),
    "in base 64 for addresses": Buffer.from(SECRET).toString("base64url"),
    "in a user and password in base 64": Buffer.from(`u:${SECRET}`).toString("base64"),
    "in a longer user and password in base 64": Buffer.from(`us:${SECRET}@`).toString("base64"),
    "between others in base 64": Buffer.from(`use:${SECRET}@x`).toString("base64url"),
  };

  it.each(Object.entries(forms))("is hidden %s", (_how, text) => {
    const masked = masking("another-secret", SECRET).text(`before ${text} after`);
    expect(masked).toContain("«secret»");
    // At most a digit that a neighbour has a part in stays.
    expect(masked.replaceAll("«secret»", "")).not.toContain(text.slice(4, 12));
  });

  it("is hidden whole when another one begins like it", () => {
    expect(masking("xoxb-1234", "xoxb-1234-5678").text("xoxb-1234-5678 and xoxb-1234")).toBe("«secret» and «secret»");
  });

  it("is hidden wherever it stands, among secrets of any length", () => {
    const secrets = fc.uniqueArray(fc.string({ minLength: 8, maxLength: 60 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        secrets,
        fc.string({ maxLength: 200 }),
        fc.string({ maxLength: 40 }),
        fc.nat(),
        (all, before, after, which) => {
          const secret = all[which % all.length] ?? "";
          const text = before + secret + after;
          expect(masking(...all).text(text)).toContain("«secret»");
        },
      ),
    );
  });

  it("leaves everything else as it is", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        fc.pre(!text.includes("correct-horse"));
        expect(masking("correct-horse").text(text)).toBe(text);
      }),
    );
    expect(new SecretMask().text("anything")).toBe("anything");
  });
});
