import type { IncomingHttpHeaders } from "node:http";

import type { z } from "zod";

import type { HttpAnswer } from "../http/http-route.ts";
import type { Json, JsonMap } from "../platform/canonical-json.ts";

/** What is known of a delivery before its body has been read. */
export interface DeliveryHead {
  readonly headers: IncomingHttpHeaders;
  /** Without its question mark. */
  readonly query: string;
  /** When it arrived, in milliseconds since the epoch. */
  readonly at: number;
}

export interface Delivery extends DeliveryHead {
  /** The bytes as they came: what was signed. */
  readonly body: Buffer;
}

/** Why a delivery was not believed. Whoever sent it learns nothing of it; the log of the server and the metrics do. */
export type Disbelief = "unsigned" | "signature" | "time" | "type";

/** What a kind proves deliveries with. */
export interface Proofs<Settings> {
  readonly settings: Settings;
  /** The values of `secret`, newest first, never empty texts; empty for a kind whose `proof` is `own`. */
  readonly secrets: readonly string[];
}

/** One fact that a delivery tells. */
export interface TriggerEvent {
  /** What expressions see as `event`: fits the kind's `event` schema. */
  readonly event: JsonMap;
  /**
   * What is the same when the same fact is told a second time by another delivery, such as repository, commit and run; never
   * the id of the delivery or the moment of sending.
   */
  readonly content: Json;
  /** `CI of acme/checkout succeeded on main at 1a2b3c4`: one line, raw. */
  readonly says: string;
  /** Where people see more: http or https. */
  readonly link?: string | undefined;
  /** When it happened, in milliseconds since the epoch; undefined where the vendor does not say. What is old, or in the future, starts nothing. */
  readonly happenedAt?: number | undefined;
  /** E-mail addresses of the people who caused it: they count as those who asked, and do not approve it. */
  readonly causedBy?: readonly string[] | undefined;
}

/** What a believed delivery says. */
export type Reading =
  /** `delivery` is the vendor's id, the same when it is sent again; where there is none, the digest of what it says. */
  | { readonly kind: "events"; readonly delivery: string; readonly events: readonly TriggerEvent[] }
  /** A ping, or a sort of event that the kind has no facts from; `reason` is what people are told. */
  | { readonly kind: "nothing"; readonly delivery: string; readonly reason: string }
  /** A challenge that is answered and nothing else. */
  | { readonly kind: "handshake"; readonly answer: HttpAnswer }
  /** No JSON, or not what the vendor sends; `reason` says what and where, without values. */
  | { readonly kind: "unreadable"; readonly reason: string };

/** How the deliveries of one vendor are believed and read. Pure but for what `verify` has to ask. */
export interface TriggerKind<Settings = unknown> {
  /** After `from:` in the configuration, such as `github`. */
  readonly name: string;
  /** One line for the reference. */
  readonly summary: string;
  /** What stands under `with:`; strict. `z.strictObject({})` where there is nothing. */
  readonly settings: z.ZodType<Settings>;
  /** What expressions see as `event`, by which they are checked when the configuration is read. */
  readonly event: z.ZodType;
  /** `secret`: by a secret that is shared with the sender. `own`: by something that the kind looks up itself. */
  readonly proof: "secret" | "own";
  /** Where it depends on the settings; counts before `proof` then. */
  proofBy?(settings: Settings): "secret" | "own";
  /** Media types of the bodies that it reads, without parameters: everything else is refused before the body is read. */
  readonly contentTypes: readonly string[];
  /** Headers without which nothing is believed or read, such as `X-GitHub-Event: workflow_run`: whoever tries a payload is told of them. */
  readonly headers?: readonly string[];
  /** Looks at the head alone, before a byte of the body is read: whether the proof is there at all, and about now. */
  admit(head: DeliveryHead, proofs: Proofs<Settings>): Disbelief | undefined;
  /** Whether the sender is who it says, by the raw bytes and in constant time. Nothing is parsed before. */
  verify(delivery: Delivery, proofs: Proofs<Settings>): Disbelief | undefined | Promise<Disbelief | undefined>;
  /** What it says. Never throws for what is in it. */
  read(delivery: Delivery, settings: Settings): Reading | Promise<Reading>;
}
