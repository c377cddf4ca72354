import { z } from "zod";

import { Artifact } from "../../domain/artifact.ts";
import { JsonValue } from "../../domain/outcome.ts";
import { SecretText } from "../../engine/secret-text.ts";
import { evaluateExpression } from "../../expressions/evaluate.ts";
import { AppError } from "../../platform/errors.ts";
import { visible } from "../../platform/visible-text.ts";
import type { HttpAnswer } from "../network/http-call.ts";
import type { ReadBody } from "../network/answer-check.ts";

export const RequestOutput = z.strictObject({
  status: z.int(),
  headers: z
    .record(z.string(), z.string())
    .meta({ description: "The headers named in `keep-headers`, by lower-case name" }),
  text: z.string().optional().meta({ description: "The body, where it is at most 64 KiB; absent with `secret`" }),
  json: JsonValue.optional().meta({ description: "The same as JSON, where it is that" }),
  secret: SecretText.optional().meta({ description: "What `secret` gave, sealed" }),
  file: Artifact.optional().meta({ description: "The file that `save-as` names" }),
  url: z.string().meta({ description: "Of the last request, without its query" }),
  redirects: z.int(),
  latency: z.int().meta({ description: "From the look-up of the name to the end of the body, in milliseconds" }),
  notes: z.array(z.string()).meta({ description: "What people are told of it" }),
});
export type RequestOutput = z.infer<typeof RequestOutput>;

// It goes into the log with every run.
const MOST_TEXT_BYTES = 64 * 1024;
const KEPT = ["content-type", "etag", "location"];

/** What the steps after a request may use of its answer. */
export function requestOutput(
  { answer, read, file }: { readonly answer: HttpAnswer; readonly read: ReadBody; readonly file: Artifact | undefined },
  wanted: { readonly "keep-headers"?: readonly string[] | undefined; readonly secret?: string | undefined },
): RequestOutput {
  const { status, url, redirects, latencyMs } = answer;
  const names = new Set((wanted["keep-headers"] ?? KEPT).map((name) => name.toLowerCase()));
  const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => names.has(name)));
  const notes = [`answered with ${status} after ${latencyMs} ms${file === undefined ? "" : `, kept as ${file.name}`}`];
  const common = { status, headers, url, redirects, latency: latencyMs, notes, ...(file !== undefined && { file }) };
  if (wanted.secret !== undefined) return { ...common, secret: secretOf(wanted.secret, { answer, read }) };
  if (answer.isCut || answer.body.length > MOST_TEXT_BYTES) return common;
  return { ...common, text: visible(read.text), ...(read.json !== undefined && { json: read.json }) };
}

/** Nothing of the answer stands in the message: it holds a secret. */
function secretOf(
  expression: string,
  { answer, read }: { readonly answer: HttpAnswer; readonly read: ReadBody },
): string {
  const { status, headers, latencyMs } = answer;
  const response = { status, headers, text: read.text, json: read.json ?? null, latency: latencyMs };
  const value = tryEvaluate(expression, { response });
  if (typeof value === "string" && value !== "") return value;
  const message = `The answer has no text where "secret" looks for one (${expression}). Check the expression against what the server sends.`;
  throw new AppError(message, { code: "http.no-secret" });
}

function tryEvaluate(expression: string, scope: Parameters<typeof evaluateExpression>[1]): unknown {
  try {
    return evaluateExpression(expression, scope);
  } catch {
    return undefined;
  }
}
