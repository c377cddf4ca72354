import { context, type MessageBlock } from "./blocks.ts";
import { SLACK_LIMITS } from "./slack-limits.ts";

// What the rest of a message needs: its title and what says that there is more.
const RESERVED = 800;

/** As many of the blocks, from the first one, as a message takes; `more` says what to do to see the others. */
export function fitBlocks(blocks: readonly MessageBlock[], more: string): readonly MessageBlock[] {
  let left: number = SLACK_LIMITS.blocksText - RESERVED;
  const first = blocks.findIndex((block, index) => {
    left -= textLength(block);
    return left < 0 || index >= SLACK_LIMITS.blocksPerMessage - 5;
  });
  return first === -1 ? blocks : [...blocks.slice(0, first), context(more)];
}

/** Characters of all texts in a block. */
function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + textLength(item), 0);
  if (typeof value !== "object" || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [key, member]) => sum + (key === "text" && typeof member === "string" ? member.length : textLength(member)),
    0,
  );
}
