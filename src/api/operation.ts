import { isUtf8 } from "node:buffer";

import { z } from "zod";

import type { HttpAnswer, HttpHead } from "../http/http-route.ts";
import { tryJson } from "../platform/try-json.ts";
import { isNestedDeeper } from "../platform/nesting.ts";
import { type Refusal, refusalAnswer } from "./api-answer.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { ApiToken, Scope } from "./api-token.ts";
import { readFitting } from "./read-fitting.ts";

/** What may come back, as the document of the API says it. */
export interface AnswerSpec {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** The media type where it is not JSON. */
  readonly mediaType?: string;
}

export const NO_BODY = z.unknown();

interface OperationSpec<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  readonly id: string;
  readonly method: "GET" | "POST";
  /** With `{names}` for the parts that vary. */
  readonly path: string;
  /** Any token will do where it is absent. */
  readonly scope?: Scope;
  readonly summary: string;
  readonly params: Params;
  readonly query: Query;
  /** `NO_BODY` where it takes none. */
  readonly body: Body;
  /** The same request twice is one where it carries an `Idempotency-Key`. */
  readonly keyed?: boolean;
  readonly answers: Readonly<Record<number, AnswerSpec>>;
}

/** Somebody who is believed asks for something. */
export interface RawCall {
  readonly token: ApiToken;
  readonly head: HttpHead;
  readonly params: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Call<Params, Query, Body> extends Pick<RawCall, "token" | "head"> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
}

/** Something that can be asked of the API: what the document says of it, and how it is answered. */
export interface Operation extends OperationSpec<z.ZodType, z.ZodType, z.ZodType> {
  answer(deps: ApiDeps, call: RawCall): Promise<HttpAnswer>;
}

/** Closes over the schemas: what does not fit them never gets to `handle`. */
export function defineOperation<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType>(
  spec: OperationSpec<Params, Query, Body>,
  handle: (
    deps: ApiDeps,
    call: Call<z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => HttpAnswer | Promise<HttpAnswer>,
): Operation {
  return {
    ...spec,
    answer: async (deps, { token, head, params: given, body: bytes }) => {
      const params = readFitting(spec.params, given);
      if (params.kind === "wrong") return refused("path", params.problem);
      const query = readFitting(spec.query, queryOf(head.query));
      if (query.kind === "wrong") return refused("query", query.problem);
      const sent = sentOf(bytes);
      if (sent.kind === "wrong") return refusalAnswer(badBody(sent.message));
      const body = readFitting(spec.body, sent.value);
      if (body.kind === "wrong") return refused("body", body.problem);
      return await handle(deps, { token, head, params: params.value, query: query.value, body: body.value });
    },
  };
}

/** One that is given twice is no text any more, and fits nothing. */
function queryOf(query: string): Readonly<Record<string, string | readonly string[]>> {
  const given = new URLSearchParams(query);
  return Object.fromEntries(
    [...new Set(given.keys())].map((name) => {
      const [first = "", ...others] = given.getAll(name);
      return [name, others.length === 0 ? first : [first, ...others]];
    }),
  );
}

type Sent = { readonly kind: "json"; readonly value: unknown } | { readonly kind: "wrong"; readonly message: string };

/** Nothing at all stands for an object without members. */
function sentOf(bytes: Buffer): Sent {
  if (bytes.length === 0) return { kind: "json", value: {} };
  const value = isUtf8(bytes) ? tryJson(bytes.toString("utf8")) : undefined;
  if (value === undefined) return { kind: "wrong", message: "The body is no JSON." };
  if (isNestedDeeper(value)) return { kind: "wrong", message: "The body is nested too deeply." };
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (isObject) return { kind: "json", value };
  return { kind: "wrong", message: "The body is no JSON object; one begins with { and ends with }." };
}

function badBody(message: string): Refusal {
  return { status: 422, code: "request.body", message };
}

function refused(where: "path" | "query" | "body", problem: string): HttpAnswer {
  const message = `The ${where} is not as it should be: ${problem}.`.replace(/\?\.$/u, "?");
  return refusalAnswer({ status: 422, code: `request.${where}`, message });
}
