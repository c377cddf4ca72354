import { isUtf8 } from "node:buffer";

import { z } from "zod";

import type { HttpAnswer, HttpHead } from "../http/http-route.ts";
import { tryJson } from "../platform/try-json.ts";
import { isNestedDeeper } from "../platform/nesting.ts";
import { refusalAnswer } from "./api-answer.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { ApiToken, Scope } from "./api-token.ts";

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
      const params = spec.params.safeParse(given);
      if (!params.success) return refused("path", params.error);
      const query = spec.query.safeParse(queryOf(head.query));
      if (!query.success) return refused("query", query.error);
      const body = spec.body.safeParse(jsonOf(bytes));
      if (!body.success) return refused("body", body.error);
      return await handle(deps, { token, head, params: params.data, query: query.data, body: body.data });
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

/** Nothing at all stands for an object without members. */
function jsonOf(bytes: Buffer): unknown {
  if (bytes.length === 0) return {};
  const value = isUtf8(bytes) ? tryJson(bytes.toString("utf8")) : undefined;
  return isNestedDeeper(value) ? undefined : value;
}

function refused(where: "path" | "query" | "body", { issues }: z.ZodError): HttpAnswer {
  const problems = issues.slice(0, 5).map(({ path, message }) => {
    const place = path.map(String).join(".").slice(0, 100);
    return place === "" ? message : `${place}: ${message}`;
  });
  return refusalAnswer({
    status: 422,
    code: `request.${where}`,
    message: `The ${where} is not as it should be. ${problems.join("; ")}.`,
  });
}
