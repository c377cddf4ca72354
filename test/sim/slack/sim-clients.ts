import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from "@slack/web-api";

import type { Clock } from "../../../src/platform/clock.ts";
import type { SlackClient, SlackClients } from "../../../src/slack/slack-clients.ts";
import type { SlackReply } from "./slack-reply.ts";

export interface SimClientsDeps {
  /** What Slack does when the call arrives. */
  readonly call: (method: string, args: Readonly<Record<string, unknown>>) => SlackReply;
  /**
   * Brings a call to Slack and its answer back. Rejects with an error whose `code` is that of a connection (`ECONNREFUSED`: it
   * never got there; `ECONNRESET`: nobody knows), or with `UncaughtFault` for what the SDK does not wrap. May never settle.
   */
  readonly carry: (port: "slack", call: () => SlackReply, method: string) => Promise<SlackReply>;
  /** That of the process: a dead one gives up nothing any more. */
  readonly clock: Pick<Clock, "setTimer">;
}

/** Something that breaks after the headers of the answer, which the SDK throws as it is. */
export class UncaughtFault extends Error {}

/** As the clients of the SDK are made for the application: time-outs, and how often they try again by themselves. */
interface Manner {
  readonly timeoutMs: number;
  readonly retryAfterMs: readonly number[];
}

/** Clients as the SDK's, with the same errors, over a simulated Slack. */
export function simClients(deps: SimClientsDeps): SlackClients {
  const client = (manner: Manner): SlackClient => ({
    apiCall: (method, options = {}) => calledWithRetries(deps, manner, { method, options }),
  });
  return {
    trigger: client({ timeoutMs: 2500, retryAfterMs: [] }),
    outbox: client({ timeoutMs: 10_000, retryAfterMs: [] }),
    home: client({ timeoutMs: 10_000, retryAfterMs: [] }),
    directory: client({ timeoutMs: 5000, retryAfterMs: [250, 500] }),
  };
}

interface Call {
  readonly method: string;
  readonly options: Readonly<Record<string, unknown>>;
}

async function calledWithRetries(deps: SimClientsDeps, manner: Manner, call: Call): Promise<unknown> {
  for (const delayMs of manner.retryAfterMs) {
    try {
      return await called(deps, manner, call);
    } catch (error) {
      // The SDK repeats what did not get an answer, and every status but 200 and 429.
      if (!(error instanceof WebAPIRequestError) && !(error instanceof WebAPIHTTPError)) throw error;
      await new Promise<void>((resolve) => void deps.clock.setTimer(delayMs, resolve));
    }
  }
  return called(deps, manner, call);
}

async function called(
  { call, carry, clock }: SimClientsDeps,
  { timeoutMs }: Manner,
  { method, options }: Call,
): Promise<unknown> {
  const late = Promise.withResolvers<never>();
  const timer = clock.setTimer(timeoutMs, () => late.reject(timeoutError()));
  const reply = await Promise.race([carry("slack", () => call(method, options), method), late.promise])
    .catch((error: unknown) => {
      throw carriedError(error);
    })
    .finally(() => timer.cancel());
  if (!reply.ok) throw errorOf(reply);
  return reply;
}

function errorOf({ error, status, retryAfterSeconds }: SlackReply & { readonly ok: false }): Error {
  if (retryAfterSeconds !== undefined) return new WebAPIRateLimitedError(retryAfterSeconds);
  if (status === 429)
    return new Error("Retry header did not contain a valid timeout (url: simulated, retry-after header: null)");
  if (status !== undefined) return new WebAPIHTTPError(status, error, {}, error);
  return new WebAPIPlatformError({ ok: false, error, response_metadata: {} });
}

function carriedError(error: unknown): Error {
  if (error instanceof UncaughtFault) return error;
  return new WebAPIRequestError(error instanceof Error ? error : new Error(String(error)));
}

function timeoutError(): Error {
  const error = new Error("The operation was aborted due to timeout");
  error.name = "TimeoutError";
  return error;
}
