import { z } from "zod";

import { checkExpression } from "../../expressions/check.ts";
import { evaluateCondition } from "../../expressions/evaluate.ts";
import { ANY, type TypeScope } from "../../expressions/expression-type.ts";
import { bareExpression } from "../../expressions/template.ts";
import type { Json } from "../../platform/canonical-json.ts";
import { errorMessage } from "../../platform/errors.ts";
import { isNestedDeeper } from "../../platform/nesting.ts";
import { tryJson } from "../../platform/try-json.ts";
import type { HttpAnswer } from "./http-call.ts";

const SCOPE: TypeScope = {
  response: {
    kind: "object",
    name: "response",
    fields: {
      status: { kind: "int" },
      headers: { kind: "map", of: { kind: "string" } },
      text: { kind: "string" },
      json: ANY,
      latency: { kind: "int" },
    },
  },
};

const Status = z.union([
  z.int().min(100).max(599),
  z.string().regex(/^[1-5](?:xx|\d\d(?:-[1-5]\d\d)?)$/u, "a status such as 200, 2xx or 200-299 is expected"),
]);
type Status = z.infer<typeof Status>;

/** A condition over `response`, checked when the command file is loaded. */
export const Assertion = assertionOver(SCOPE);

/** A condition in CEL over the variables of a scope. */
export function assertionOver(scope: TypeScope): z.ZodType<string, string> {
  return z.string().superRefine((text, context) => {
    const check = checkExpression(bareExpression(text), scope);
    const isCondition = check.ok && (check.type.kind === "bool" || check.type.kind === "any");
    if (isCondition) return;
    const message = check.ok ? "a condition is expected, which is true or false" : check.problem.message;
    context.addIssue({ code: "custom", message });
  });
}

/** What an answer has to be. */
export const AnswerShape = {
  status: z
    .union([Status, z.array(Status).min(1)])
    .optional()
    .meta({ description: "What is a good status: `200`, `2xx`, `200-299`, or a list of such; 2xx unless said" }),
  text: z.string().min(1).optional().meta({ description: "What has to stand in the body" }),
  assert: z.array(Assertion).optional().meta({
    description:
      "Conditions in CEL over `response.status`, `.headers`, `.text`, `.json` and `.latency` (in milliseconds), all of which have to hold",
  }),
} as const;
const AnswerWanted = z.strictObject(AnswerShape);
export type AnswerWanted = z.infer<typeof AnswerWanted>;

/** A body as text and, where it is that, as JSON. */
export interface ReadBody {
  readonly text: string;
  readonly json: Json | undefined;
}

/** Bytes that are no UTF-8 become replacement characters. JSON that is nested too deep to be worked with is taken for none. */
export function readBody({ body, isCut }: Pick<HttpAnswer, "body" | "isCut">): ReadBody {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  const value = isCut ? undefined : tryJson(text);
  return { text, json: isShallowJson(value) ? value : undefined };
}

/** For what JSON.parse gave: it can be nothing else. */
function isShallowJson(value: unknown): value is Json {
  return value !== undefined && !isNestedDeeper(value);
}

/** Whether the status is one of those that were wanted. */
export function isStatusWanted(status: number, wanted: AnswerWanted["status"]): boolean {
  const ranges = wanted === undefined ? ["2xx"] : [wanted].flat();
  return ranges.some((range) => {
    const [from = "", to = from] = String(range).split("-");
    return status >= Number(from.replace("xx", "00")) && status <= Number(to.replace("xx", "99"));
  });
}

/** What of the body is not as wanted, a sentence each; empty when all is. */
export function bodyProblems(answer: HttpAnswer, read: ReadBody, wanted: AnswerWanted): readonly string[] {
  const { text, assert = [] } = wanted;
  const problems: string[] = [];
  if (answer.isCut && (text !== undefined || assert.length > 0)) {
    return [`the body is longer than ${answer.body.length} bytes, which is all that was read`];
  }
  if (text !== undefined && !read.text.includes(text)) problems.push(`the body does not hold ${JSON.stringify(text)}`);
  const { status, headers, latencyMs } = answer;
  const response = { status, headers, text: read.text, json: read.json ?? null, latency: latencyMs };
  for (const condition of assert) {
    const problem = whyNot(condition, { response });
    if (problem !== undefined) problems.push(problem + noJson(condition, read));
  }
  return problems;
}

/** Why a condition does not hold; undefined when it does. */
export function whyNot(condition: string, scope: Readonly<Record<string, Json>>): string | undefined {
  try {
    return evaluateCondition(condition, scope) ? undefined : `${bareExpression(condition)} does not hold`;
  } catch (error) {
    return errorMessage(error);
  }
}

function noJson(condition: string, { json }: ReadBody): string {
  return json === undefined && condition.includes("json") ? " (the body is no JSON)" : "";
}
