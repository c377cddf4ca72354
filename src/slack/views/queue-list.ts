import type { QueueAnswer } from "../../engine/question-answers.ts";
import { message, section, type MessageBlock, type MessageContent } from "../blocks.ts";
import { fitBlocks } from "../fit-blocks.ts";
import { code, inert } from "../mrkdwn.ts";
import { handLockText } from "./hand-lock-text.ts";
import { runLine } from "./history-list.ts";
import { queueText } from "./stage-line.ts";
import type { ViewLookups } from "./view-lookups.ts";

const MOST_LINES = 8;
const LINES_PER_SECTION = 4;

/** What is locked, by whom, and who waits for it. */
export function renderQueue({ about, holding, waiting, locks }: QueueAnswer, lookups: ViewLookups): MessageContent {
  const parts: readonly (readonly [string, readonly string[]])[] = [
    ["Locked by hand", locks.map((lock) => `:lock: ${handLockText(lock, lookups)}`)],
    ["Held by runs", holding.map(({ keys, run }) => `${code(keys.join(", "), 120)} ${runLine(run, lookups)}`)],
    ["Waiting", waiting.map(({ queue, run }) => `${runLine(run, lookups)}\n${queueText(queue, lookups)}`)],
  ];
  const title = `Queue of ${inert(about, 100)}`;
  const counts = `${locks.length} locked by hand, ${holding.length} held by runs, ${waiting.length} waiting`;
  const blocks = parts.flatMap(([name, lines]) => part(name, lines));
  const none: MessageBlock[] = [section("Nothing is locked, and nobody waits.")];
  return message(`${title}: ${counts}.`, [
    section(`*${title}*`),
    ...fitBlocks(blocks.length === 0 ? none : blocks, "and more: name a service to see it"),
  ]);
}

function part(name: string, lines: readonly string[]): readonly MessageBlock[] {
  if (lines.length === 0) return [];
  const shown = lines.slice(0, MOST_LINES);
  const more = lines.length - shown.length;
  const all = [`*${name}*`, ...shown, ...(more > 0 ? [`and ${more} more: name a service to see them`] : [])];
  const blocks: MessageBlock[] = [];
  for (let start = 0; start < all.length; start += LINES_PER_SECTION) {
    blocks.push(section(all.slice(start, start + LINES_PER_SECTION).join("\n")));
  }
  return blocks;
}
