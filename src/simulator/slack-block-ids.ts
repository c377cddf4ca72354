import type { SlackIds } from "./slack-ids.ts";

/** The blocks with an id on every one of them; Slack makes up the ids that the app did not give. */
export function nameBlocks(blocks: unknown, ids: SlackIds): readonly Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(blocks)) return [];
  return blocks.filter(isRecord).map((block) => Object.assign({ block_id: ids.blockId() }, block));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
