import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";

import { Accounts, accountToken } from "../../../src/simulator/argocd-accounts.ts";
import { filteredFrame, listItem } from "../../../src/simulator/argocd-fields.ts";
import { matchesGlob } from "../../../src/simulator/argocd-glob.ts";
import { resolveRevision } from "../../../src/simulator/argocd-manifest-source.ts";
import { jsonPatch, mergePatch } from "../../../src/simulator/argocd-patch.ts";
import { parseJson, parseMessage } from "../../../src/simulator/argocd-request-body.ts";
import { retryDelayMs, retryText } from "../../../src/simulator/argocd-retry.ts";
import { Router } from "../../../src/simulator/argocd-router.ts";
import { matchesSelector } from "../../../src/simulator/argocd-selector.ts";

describe("a glob", () => {
  test.each([
    ["shop/*", "shop/web", true],
    ["shop/*", "shop/team-a/web", true],
    ["*/*", "web", false],
    ["*-prod", "web-prod", true],
    ["*-prod", "web-prod-2", false],
    ["a*b*c", "a-b-b-c", true],
    ["ab*ba", "aba", false],
    ["web", "web", true],
    ["web", "webs", false],
  ])("%s against %s is %s", (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });

  test("means what the same pattern means as a regular expression", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 6 });
    const texts = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
    fc.assert(
      fc.property(letters, texts, (pattern, text) => {
        expect(matchesGlob(pattern, text)).toBe(new RegExp(`^${pattern.replaceAll(/\*+/gu, ".*")}$`, "u").test(text));
      }),
    );
  });
});

test.each([
  ["", true],
  ["a=1", true],
  ["a==1,b", true],
  ["a!=1", false],
  ["c!=1", true],
  ["!c", true],
  ["!a", false],
  ["a in (1, 2),b notin (3)", true],
  ["c in (1)", false],
])("the selector %j on {a: 1, b: 2} is %s", (selector, expected) => {
  expect(matchesSelector(selector, { a: "1", b: "2" })).toBe(expected);
});

describe("fields", () => {
  const item = {
    metadata: { name: "web", uid: "u" },
    spec: { project: "shop" },
    status: { health: { status: "Healthy" }, operationState: { phase: "Succeeded", syncResult: { revision: "r" } } },
  };

  test("of a list are only those on Argo CD's list", () => {
    expect(listItem(item, "items.metadata.name,items.metadata.uid,items.status.health.status")).toEqual({
      metadata: { name: "web" },
    });
    expect(listItem(item, "items.status.operationState.operation.sync")).toEqual({
      status: { operationState: { operation: { sync: { revision: "r" } } } },
    });
  });

  test("of a list may be left out instead", () => {
    expect(listItem(item, "-items.spec,items.spec.project")).toEqual({
      metadata: { name: "web" },
      status: {
        health: { status: "Healthy" },
        operationState: { phase: "Succeeded", operation: { sync: { revision: "r" } } },
      },
    });
  });

  test("of a frame keep whole branches, in the order of their names", () => {
    const frame = { result: { type: "ADDED", application: item } };
    const kept = filteredFrame(frame, "result.type,result.application.status.health");
    expect(JSON.stringify(kept)).toBe(
      '{"result":{"application":{"status":{"health":{"status":"Healthy"}}},"type":"ADDED"}}',
    );
    expect(filteredFrame({ error: { message: "x" } }, "result.type")).toEqual({});
    expect(filteredFrame(frame, "-result.application")).toEqual({ result: { type: "ADDED" } });
  });
});

describe("a patch", () => {
  test.each([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("merged: %j with %j is %j", (target, patch, expected) => {
    expect(mergePatch(target, patch)).toEqual(expected);
  });

  test.each([
    [
      { op: "add", path: "/a/1", value: "x" },
      { a: ["1", "x", "2"], b: { c: 3 } },
    ],
    [
      { op: "add", path: "/a/-", value: "x" },
      { a: ["1", "2", "x"], b: { c: 3 } },
    ],
    [
      { op: "replace", path: "/b/c", value: 4 },
      { a: ["1", "2"], b: { c: 4 } },
    ],
    [
      { op: "remove", path: "/a/0" },
      { a: ["2"], b: { c: 3 } },
    ],
    [{ op: "remove", path: "/b" }, { a: ["1", "2"] }],
    [
      { op: "test", path: "/b/c", value: 3 },
      { a: ["1", "2"], b: { c: 3 } },
    ],
  ])("of operations: %j", (operation, expected) => {
    expect(jsonPatch({ a: ["1", "2"], b: { c: 3 } }, [operation])).toEqual(expected);
  });

  test("that does not apply says so", () => {
    expect(() => jsonPatch({ a: 1 }, [{ op: "test", path: "/a", value: 2 }])).toThrow(
      "testing value /a failed: test failed",
    );
    expect(() => jsonPatch({ a: 1 }, [{ op: "replace", path: "/b/c", value: 2 }])).toThrow(
      'doc is missing path: "/b/c"',
    );
    expect(() => jsonPatch({}, { op: "add" })).toThrow("error unmarshaling patch");
  });
});

describe("a body", () => {
  const Message = z.looseObject({
    name: z.string().optional(),
    prune: z.boolean().optional(),
    list: z.array(z.string()).optional(),
  });

  test.each([
    ["{bad", "invalid character 'b' looking for beginning of object key string"],
    ["[x]", "invalid character 'x' looking for beginning of value"],
    ['{"a":', "unexpected EOF"],
  ])("%j is refused as Go refuses it", (text, message) => {
    expect(() => parseJson(text)).toThrow(message);
  });

  test("that is empty is an empty message", () => {
    expect(parseJson("")).toEqual({});
  });

  test.each([
    [{ name: 5 }, "json: cannot unmarshal number into Go struct field Request.name of type string"],
    [{ prune: "yes" }, "json: cannot unmarshal string into Go struct field Request.prune of type bool"],
    [{ list: [true] }, "json: cannot unmarshal bool into Go struct field Request.list of type string"],
    [7, "json: cannot unmarshal number into Go value of type Request"],
  ])("%j has a value of the wrong type", (body, message) => {
    expect(() => parseMessage(body, { name: "Request", schema: Message })).toThrow(message);
  });

  test("may hold fields that nobody knows", () => {
    expect(parseMessage({ other: 1 }, { name: "Request", schema: Message })).toEqual({ other: 1 });
  });
});

describe("a route", () => {
  const handle = (): object => ({});
  const router = new Router([
    { method: "GET", path: "/api/v1/a/{name}", handle },
    { method: "GET", path: "/api/v1/can-i/{action}/{object...}", handle },
  ]);

  test("takes its parameters from the path, decoded", () => {
    expect(router.match("GET", "/api/v1/a/x%2Fy")).toMatchObject({ kind: "found", params: { name: "x/y" } });
    expect(router.match("GET", "/api/v1/can-i/get/shop/team/web")).toMatchObject({
      params: { object: "shop/team/web" },
    });
  });

  test("is found by its method too", () => {
    expect(router.match("POST", "/api/v1/a/x")).toEqual({ kind: "wrong-method" });
    expect(router.match("GET", "/api/v1/a/x/y")).toEqual({ kind: "unknown" });
  });
});

describe("a revision", () => {
  const sha = "abc1236e5fc00f02201571422a458ffec6552104";
  const references = new Map([
    ["refs/heads/main", sha],
    ["refs/tags/v1", "b".repeat(40)],
    ["refs/heads/v1", "c".repeat(40)],
    ["refs/heads/abcdef1", "d".repeat(40)],
  ]);

  test.each([
    ["main", sha],
    ["refs/heads/main", sha],
    ["heads/main", sha],
    ["v1", "c".repeat(40)],
    ["refs/tags/v1", "b".repeat(40)],
    ["1".repeat(40), "1".repeat(40)],
    ["abcdef1", "d".repeat(40)],
    ["abc1236", "abc1236"],
    ["abc123", undefined],
    ["HEAD", undefined],
    ["-x", undefined],
    ["ABC1236", undefined],
  ])("%s is %s", (revision, expected) => {
    expect(resolveRevision(revision, references)).toBe(expected);
  });
});

describe("rights", () => {
  const policies = [
    { resource: "applications", action: "*", object: "shop/*", effect: "allow" as const },
    { resource: "applications", action: "delete", object: "*", effect: "deny" as const },
  ];
  const accounts = new Accounts([{ name: "bot", token: accountToken("bot"), policies }], 0);

  test("a refusal in the policy counts more than a permission", () => {
    const caller = accounts.identify(`Bearer ${accountToken("bot")}`);
    expect(caller.may({ resource: "applications", action: "sync", object: "shop/web" })).toBe(true);
    expect(caller.may({ resource: "applications", action: "delete", object: "shop/web" })).toBe(false);
    expect(caller.may({ resource: "applications", action: "sync", object: "bank/web" })).toBe(false);
  });

  test.each([undefined, "", "Basic abc", "Bearer abc"])("the header %j is no session", (header) => {
    expect(() => accounts.identify(header)).toThrow("no session information");
    expect(accounts.tryIdentify(header)).toBeUndefined();
  });
});

test("the pauses between attempts double up to the longest", () => {
  const backoff = { duration: "5s", factor: 2, maxDuration: "30s" };
  expect([0, 1, 2, 3, 4].map((retries) => retryDelayMs(backoff, retries))).toEqual([
    5000, 10_000, 20_000, 30_000, 30_000,
  ]);
  expect(retryDelayMs(undefined, 0)).toBe(5000);
  expect(retryText({ failure: "it failed", attempt: 1, atMs: Date.UTC(2026, 0, 1, 15, 4) })).toBe(
    "it failed. Retrying attempt #1 at 3:04PM.",
  );
  expect(retryText({ failure: "it failed", attempt: 2, atMs: Date.UTC(2026, 0, 1, 0, 5) })).toBe(
    "it failed. Retrying attempt #2 at 12:05AM.",
  );
});
