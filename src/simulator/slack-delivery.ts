import type { JsonObject } from "./slack-messages.ts";

/** One payload for the app, before it is put on a wire. */
export interface SlackEnvelope {
  readonly type: "slash_commands" | "interactive" | "events_api";
  readonly payload: JsonObject;
  /** Only of events that are delivered again: the number of the attempt, from 1, and why. */
  readonly retry?: { readonly attempt: number; readonly reason: string };
}

/** What became of a delivery: `unreachable` when there was nobody to deliver to. */
export type SlackDeliveryOutcome =
  | { readonly status: "acknowledged"; readonly payload: unknown; readonly afterMs: number }
  | { readonly status: "timeout" }
  | { readonly status: "unreachable" };

/** A way to the app: a socket, or its own HTTP address. Resolves within the time that Slack gives for an acknowledgement. */
export interface SlackDelivery {
  deliver(envelope: SlackEnvelope): Promise<SlackDeliveryOutcome>;
}
