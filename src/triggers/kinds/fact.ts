import type { Reading, TriggerEvent } from "../trigger-kind.ts";

/** What one entry of a delivery comes to. */
export type Fact =
  | { readonly kind: "fact"; readonly fact: TriggerEvent }
  | { readonly kind: "nothing"; readonly reason: string }
  | { readonly kind: "unreadable"; readonly reason: string };

export function nothing(reason: string): Fact {
  return { kind: "nothing", reason };
}

/** What a delivery with these entries says: its facts, or why there is none. One entry that cannot be read spoils all. */
export function readingOf(delivery: string, entries: readonly Fact[]): Reading {
  const events: TriggerEvent[] = [];
  const reasons: string[] = [];
  for (const entry of entries) {
    if (entry.kind === "unreadable") return entry;
    if (entry.kind === "fact") events.push(entry.fact);
    else reasons.push(entry.reason);
  }
  if (events.length > 0) return { kind: "events", delivery, events };
  return { kind: "nothing", delivery, reason: reasons[0] ?? "it tells of nothing" };
}
