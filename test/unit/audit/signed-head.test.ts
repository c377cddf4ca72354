import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { anchorKeyOf, pemOf, publicKeysIn } from "../../../src/audit/anchor-key.ts";
import { anchorsIn, anchorText, signatureProblem, signHead, trySignedHead } from "../../../src/audit/signed-head.ts";
import { appErrorOf } from "../../support/app-error-of.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

const KEY = anchorKeyOf(Buffer.alloc(32, 7));
const OTHER = anchorKeyOf(Buffer.alloc(32, 8));
const HEAD = { sequence: 23, hash: "a".repeat(64), log: "b".repeat(64), at: 1_795_283_735_253 };
const SIGNED = signHead(HEAD, KEY);
const TEXT = anchorText(SIGNED);

describe("a signed head", () => {
  it("is one line of canonical JSON, the same for the same head and key", () => {
    expect(TEXT).toBe(
      `{"at":1795283735253,"format":"quarterdeck-anchor/1","hash":"${HEAD.hash}","key":"${KEY.id}","log":"${HEAD.log}","sequence":23,"signature":"${SIGNED.signature}"}`,
    );
    expect(signHead(HEAD, anchorKeyOf(Buffer.alloc(32, 7)))).toEqual(SIGNED);
  });

  it("is believed with the public key alone, also beside keys of earlier", () => {
    const keys = publicKeysIn(`Key of 2024\n${pemOf(OTHER)}\nKey of now\n${pemOf(KEY)}`);
    expect(keys.map(({ id }) => id)).toEqual([OTHER.id, KEY.id]);
    expect(signatureProblem(SIGNED, keys)).toBeUndefined();
    expect(signatureProblem(SIGNED, publicKeysIn(pemOf(OTHER)))).toMatch(/not among those that are trusted/u);
    expect(signatureProblem({ ...SIGNED, key: OTHER.id }, keys)).toMatch(/forged or changed/u);
  });

  it("is not believed with any one character changed", () => {
    const place = fc.record({ at: fc.nat(TEXT.length - 1), code: fc.integer({ min: 32, max: 126 }) });
    fc.assert(
      fc.property(place, ({ at, code }) => {
        const changed = TEXT.slice(0, at) + String.fromCharCode(code) + TEXT.slice(at + 1);
        fc.pre(changed !== TEXT);
        const { heads, unreadable } = anchorsIn(changed);
        const isBelieved = heads.some((head) => signatureProblem(head, [KEY]) === undefined);
        return !isBelieved && (heads.length > 0 || unreadable > 0 || !changed.includes('"quarterdeck-anchor/'));
      }),
      { numRuns: 300 },
    );
  });

  it("has one spelling of its signature: bits that mean nothing are not free", () => {
    const last = SIGNED.signature.at(-1) ?? "";
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const twin = letters[letters.indexOf(last) ^ 1] ?? "";
    const spelled = { ...SIGNED, signature: SIGNED.signature.slice(0, -1) + twin };
    expect(Buffer.from(spelled.signature, "base64url")).toEqual(Buffer.from(SIGNED.signature, "base64url"));
    expect(signatureProblem(spelled, [KEY])).toMatch(/forged or changed/u);
  });

  it("is found again in an event, of which the moment stands outside the payload", () => {
    const { at, ...payload } = SIGNED;
    expect(trySignedHead({ at, payload: JSON.stringify(payload) })).toEqual(SIGNED);
    expect(trySignedHead({ at, payload: "{}" })).toBeUndefined();
    expect(trySignedHead({ at, payload: null })).toBeUndefined();
  });
});

describe("anchors in a text", () => {
  it("are found in lines, between words, and in an export of Slack", () => {
    const inSlack = JSON.stringify({ text: `\`\`\`${TEXT}\`\`\`` }).replaceAll("/", String.raw`\/`);
    const { heads, unreadable } = anchorsIn(
      `The log is anchored\n${TEXT}\nand ${TEXT}, see quarterdeck-anchors\n${inSlack}`,
    );
    expect(heads).toEqual([SIGNED, SIGNED, SIGNED]);
    expect(unreadable).toBe(0);
  });

  it("are looked for in no more time than the text is long, whoever wrote it", () => {
    const started = cpuTimeMs();
    const texts = ['"quarterdeck-anchor/'.repeat(50_000), "{".repeat(500_000), "{a".repeat(200_000)];
    for (const text of texts) expect(anchorsIn(`{${text}`).heads).toEqual([]);
    expect(cpuTimeMs() - started).toBeLessThan(700);
  });

  it("do not disappear when they are damaged", () => {
    expect(anchorsIn(`${TEXT}\n${TEXT.slice(0, 80)}`)).toMatchObject({ heads: [SIGNED], unreadable: 1 });
    expect(anchorsIn(TEXT.replace('"sequence":23', '"sequence":"23"'))).toMatchObject({ heads: [], unreadable: 1 });
    expect(anchorsIn("nothing")).toEqual({ heads: [], unreadable: 0 });
  });
});

describe("a key file", () => {
  it("that holds no public key, a damaged one or one of another sort is refused with what it should be", async () => {
    const rsa =
      "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALRiMLAHudeSA/x3hB2f+2NRkJLA\n-----END PUBLIC KEY-----";
    for (const text of ["", rsa]) {
      const error = await appErrorOf(Promise.resolve().then(() => publicKeysIn(text)));
      expect(error.code).toBe("audit.key");
      expect(error.message).toContain('It is what "quarterdeck audit key" prints');
    }
  });
});
