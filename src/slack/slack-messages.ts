import type { MessageContent } from "./blocks.ts";
import type { SlackFailure } from "./slack-failure.ts";

/** Where Slack keeps a message of ours. */
export interface SentMessage {
  readonly status: "sent";
  readonly channel: string;
  readonly ts: string;
}

/**
 * The few things that the outbox does with Slack. Nothing here retries, waits or throws: whatever happens is a value.
 */
export interface SlackMessages {
  /** `slot` goes into the message's metadata, so that `find` can tell it from others. */
  post(request: {
    readonly channel: string;
    readonly threadTs: string | undefined;
    readonly slot: string;
    readonly content: MessageContent;
  }): Promise<SentMessage | SlackFailure>;
  update(request: {
    readonly channel: string;
    readonly ts: string;
    readonly content: MessageContent;
  }): Promise<SentMessage | SlackFailure>;
  /** Looks for the message of a slot that was posted not before `sinceMs`. `unreadable` when the app may not read there. */
  find(request: {
    readonly channel: string;
    readonly threadTs: string | undefined;
    readonly slot: string;
    readonly sinceMs: number;
  }): Promise<SentMessage | { readonly status: "absent" | "unreadable" } | SlackFailure>;
}
