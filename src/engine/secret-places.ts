import { z } from "zod";

import { isJsonList, type Json } from "../platform/canonical-json.ts";
import { SealedText } from "./vault.ts";

/** A secret as expressions hand it on: by its name in the configuration, or sealed as a step before put it out. */
export type SecretReference =
  | { readonly kind: "named"; readonly name: string }
  | { readonly kind: "sealed"; readonly sealed: SealedText };

/** Undefined for every other value. */
export function tryReference(value: Json): SecretReference | undefined {
  if (typeof value !== "object" || value === null || isJsonList(value)) return undefined;
  const members = Object.entries(value);
  const [only] = members;
  if (only === undefined || members.length !== 1) return undefined;
  const [key, member] = only;
  if (key === "secret" && typeof member === "string") return { kind: "named", name: member };
  const sealed = key === "sealed" ? SealedText.safeParse(member).data : undefined;
  return sealed === undefined ? undefined : { kind: "sealed", sealed };
}

/** A value somewhere in an input or output. */
export interface Place {
  /** Such as `headers.authorization` or `targets[0].token`. */
  readonly path: string;
  /** Whether the schema of the kind declares a secret there. */
  readonly isSecret: boolean;
}

type Replace = (value: Json, place: Place) => Json | undefined;
type Schema = z.core.JSONSchema.BaseSchema;

/** A schema as its places are looked up in. */
export interface SecretPlaces {
  readonly schema: Schema;
  /** False where it declares no secret at all. */
  readonly hasAny: boolean;
}

// The schemas of a kind are made once, and the kinds of every start hold the same ones.
const known = new WeakMap<z.ZodType, Partial<Record<"input" | "output", SecretPlaces>>>();

/** Where the schema of a kind's input or output declares secrets. */
export function secretPlaces(schema: z.ZodType, io: "input" | "output"): SecretPlaces {
  const before = known.get(schema);
  const places = before?.[io] ?? readPlaces(z.toJSONSchema(schema, { io, unrepresentable: "any" }));
  known.set(schema, { ...before, [io]: places });
  return places;
}

function readPlaces(schema: Schema): SecretPlaces {
  return { schema, hasAny: JSON.stringify(schema).includes('"secret":true') };
}

/** Whether there may be a secret of ours in it, which takes a fraction of the time of a closer look. */
export function mayHoldReference(value: unknown): boolean {
  const text = JSON.stringify(value) ?? "";
  return text.includes('"secret":') || text.includes('"sealed":');
}

/** The same value with what `replace` gives for a place, from the outside in; what it gives nothing for stays, and is looked into. */
export function replaceInside(value: Json, { schema: root }: SecretPlaces, replace: Replace): Json {
  const walk = (at: Json, schemas: readonly Schema[], path: string): Json => {
    const meant = schemas.flatMap((schema) => alternatives(schema, root));
    const replaced = replace(at, { path, isSecret: meant.some((schema) => schema["secret"] === true) });
    if (replaced !== undefined) return replaced;
    if (isJsonList(at)) {
      return at.map((item, index) =>
        walk(
          item,
          meant.flatMap((schema) => itemOf(schema, index)),
          `${path}[${index}]`,
        ),
      );
    }
    if (typeof at !== "object" || at === null) return at;
    const members = Object.entries(at).map(([key, member]) => {
      const inner = meant.flatMap((schema) => memberOf(schema, key));
      return [key, walk(member, inner, path === "" ? key : `${path}.${key}`)];
    });
    return Object.fromEntries(members);
  };
  return walk(value, [root], "");
}

const Alternatives = z.looseObject({
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  allOf: z.array(z.unknown()).optional(),
  $ref: z.string().optional(),
});
const Definitions = z.looseObject({ $defs: z.record(z.string(), z.unknown()).optional() });
const Inside = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  additionalProperties: z.unknown().optional(),
  prefixItems: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
});

const MOST_DEEP = 20;

/** What a schema may mean: itself, and every alternative that it names. */
function alternatives(schema: Schema, root: Schema, depth = 0): readonly Schema[] {
  if (depth > MOST_DEEP) return [schema];
  const { anyOf = [], oneOf = [], allOf = [], $ref } = Alternatives.parse(schema);
  const named = $ref === undefined ? [] : [referenced($ref, root)];
  const all = [...anyOf, ...oneOf, ...allOf, ...named].flatMap((each) => asSchema(each));
  return [schema, ...all.flatMap((each) => alternatives(each, root, depth + 1))];
}

function referenced($ref: string, root: Schema): unknown {
  if ($ref === "#") return root;
  return Definitions.parse(root).$defs?.[$ref.replace("#/$defs/", "")];
}

function memberOf(schema: Schema, key: string): readonly Schema[] {
  const { properties = {}, additionalProperties } = Inside.parse(schema);
  return asSchema(Object.hasOwn(properties, key) ? properties[key] : additionalProperties);
}

function itemOf(schema: Schema, index: number): readonly Schema[] {
  const { prefixItems = [], items } = Inside.parse(schema);
  return asSchema(prefixItems[index] ?? items);
}

function asSchema(value: unknown): readonly Schema[] {
  const parsed = z.looseObject({}).safeParse(value).data;
  return parsed === undefined ? [] : [parsed];
}
