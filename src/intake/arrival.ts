import { z } from "zod";

/** Who sent something, from which workspace, and where a private answer can go. */
const sender = {
  team: z.string(),
  user: z.string(),
  channel: z.string(),
  /** The thread in which it happened, so that the answer is seen there; absent in the channel itself. */
  threadTs: z.string().optional(),
  /** Slack's address for private answers: five uses, half an hour. */
  responseUrl: z.string().optional(),
  /** Until when it can be used, in milliseconds since the epoch. */
  answerUntil: z.number(),
};

/** A slash command as it was typed: `command` is `/promote`, `text` the rest. */
export const SlashArrival = z.strictObject({
  kind: z.literal("slash"),
  ...sender,
  command: z.string(),
  text: z.string(),
});
export type SlashArrival = z.infer<typeof SlashArrival>;

/** Somebody pressed a button of a gate, or gave a reason for a rejection. */
export const DecisionArrival = z.strictObject({
  kind: z.literal("decision"),
  ...sender,
  /** False when the button was on a copy, and not on the message that is kept up to date. */
  isCurrent: z.boolean(),
  run: z.string(),
  path: z.string(),
  attempt: z.int(),
  digest: z.string(),
  decision: z.enum(["approve", "reject"]),
  reason: z.string().max(3000),
});
export type DecisionArrival = z.infer<typeof DecisionArrival>;

/** Somebody pressed a button, or sent a form, that asks for a command as if it had been typed. */
export const CommandArrival = z.strictObject({
  kind: z.literal("command"),
  ...sender,
  door: z.enum(["button", "modal"]),
  /** The command's id. */
  command: z.string(),
  /** What would have been typed for its inputs. */
  values: z.record(z.string(), z.string()),
});
export type CommandArrival = z.infer<typeof CommandArrival>;

/** A trigger, a schedule or a token asks for a command as if it had been typed. */
export const MachineArrival = z.strictObject({
  kind: z.literal("machine"),
  /** What stands where a person's workspace and id do. */
  team: z.string(),
  user: z.string(),
  door: z.enum(["trigger", "schedule", "api"]),
  /** The command's id. */
  command: z.string(),
  /** What would have been typed: for its inputs, or the words after it. */
  typed: z.union([
    z.strictObject({ values: z.record(z.string(), z.string()) }),
    z.strictObject({ words: z.string().max(3000) }),
  ]),
  cause: z.strictObject({ says: z.string(), link: z.string().optional() }).optional(),
  /** Pseudonyms of the people for whom it asks. */
  behalf: z.array(z.string()).optional(),
});
export type MachineArrival = z.infer<typeof MachineArrival>;

/** Everything that people send, and what asks in their place. Kept in the log as it arrived, so that it can be dealt with after a crash. */
export const Arrival = z.discriminatedUnion("kind", [SlashArrival, DecisionArrival, CommandArrival, MachineArrival]);
export type Arrival = z.infer<typeof Arrival>;
