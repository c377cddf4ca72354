import { z } from "zod";

import { tryJson } from "../platform/try-json.ts";

/** The `action_id`s of our buttons. */
export const APPROVE_ACTION = "gate_approve";
export const REJECT_ACTION = "gate_reject";
/** Buttons that only open an address; Slack sends a click on them too. */
export const OPEN_ACTION = "open_link";

/**
 * What an Approve or Reject button carries: opaque to Slack, readable by anyone who can read the message, so it holds no secret
 * and is believed in nothing. `digest` binds the click to what the message showed.
 */
export const GateAction = z.strictObject({
  run: z.string().min(1).max(64),
  path: z.string().min(1).max(1000),
  attempt: z.int().min(1),
  digest: z.string().min(1).max(128),
  /** What is decided on, in words for the form that asks why. */
  what: z.string().max(400).optional(),
});
export type GateAction = z.infer<typeof GateAction>;

export function gateActionText(action: GateAction): string {
  return JSON.stringify(GateAction.parse(action));
}

/** Undefined for anything that is not one of our values. */
export function tryGateAction(text: unknown): GateAction | undefined {
  return typeof text === "string" ? GateAction.safeParse(tryJson(text)).data : undefined;
}

/** What the form for a rejection remembers: the gate and the message it was opened from. */
export const RejectMemory = z.strictObject({
  action: GateAction,
  channel: z.string(),
  messageTs: z.string(),
  threadTs: z.string().optional(),
  responseUrl: z.string().optional(),
  /** When the click arrived, in milliseconds since the epoch. */
  clickedAt: z.number(),
});
export type RejectMemory = z.infer<typeof RejectMemory>;

export function tryRejectMemory(text: string): RejectMemory | undefined {
  return RejectMemory.safeParse(tryJson(text)).data;
}
