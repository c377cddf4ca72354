import { expect, it } from "vitest";

import { type ApiTokensQuestion, tokenFindings } from "../../../src/doctor/api-tokens.ts";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const NONE: ApiTokensQuestion = { problem: undefined, tokens: [], inRoles: new Set(), now: NOW };
const CI = { name: "ci", scopes: ["run", "read"] };

it("says nothing where there are no tokens and no role asks for one", () => {
  expect(tokenFindings(NONE)).toEqual([]);
});

it("counts tokens that are in order", () => {
  const reader = { name: "dashboard", scopes: ["read"] };
  expect(tokenFindings({ ...NONE, tokens: [CI, reader], inRoles: new Set(["ci"]) })).toEqual([
    { area: "data", subject: "API tokens", level: "ok", what: "2 tokens, none of which ends soon" },
  ]);
});

it("says what is wrong with the file, since no token counts then", () => {
  expect(tokenFindings({ ...NONE, problem: "it can be read by others", inRoles: new Set(["ci"]) })).toMatchObject([
    { level: "problem", what: "it can be read by others", why: "no token of the API is believed" },
  ]);
});

it.each([
  { expiresAt: "2026-05-31T23:59:59Z", what: "it ended at 2026-05-31T23:59:59Z" },
  { expiresAt: "2026-06-01T00:00:00Z", what: "it ended at 2026-06-01T00:00:00Z" },
  { expiresAt: "2026-06-15T00:00:00Z", what: "it ends at 2026-06-15T00:00:00Z" },
])("warns of a token that ends at $expiresAt", ({ expiresAt, what }) => {
  const found = tokenFindings({ ...NONE, tokens: [{ ...CI, expiresAt }], inRoles: new Set(["ci"]) });
  expect(found).toMatchObject([
    { level: "warning", subject: "token ci", what, mend: expect.stringContaining("revoke ci") },
  ]);
});

it("leaves alone a token that ends later than in two weeks", () => {
  const expiresAt = "2026-06-15T00:00:01Z";
  const found = tokenFindings({ ...NONE, tokens: [{ ...CI, expiresAt }], inRoles: new Set(["ci"]) });
  expect(found).toMatchObject([{ level: "ok" }]);
});

it("warns of a token that may ask and that no role names, and not of one that only reads", () => {
  const reader = { name: "dashboard", scopes: ["read"] };
  expect(tokenFindings({ ...NONE, tokens: [{ name: "ci", scopes: ["read", "run", "cancel"] }, reader] })).toMatchObject(
    [{ level: "warning", subject: "token ci", what: "it may run, cancel, and no role names it" }],
  );
});

it("warns of a token that a role names and nobody has made", () => {
  expect(tokenFindings({ ...NONE, tokens: [CI], inRoles: new Set(["ci", "gone"]) })).toMatchObject([
    { level: "ok", what: "1 token, none of which ends soon" },
    { level: "warning", subject: "token gone", mend: expect.stringContaining("quarterdeck token create gone") },
  ]);
});
