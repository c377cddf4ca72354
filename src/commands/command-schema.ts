import { z } from "zod";

import { formattedJson } from "../platform/formatted-json.ts";
import { ForEachEntry, GroupEntry, LockEntry, ParallelEntry, StepEntry, UseEntry } from "./chain-entries.ts";
import { CommandFile, Defaults, InputDefinition } from "./command-file.ts";

const NAME_PATTERN = "^[a-z][A-Za-z0-9_]{0,39}$";

type Schema = z.core.JSONSchema.BaseSchema;

/** What an editor needs to know of a step kind. */
interface Described {
  readonly summary: string;
  readonly inputSchema: z.ZodType;
}
type Kinds = ReadonlyMap<string, Described>;

/** What an editor needs to know of a command file, as a JSON Schema: its keys, the types of its inputs, and what each step kind takes. */
export function commandSchemaText(kinds: Kinds): string {
  return formattedJson(commandSchema(kinds));
}

function commandSchema(kinds: Kinds): Schema {
  const steps: Schema = { type: "array", minItems: 1, items: { $ref: "#/$defs/entry" } };
  const { properties = {}, ...file } = plain(CommandFile);
  const own = {
    ...properties,
    steps,
    "on-failure": steps,
    finally: steps,
    inputs: inputsSchema(),
    outputs: { ...objectOf(properties["outputs"]), propertyNames: { pattern: NAME_PATTERN } },
    defaults: defaultsSchema(kinds),
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
function defaultsSchema(kinds: Kinds): Schema {
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

function stepSchema(name: string, { summary, inputSchema }: Described): Schema {
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
