import type { WebClient } from "@slack/web-api";

import { failureOf } from "./slack-error.ts";

/** One call of Slack's Web API, and how it ended. */
export interface SlackCall {
  readonly method: string;
  readonly result: "ok" | "limited" | "refused" | "failed";
  /** How long Slack wants to be left alone, for a call that was one too many. */
  readonly waitMs: number;
}

/** The same client, which tells of each of its calls. */
export function watchedClient(client: WebClient, onCall: (call: SlackCall) => void): WebClient {
  const call = client.apiCall.bind(client);
  client.apiCall = async (method, options) => {
    try {
      const answer = await call(method, options);
      onCall({ method, result: "ok", waitMs: 0 });
      return answer;
    } catch (error) {
      onCall({ method, ...resultOf(error) });
      throw error;
    }
  };
  return client;
}

function resultOf(error: unknown): Omit<SlackCall, "method"> {
  const failure = failureOf(error);
  if (failure.status === "limited") return { result: "limited", waitMs: failure.afterMs };
  return { result: failure.status === "refused" ? "refused" : "failed", waitMs: 0 };
}
