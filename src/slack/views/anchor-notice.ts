import { message, type MessageContent, preformatted, section } from "../blocks.ts";
import { dateToken } from "../mrkdwn.ts";

/** A signed head of the log, to be kept where the server cannot take it back. */
export interface AnchorNotice {
  readonly sequence: number;
  readonly at: number;
  /** The anchor itself, as a verifier reads it. */
  readonly anchor: string;
}

/** The message that keeps an anchor: what it is for people, and below it, to be copied, what a verifier takes. */
export function renderAnchorNotice({ sequence, at, anchor }: AnchorNotice): MessageContent {
  const words = `The log is anchored up to event ${sequence}`;
  return message(`${words}.`, [
    section(`:anchor: *${words}* (${dateToken(at, "{date_short_pretty} {time}")})`),
    preformatted([anchor]),
  ]);
}
