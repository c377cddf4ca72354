import { request } from "undici";
import { z } from "zod";

import { AppError, errorText } from "../platform/errors.ts";
import { tryJson } from "../platform/try-json.ts";

/** What Slack answered to one call, with what only its headers say. */
export interface SlackReply {
  readonly body: Readonly<Record<string, unknown>>;
  /** The error code; undefined when the call succeeded. */
  readonly error: string | undefined;
  /** The scopes that the token has; undefined when Slack did not say. */
  readonly scopes: readonly string[] | undefined;
  readonly date: string | undefined;
}

export interface SlackCall {
  readonly method: string;
  readonly token: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const Body = z.looseObject({ ok: z.boolean(), error: z.string().optional() });
const MOST_BYTES = 4_000_000;

/** One call, once, whatever Slack says. Throws `slack.unreachable` when that is nothing that it could have said. */
export async function callSlack(apiUrl: string, { method, token, args = {}, signal }: SlackCall): Promise<SlackReply> {
  const what = `Slack's method ${method}`;
  try {
    const { statusCode, headers, body } = await request(new URL(method, apiUrl), {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(args).toString(),
      // Nothing keeps the process from ending once it has its answer.
      reset: true,
      ...(signal !== undefined && { signal }),
    });
    const text = await body.text();
    const parsed = Body.safeParse(text.length > MOST_BYTES ? undefined : tryJson(text));
    if (!parsed.success)
      throw new AppError(`${what} answered with status ${statusCode} and no JSON`, { code: "slack.unreachable" });
    const scopes = headerOf(headers["x-oauth-scopes"])
      ?.split(",")
      .map((scope) => scope.trim());
    const { ok, error = "unknown_error" } = parsed.data;
    return { body: parsed.data, error: ok ? undefined : error, scopes, date: headerOf(headers["date"]) };
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError(`${what} cannot be reached at ${apiUrl} (${errorText(error)})`, {
      code: "slack.unreachable",
      cause: error,
    });
  }
}

function headerOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
