import { z } from "zod";

import type { Artifact } from "../../domain/artifact.ts";
import { JsonValue } from "../../domain/outcome.ts";
import { SecretText } from "../../engine/secret-text.ts";
import { type ActionContext, defineAction, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import { bareExpression } from "../../expressions/template.ts";
import { compileExpression } from "../../expressions/expression.ts";
import { AppError } from "../../platform/errors.ts";
import { NetworkPolicy } from "../network/address-policy.ts";
import { type HttpAnswer, type HttpCall, type SendHttp, shownUrl } from "../network/http-call.ts";
import { RequestShape, requestParts } from "../network/request-input.ts";
import { parseUrl, urlInput } from "../network/target-url.ts";
import { AnswerShape, readBody } from "../network/answer-check.ts";
import { answerFailure } from "./answer-failure.ts";
import { HTTP_REQUEST_NOTES } from "./http-request-notes.ts";
import { interrupted, lostAnswer, onceSent, repeatOf, type RequestRepeat } from "./once-sent.ts";
import { requestOutput, RequestOutput } from "./request-output.ts";

const MAX_BYTES = 1024 * 1024;

const Input = z.strictObject({
  url: urlInput(["https:", "http:"]).meta({ description: "Where it is sent" }),
  method: z.enum(["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH"]).optional().meta({ description: "GET unless said" }),
  query: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .optional()
    .meta({ description: "Added to the query of the address, encoded" }),
  json: JsonValue.optional().meta({ description: "Sent as JSON" }),
  body: SecretText.optional().meta({ description: "Sent as it is; `headers` say what it is" }),
  "idempotency-key": z.boolean().optional().meta({
    description:
      "Sends an `Idempotency-Key` that stays the same until an answer is known, so that a POST or PATCH can be repeated; only for servers that honour it",
  }),
  ...RequestShape,
  ...AnswerShape,
  redirects: z
    .int()
    .min(0)
    .max(10)
    .optional()
    .meta({ description: "How many redirects are followed; 0 unless said. Another origin gets no header and no body" }),
  "max-bytes": z
    .int()
    .min(1)
    .max(64 * MAX_BYTES)
    .optional()
    .meta({ description: "How much of the body is read; 1 MiB unless said" }),
  "keep-headers": z.array(z.string()).optional().meta({ description: "Headers of the answer that the output holds" }),
  "save-as": z
    .string()
    .regex(/^[\w.-]{1,100}$/u, "a file name without a folder is expected")
    .optional()
    .meta({ description: "Keeps the body as a file of this name" }),
  secret: z
    .string()
    .superRefine((text, context) => {
      const compilation = compileExpression(bareExpression(text));
      if (!compilation.ok) context.addIssue({ code: "custom", message: compilation.problem.message });
    })
    .optional()
    .meta({
      description:
        "The answer is a secret: this expression, such as `response.json.token`, gives the text that becomes the secret output, and nothing else of the body is kept",
    }),
});
type Input = z.infer<typeof Input>;

export interface HttpRequestDeps {
  readonly send: SendHttp;
  /** Absent on workers: there it comes with each job. */
  readonly networkPolicy?: (() => NetworkPolicy) | undefined;
}

/** Sends one HTTP request and judges the answer. */
export function httpRequest(deps: HttpRequestDeps): StepKind {
  const { networkPolicy } = deps;
  return defineAction({
    kind: "http/request",
    summary: "Sends one HTTP request, and fails where the answer is not as it has to be.",
    input: Input,
    output: RequestOutput,
    notes: HTTP_REQUEST_NOTES,
    // It finds out by itself, for each method, whether it may be sent again.
    repeat: "keyed",
    prepare: networkPolicy && (() => Promise.resolve(networkPolicy())),
    run: (input, context) => request(deps, input, context),
  });
}

async function request(
  deps: HttpRequestDeps,
  input: Input,
  context: ActionContext,
): Promise<StepResult<RequestOutput>> {
  const repeat = repeatOf({ ...input, method: input.method ?? "GET" });
  const call = await callOf(input, context);
  const what = `${call.method} ${shownUrl(call.url)}`;
  context.progress({ text: what });
  try {
    const end = await onceSent(repeat, context, (key) =>
      deps.send({ ...call, headers: { ...call.headers, ...(key !== undefined && { "idempotency-key": key }) } }),
    );
    if (end.kind === "interrupted") return { status: "failed", failure: interrupted(what) };
    return await judged(input, { answer: end.answer, what, repeat, context });
  } catch (error) {
    const failure = error instanceof AppError ? lostAnswer(error, repeat) : undefined;
    if (failure === undefined) throw error;
    return { status: "failed", failure };
  }
}

interface Answered {
  readonly answer: HttpAnswer;
  readonly what: string;
  readonly repeat: RequestRepeat;
  readonly context: ActionContext;
}

async function judged(input: Input, { answer, what, repeat, context }: Answered): Promise<StepResult<RequestOutput>> {
  const read = readBody(answer);
  const { status, text, assert } = input;
  const isSecret = input.secret !== undefined;
  const failure = answerFailure({ answer, read, wanted: { status, text, assert } }, { what, repeat, isSecret });
  if (failure !== undefined) return { status: "failed", failure };
  const file = await saved(input, answer, context);
  return { status: "succeeded", output: requestOutput({ answer, read, file }, input) };
}

async function saved(input: Input, answer: HttpAnswer, { artifacts }: ActionContext): Promise<Artifact | undefined> {
  const name = input["save-as"];
  if (name === undefined) return undefined;
  if (answer.isCut) {
    const message = `The body is longer than ${answer.body.length} bytes, so it was not kept as ${name}. Allow more under "max-bytes".`;
    throw new AppError(message, { code: "http.too-large" });
  }
  const [mediaType = ""] = (answer.headers["content-type"] ?? "application/octet-stream").split(";");
  return await artifacts.put({
    name,
    mediaType: mediaType.trim(),
    sealed: input.secret !== undefined,
    content: answer.body,
  });
}

async function callOf(input: Input, { prepared, signal }: ActionContext): Promise<HttpCall> {
  const { method = "GET", json, body, query = {}, redirects = 0 } = input;
  if (json !== undefined && body !== undefined) {
    throw new AppError('"json" and "body" exclude each other. Leave one of them out.', { code: "http.bad-input" });
  }
  const url = parseUrl(input.url);
  for (const [name, value] of Object.entries(query)) url.searchParams.append(name, String(value));
  const { headers, tls, timeoutMs } = await requestParts(partsOf(input));
  return {
    method,
    url,
    headers: { ...(json !== undefined && { "content-type": "application/json" }), ...headers },
    body: json === undefined ? body : JSON.stringify(json),
    tls,
    policy: NetworkPolicy.parse(prepared),
    redirects,
    maxBytes: input["max-bytes"] ?? MAX_BYTES,
    timeoutMs,
    signal,
  };
}

function partsOf({ headers, bearer, basic, tls, timeout }: Input): Parameters<typeof requestParts>[0] {
  return { headers, bearer, basic, tls, timeout };
}
