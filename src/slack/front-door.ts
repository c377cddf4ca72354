import { z } from "zod";

import { GateAction } from "./action-value.ts";
import type { MessageContent } from "./blocks.ts";

/** Where somebody gets their private answer. Kept with what they asked, so that it can be given after a restart too. */
export const ReplyTo = z.strictObject({
  team: z.string(),
  channel: z.string(),
  user: z.string(),
  responseUrl: z.string().optional(),
  /** Slack takes answers through the address until then, in milliseconds since the epoch. */
  until: z.number(),
});
export type ReplyTo = z.infer<typeof ReplyTo>;

const arrival = {
  /** The same for every delivery of the same act. */
  key: z.string(),
  at: z.number(),
  /** The workspace of the person, which in a shared channel is not always ours. */
  team: z.string(),
  user: z.string(),
  replyTo: ReplyTo,
};

/** Something that a person did in Slack. */
export const Arrival = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("slash"), ...arrival, command: z.string(), text: z.string() }),
  z.strictObject({
    kind: z.literal("decision"),
    ...arrival,
    decision: z.enum(["approve", "reject"]),
    action: GateAction,
    /** False when the message on which the button was pressed is not the one that is kept up to date. */
    isCurrent: z.boolean(),
    reason: z.string(),
  }),
]);
export type Arrival = z.infer<typeof Arrival>;

/** What can be said at once. */
export interface Receipt {
  readonly answer?: MessageContent | undefined;
}

/**
 * Takes what people do. `receive` resolves when it is durably recorded, and only then is Slack told that it arrived; it rejects
 * with `store.*` when it could not be recorded. The same key twice is recorded once.
 */
export interface FrontDoor {
  receive(arrival: Arrival): Promise<Receipt>;
}
