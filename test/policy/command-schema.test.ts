import { readdirSync, readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

import {
  ForEachEntry,
  GroupEntry,
  LockEntry,
  ParallelEntry,
  StepEntry,
  UseEntry,
} from "../../src/commands/chain-entries.ts";
import { CommandFile, Defaults, InputDefinition } from "../../src/commands/command-file.ts";
import type { StepKind } from "../../src/engine/step-kind.ts";
import { allKinds as kinds } from "../support/all-kinds.ts";

const ROOT = new URL("../../", import.meta.url);
const SCHEMA = new URL("docs/reference/command.schema.json", ROOT).pathname;
const HEADER = "# yaml-language-server: $schema=../docs/reference/command.schema.json\n";

const NAME_PATTERN = "^[a-z][A-Za-z0-9_]{0,39}$";

type Schema = z.core.JSONSchema.BaseSchema;

/** What an editor needs to know of a command file: its keys, the types of its inputs, and what each step kind takes. */
function commandSchema(): Schema {
  const steps: Schema = { type: "array", minItems: 1, items: { $ref: "#/$defs/entry" } };
  const { properties = {}, ...file } = plain(CommandFile);
  const own = {
    ...properties,
    steps,
    "on-failure": steps,
    finally: steps,
    inputs: inputsSchema(),
    outputs: { ...objectOf(properties["outputs"]), propertyNames: { pattern: NAME_PATTERN } },
    defaults: defaultsSchema(),
  };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A command of Quarterdeck",
    ...file,
    properties: own,
    oneOf: [having("steps", "array"), having("answers", "string"), having("acts", "string")],
    $defs: {
      entry: {
        oneOf: [
          ...Array.from(kinds, ([name, kind]) => stepSchema(name, kind)),
          useSchema(),
          blockSchema(ForEachEntry, { steps }),
          blockSchema(ParallelEntry, { parallel: steps }),
          blockSchema(LockEntry, { steps }),
          blockSchema(GroupEntry, { steps }),
        ],
      },
    },
  };
}

/** Of the bodies that a command can have it has one. */
function having(key: string, type: "array" | "string"): Schema {
  return { type: "object", required: [key], properties: { [key]: { type } } };
}

function inputsSchema(): Schema {
  const description = "What the command asks for, by name";
  return {
    type: "object",
    description,
    propertyNames: { pattern: NAME_PATTERN },
    additionalProperties: plain(InputDefinition),
  };
}

function objectOf(schema: z.core.JSONSchema._JSONSchema | undefined): Schema {
  return typeof schema === "object" ? schema : {};
}

function blockSchema(entry: z.ZodType, chains: Readonly<Record<string, Schema>>): Schema {
  const { properties = {}, ...block } = plain(entry);
  return { ...block, properties: { ...properties, ...chains } };
}

function useSchema(): Schema {
  const { properties = {}, ...use } = plain(UseEntry);
  const description = "Another command as a step, by the name of its file";
  return {
    ...use,
    description,
    properties: { ...properties, uses: { type: "string", pattern: "^command/", description } },
  };
}

/** Inputs for every step of a kind: their names alone, because what each may be stands at the steps, and the file is large enough. */
function defaultsSchema(): Schema {
  const { properties = {}, ...defaults } = plain(Defaults);
  const inputs = Array.from(kinds, ([name, { inputSchema }]) => {
    const { properties: fields = {}, additionalProperties = false } = plain(inputSchema);
    const names = Object.keys(fields).map((field) => [field, {}]);
    return [name, { type: "object", additionalProperties, properties: Object.fromEntries(names) }];
  });
  const own: Schema = {
    ...objectOf(properties["with"]),
    additionalProperties: { type: "object" },
    properties: Object.fromEntries(inputs),
  };
  return { ...defaults, properties: { ...properties, with: own } };
}

function stepSchema(name: string, { summary, inputSchema }: StepKind): Schema {
  const { properties = {}, ...step } = plain(StepEntry);
  const input = plain(inputSchema);
  return {
    ...step,
    title: name,
    description: summary,
    required: [...(step.required ?? []), ...((input.required ?? []).length > 0 ? ["with"] : [])],
    properties: { ...properties, uses: { const: name, description: summary }, with: withExpressions(input) },
  };
}

function withExpressions(input: Schema): Schema {
  const fields = Object.entries(input.properties ?? {}).map(([field, schema]) => [field, orExpression(schema)]);
  return { ...input, properties: Object.fromEntries(fields) };
}

/**
 * In every field may stand an expression as well, whose type is checked when the file is loaded; in one that is passed on whole nothing
 * else stands.
 */
function orExpression(schema: z.core.JSONSchema._JSONSchema): Schema {
  const expression: Schema = { type: "string", pattern: String.raw`\$\{\{.*\}\}` };
  const { whole, description } = objectOf(schema);
  if (whole === true) return description === undefined ? expression : { ...expression, description };
  return { anyOf: [typeof schema === "boolean" ? {} : schema, expression] };
}

/** The schema of what is written, without what only the program knows. */
function plain(schema: z.ZodType): Schema {
  const {
    $schema: _schema,
    $defs: _defs,
    ...written
  } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return z
    .custom<Schema>()
    .parse(
      JSON.parse(JSON.stringify(written), (_key, value: unknown) => withoutReference(withoutForeignDefault(value))),
    );
}

/** What refers to itself is any JSON; its definition stands elsewhere. */
function withoutReference(value: unknown): unknown {
  return z.looseObject({ $ref: z.string().startsWith("#/$defs/__schema") }).safeParse(value).success ? {} : value;
}

/** Durations are written as texts; what stands in the schema as their default is what the program makes of them. */
function withoutForeignDefault(value: unknown): unknown {
  const schema = z.looseObject({ type: z.literal("string"), default: z.number() }).safeParse(value);
  if (!schema.success) return value;
  const { default: _default, ...rest } = schema.data;
  return rest;
}

/** As the formatter of this repository writes it: short lists on one line. */
function formatted(schema: Schema): string {
  const lines = JSON.stringify(schema, undefined, 2);
  const lists = /^( *)((?:"[^"]*": )?)\[\n((?: *(?:"[^"\n]*"|[\d.]+),?\n)+) *\](,?)$/gmu;
  const joined = lines.replaceAll(lists, (whole, indent: string, key: string, items: string, comma: string) => {
    const line = `${indent}${key}[${items.trim().split(/\n\s*/u).join(" ")}]${comma}`;
    return line.length > 120 ? whole : line;
  });
  return `${joined}\n`;
}

/** The kinds of entries that the schema knows, by what stands in `uses`. */
function usesIn(schema: Schema): readonly string[] {
  const entries = z.looseObject({
    $defs: z.looseObject({ entry: z.looseObject({ oneOf: z.array(z.looseObject({ title: z.string().optional() })) }) }),
  });
  return entries.parse(schema).$defs.entry.oneOf.flatMap(({ title }) => title ?? []);
}

describe("the schema of command files for editors", () => {
  it("is what the program reads (vitest -u writes it anew)", async () => {
    await expect(formatted(commandSchema())).toMatchFileSnapshot(SCHEMA);
  });

  it("knows every step kind with its inputs, and nothing else that can be used", () => {
    expect(usesIn(commandSchema())).toEqual([...kinds.keys()]);
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
