import { describe, expect, it } from "vitest";
import { z } from "zod";

import { memberNames, memberOf } from "../../../src/commands/schema-member.ts";

const object = z.strictObject({ name: z.string(), port: z.int().default(80) });

describe("what a schema says about a member", () => {
  it.each([
    [object, "name"],
    [object.optional(), "name"],
    [object.nullable().default(null), "name"],
    [object.prefault({ name: "a" }), "name"],
    [object.transform(({ name }) => name), "name"],
    [z.array(z.string()), "0"],
    [z.record(z.string(), z.string()), "anything"],
    [z.union([object, z.string()]), "name"],
    [z.discriminatedUnion("type", [z.strictObject({ type: z.literal("a"), name: z.string() })]), "name"],
  ])("is found in whatever is around it %#", (schema, key) => {
    expect(memberOf(schema, key)?.safeParse("a").success).toBe(true);
    expect(memberOf(schema, key)?.safeParse(5).success).toBe(false);
  });

  it("may be of one of several types", () => {
    const either = memberOf(z.union([object, z.strictObject({ name: z.int() })]), "name");
    expect([either?.safeParse("a").success, either?.safeParse(5).success, either?.safeParse(true).success]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it.each([
    [object, "nothing"],
    [z.string(), "name"],
    [z.union([z.string(), z.int()]), "name"],
    [undefined, "name"],
  ])("is nothing where there is none %#", (schema, key) => {
    expect(memberOf(schema, key)).toBeUndefined();
  });

  it("has names where only those are taken", () => {
    expect(memberNames(object.transform(({ name }) => name))).toEqual(["name", "port"]);
    expect(memberNames(z.record(z.string(), z.string()))).toBeUndefined();
  });
});
