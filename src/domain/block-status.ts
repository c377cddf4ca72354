import type { BlockView, PartStatus } from "./run-blocks.ts";

/** What matters most of its parts stands for a block. */
export function blockStatus({ parts, counts }: BlockView): PartStatus {
  const worst = (["failed", "gate", "running", "queued", "cancelled"] as const).find(
    (status) => counts[status] !== undefined,
  );
  if (worst !== undefined) return worst;
  if (counts.waiting === parts.length) return "waiting";
  if (counts.waiting !== undefined) return "running";
  return counts.succeeded === undefined ? "skipped" : "succeeded";
}
