import { z } from "zod";

import { tryJson } from "../platform/try-json.ts";
import { EventBody, InteractionBody } from "./slack-body.ts";

/** What a frame from Slack is, as far as the connection itself is concerned. */
export type SocketFrame =
  /** To be handed to the SDK. `connections` is how many this app has open, with the greeting. */
  | { readonly kind: "pass"; readonly connections?: number | undefined }
  /** Slack is about to close the connection, or will not have it. */
  | { readonly kind: "disconnect"; readonly reason: string }
  /** Not to be handed to the SDK, which a frame like this would bring down with the whole process. */
  | { readonly kind: "drop"; readonly why: string };

const Frame = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("hello"), num_connections: z.number().optional().catch(undefined) }),
  z.looseObject({ type: z.literal("disconnect"), reason: z.string().catch("unknown") }),
  z.looseObject({
    type: z.literal("events_api"),
    payload: EventBody,
  }),
  z.looseObject({
    type: z.literal("slash_commands"),
    envelope_id: z.string(),
    payload: z.looseObject({ command: z.string(), event: z.undefined().optional() }),
  }),
  z.looseObject({ type: z.literal("interactive"), envelope_id: z.string(), payload: InteractionBody }),
]);

/** Reads a frame without believing anything about it. */
export function readFrame(data: unknown): SocketFrame {
  if (typeof data !== "string") return { kind: "drop", why: "a binary frame" };
  const parsed = Frame.safeParse(tryJson(data));
  if (!parsed.success) return { kind: "drop", why: `a frame that is not known: ${data.slice(0, 100)}` };
  const frame = parsed.data;
  if (frame.type === "disconnect") return { kind: "disconnect", reason: frame.reason };
  return { kind: "pass", connections: frame.type === "hello" ? frame.num_connections : undefined };
}
