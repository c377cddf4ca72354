import { z } from "zod";

import { tryJson } from "../platform/try-json.ts";
import { ANCHOR_SIGNED } from "./anchor-check.ts";
import type { ChainHead } from "./hash-chain.ts";
import { type SignedHead, trySignedHead } from "./signed-head.ts";
import type { LogRow } from "./verify-log.ts";

/** The type of the events that say where a signed head was put. */
export const ANCHOR_WRITTEN = "anchor.written";

/** Which signed head stands in which target. The head itself is in the `anchor.signed` of the same sequence. */
const AnchorWritten = z.object({
  /** `AnchorTarget.address` */
  target: z.string(),
  sequence: z.number(),
  /** Where it can be found there. */
  place: z.string(),
});
export type AnchorWritten = z.infer<typeof AnchorWritten>;

/** What the log knows of its anchors. */
export interface KnownAnchors {
  readonly signed: SignedHead | undefined;
  /** The newest of each target, by its address. */
  readonly written: ReadonlyMap<string, { readonly sequence: number; readonly at: number }>;
}

/** How many of the newest facts about anchors tell what is known: each anchor is one, and another for each of a few targets. */
export const ANCHOR_FACTS = 100;

/** What the facts about anchors say, newest first. */
export function knownAnchors(facts: readonly Pick<LogRow, "type" | "at" | "payload">[]): KnownAnchors {
  const signed = facts.find(({ type, payload }) => type === ANCHOR_SIGNED && payload !== null);
  const written = new Map<string, { readonly sequence: number; readonly at: number }>();
  for (const { type, at, payload } of facts) {
    const fact = type === ANCHOR_WRITTEN ? AnchorWritten.safeParse(tryJson(payload ?? "")).data : undefined;
    if (fact !== undefined && !written.has(fact.target)) written.set(fact.target, { sequence: fact.sequence, at });
  }
  return { signed: signed && trySignedHead(signed), written };
}

/** The log, as far as it is anchored. */
export interface AnchorLog {
  /** The newest event. */
  readonly newestSequence: number;
  /** What it knows, by the newest of its facts. */
  known(): KnownAnchors;
  /** Whether anything but the anchoring itself has happened after an event. */
  hasNewsAfter(sequence: number): boolean;
  /**
   * Has the newest event signed and appends what `sign` gives right after it, in one commit; undefined when there is no event.
   * Rejects as every append does.
   */
  sign(sign: (head: ChainHead & { readonly log: string }) => SignedHead): Promise<SignedHead | undefined>;
  /** Records that a head was put somewhere. */
  noteWritten(written: AnchorWritten, atMs: number): Promise<void>;
}
