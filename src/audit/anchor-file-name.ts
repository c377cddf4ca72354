import type { SignedHead } from "./signed-head.ts";

/** `quarterdeck-3f2a9c11-000000001234-9b1d22aa.json`: the log, the event and its hash, so that files stand in order and none has the name of another. */
export function anchorFileName({ log, sequence, hash }: SignedHead): string {
  return `quarterdeck-${log.slice(0, 8)}-${String(sequence).padStart(12, "0")}-${hash.slice(0, 8)}.json`;
}
