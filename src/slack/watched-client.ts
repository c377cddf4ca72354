import type { SlackClient } from "./slack-clients.ts";
import { failureOf } from "./slack-error.ts";

/** One call of Slack's Web API, and how it ended. */
export interface SlackCall {
  readonly method: string;
  readonly result: "ok" | "limited" | "refused" | "failed";
  /** How long Slack wants to be left alone, for a call that was one too many. */
  readonly waitMs: number;
}

/** The same client, which tells of each of its calls. */
export function watchedClient(client: SlackClient, onCall: (call: SlackCall) => void): SlackClient {
  return {
    apiCall: async (method, options) => {
      try {
        const answer = await client.apiCall(method, options);
        onCall({ method, result: "ok", waitMs: 0 });
        return answer;
      } catch (error) {
        onCall({ method, ...resultOf(error) });
        throw error;
      }
    },
  };
}

function resultOf(error: unknown): Omit<SlackCall, "method"> {
  const failure = failureOf(error);
  if (failure.status === "limited") return { result: "limited", waitMs: failure.afterMs };
  return { result: failure.status === "refused" ? "refused" : "failed", waitMs: 0 };
}
