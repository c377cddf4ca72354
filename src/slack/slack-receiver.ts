import type { Receiver } from "@slack/bolt";

/** How what people do in Slack gets here. */
export interface SlackReceiver extends Receiver {
  /** How many ways in stand open: connections to Slack, or the one address that Slack calls. */
  readonly connected: number;
}
