import { z } from "zod";

import { type HttpAnswer, jsonAnswer } from "../http/http-route.ts";

/** Why something was not done: `code` for machines, `message` for people, and what could be asked instead. */
export const ErrorBody = z
  .strictObject({
    error: z.strictObject({
      code: z.string().meta({ description: "Stable, such as `access.not-granted`" }),
      message: z.string().meta({ description: "For people: what is wrong, and what to do" }),
      suggestions: z.array(z.string()).optional().meta({ description: "What was probably meant" }),
    }),
  })
  .meta({ id: "Error" });

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly suggestions?: readonly string[] | undefined;
}

// What is answered is for whoever asked with this token, and for nobody after them.
const PRIVATE = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

export function refusalAnswer(
  { status, code, message, suggestions }: Refusal,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  const answer = bodyAnswer(status, {
    error: { code, message, ...(suggestions !== undefined && suggestions.length > 0 && { suggestions }) },
  });
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

export function bodyAnswer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  const answer = jsonAnswer(status, body);
  return { ...answer, headers: { ...answer.headers, ...PRIVATE, ...headers } };
}
