import { readdirSync, readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

import { commandSchemaText } from "../../src/commands/command-schema.ts";
import { allKinds as kinds } from "../support/all-kinds.ts";

const ROOT = new URL("../../", import.meta.url);
const SCHEMA = new URL("docs/reference/command.schema.json", ROOT).pathname;
const HEADER = "# yaml-language-server: $schema=../docs/reference/command.schema.json\n";

/** The kinds of entries that the schema knows, by what stands in `uses`. */
function usesIn(schema: unknown): readonly string[] {
  const entries = z.looseObject({
    $defs: z.looseObject({ entry: z.looseObject({ oneOf: z.array(z.looseObject({ title: z.string().optional() })) }) }),
  });
  return entries.parse(schema).$defs.entry.oneOf.flatMap(({ title }) => title ?? []);
}

describe("the schema of command files for editors", () => {
  it("is what the program reads (vitest -u writes it anew)", async () => {
    await expect(commandSchemaText(kinds)).toMatchFileSnapshot(SCHEMA);
  });

  it("knows every step kind with its inputs, and nothing else that can be used", () => {
    expect(usesIn(JSON.parse(commandSchemaText(kinds)))).toEqual([...kinds.keys()]);
  });

  it("takes every command file that is shipped, and not one with a mistake in it", () => {
    // What editors read is the file, and not what it was made from.
    const schema = z.fromJSONSchema(
      z.custom<z.core.JSONSchema.JSONSchema>().parse(JSON.parse(readFileSync(SCHEMA, "utf8"))),
    );
    const folder = new URL("commands/", ROOT);
    for (const file of readdirSync(folder)) {
      const result = schema.safeParse(parse(readFileSync(new URL(file, folder), "utf8")));
      expect([file, result.error?.issues ?? []]).toEqual([file, []]);
    }
    const step = {
      id: "sync",
      uses: "argocd/sync",
      with: { app: "${{ environment.app }}", revision: "${{ revision.sha }}" },
    };
    const command = { name: "X", summary: "Y", on: { slash: "/x" } };
    const isRight = (...steps: unknown[]): boolean => schema.safeParse({ ...command, steps }).success;
    expect(isRight(step, { lock: "a", steps: [step] })).toBe(true);
    expect(isRight({ parallel: [step, { steps: [step] }], "fail-fast": false })).toBe(true);
    expect(isRight({ "for-each": "${{ [1] }}", as: "n", "at-a-time": "20%", steps: [step] })).toBe(true);
    expect(isRight({ id: "verify", uses: "command/verify", with: { any: "${{ thing }}" } })).toBe(true);
    expect(isRight({ id: "verify", uses: "command/verify", retry: { attempts: 2 } })).toBe(false);
    expect(isRight({ parallel: [] })).toBe(false);
    const more = (rest: object): boolean => schema.safeParse({ ...command, steps: [step], ...rest }).success;
    expect(more({ finally: [step], outputs: { name: { value: "${{ a }}" } } })).toBe(true);
    expect(
      more({ defaults: { timeout: "5m", with: { "argocd/sync": { again: true }, "command/verify": { a: 1 } } } }),
    ).toBe(true);
    expect(more({ defaults: { with: { "argocd/sync": { agian: true } } } })).toBe(false);
    expect(more({ outputs: { "the-name": { value: 1 } } })).toBe(false);
    expect(isRight({ ...step, uses: "argocd/snyc" })).toBe(false);
    expect(isRight({ ...step, with: { ...step.with, revison: "abc123" } })).toBe(false);
    expect(isRight({ ...step, with: { app: "a" } })).toBe(false);
    expect(isRight()).toBe(false);
    expect(schema.safeParse({ ...command, answers: "status", acts: "cancel" }).success).toBe(false);
  });

  it("is named in the first line of every command file that is shipped", () => {
    const folder = new URL("commands/", ROOT);
    const without = readdirSync(folder).filter(
      (file) => !readFileSync(new URL(file, folder), "utf8").startsWith(HEADER),
    );
    expect(without).toEqual([]);
  });
});
