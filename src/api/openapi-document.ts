import { z } from "zod";

import { isJsonList, isJsonMap, type Json, type JsonMap } from "../platform/canonical-json.ts";
import { ErrorBody } from "./api-answer.ts";
import type { Scope } from "./api-token.ts";
import { EVENT_STREAM, EventBody, ProgressBody } from "./event-stream.ts";
import { type AnswerSpec, NO_BODY, type Operation } from "./operation.ts";

const INFO = {
  title: "Quarterdeck",
  version: "1",
  description:
    "Starts, follows, cancels and retries runs, and tells what is live where. Every request carries a token that `quarterdeck token create` made. What its machine may start is said by grants, as for people; scopes narrow it.",
};

const EVERYWHERE: Readonly<Record<number, AnswerSpec>> = {
  401: { description: "There is no token, or it is not believed", schema: ErrorBody },
  405: { description: "Another method is taken here; `Allow` says which", schema: ErrorBody },
  503: { description: "The server is just starting, or stops", schema: ErrorBody },
};
const WITH_BODY: Readonly<Record<number, AnswerSpec>> = {
  413: { description: "The body is longer than 64 KiB", schema: ErrorBody },
  415: { description: "The body is no JSON", schema: ErrorBody },
};
const KEY = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "The same request twice with the same key is one; the key with another request is refused",
  schema: { type: "string", pattern: "^[\\x21-\\x7e]{1,255}$" },
};
const LAST_EVENT = {
  name: "Last-Event-ID",
  in: "header",
  required: false,
  description: "The newest event that you have",
  schema: { type: "string", pattern: "^[0-9]{1,6}$" },
};

/** The OpenAPI document of operations, made of the schemas by which requests are read. Pure. */
export function openApiDocument(operations: readonly Operation[]): JsonMap {
  const schemas: Record<string, Json> = {};
  const write: Write = (schema, io) => schemaOf(schema, { io, schemas });
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    const path = (paths[operation.path] ??= {});
    path[operation.method.toLowerCase()] = operationObject(operation, write);
  }
  for (const told of [EventBody, ProgressBody]) write(told, "output");
  return {
    openapi: "3.1.0",
    info: INFO,
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    paths,
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } }, schemas },
  };
}

type Write = (schema: z.ZodType, io: "input" | "output") => JsonMap;

function operationObject(operation: Operation, write: Write): JsonMap {
  const { id, method, path, scope, summary, params, query, body, keyed } = operation;
  const parameters = [
    ...parametersOf(write(params, "output"), "path"),
    ...parametersOf(write(query, "output"), "query"),
    ...(keyed === true ? [KEY] : []),
    ...(path.endsWith("/events") ? [LAST_EVENT] : []),
  ];
  const answers = { ...EVERYWHERE, ...(method === "POST" && WITH_BODY), ...operation.answers };
  return {
    operationId: id,
    summary,
    ...(scope !== undefined && { description: scopeText(scope) }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== NO_BODY && {
      // Nothing at all stands for an object without members.
      requestBody: {
        required: !body.safeParse({}).success,
        content: { "application/json": { schema: write(body, "input") } },
      },
    }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [status, answerObject(answer, write)]),
    ),
  };
}

function scopeText(scope: Scope): string {
  return `Takes a token with the scope \`${scope}\`.`;
}

/** What a parameter is once it is read: `limit` is a number, though a query has only text. */
function parametersOf({ properties, required }: JsonMap, place: "path" | "query"): readonly JsonMap[] {
  if (!isJsonMap(properties)) return [];
  const isRequired = (name: string): boolean => isJsonList(required) && required.includes(name);
  return Object.entries(properties).map(([name, property]) =>
    parameterObject(property, { name, in: place, required: isRequired(name) }),
  );
}

function parameterObject(property: Json, named: JsonMap): JsonMap {
  const { description, ...schema } = isJsonMap(property) ? property : {};
  return { ...named, ...(description !== undefined && { description }), schema };
}

function answerObject({ description, schema, mediaType }: AnswerSpec, write: Write): JsonMap {
  if (schema !== undefined)
    return { description, content: { "application/json": { schema: write(schema, "output") } } };
  if (mediaType === undefined) return { description };
  if (mediaType === EVENT_STREAM) return { description, content: { [mediaType]: { schema: ONE_EVENT } } };
  return { description, content: { [mediaType]: { schema: { type: "string" } } } };
}

const HERE = "#/components/schemas/";

/** One of the events of which a stream has many. */
const ONE_EVENT: JsonMap = {
  type: "object",
  required: ["event", "data"],
  properties: {
    id: { type: "string", pattern: "^[0-9]+$", description: "Of a fact: its version" },
    event: {
      type: "string",
      description: "The type of the fact, such as `step.succeeded`; `progress` for what is none",
    },
    data: {
      type: "string",
      contentMediaType: "application/json",
      contentSchema: { anyOf: [{ $ref: `${HERE}Event` }, { $ref: `${HERE}Progress` }] },
    },
  },
};

/** OpenAPI 3.1 has the JSON Schema that zod writes; what has a name there stands among the components. */
function schemaOf(
  schema: z.ZodType,
  { io, schemas }: { readonly io: "input" | "output"; readonly schemas: Record<string, Json> },
): JsonMap {
  const text = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: "any" }));
  const written = Written.parse(JSON.parse(text.replaceAll('"#/$defs/', `"${HERE}`)));
  const { $schema: _schema, $defs = {}, ...rest } = written;
  for (const [name, { id: _id, ...named }] of Object.entries($defs)) schemas[name] = named;
  return rest;
}

const JsonObject = z.record(z.string(), z.json());
const Written = z.object({ $defs: z.record(z.string(), JsonObject).optional() }).catchall(z.json());
