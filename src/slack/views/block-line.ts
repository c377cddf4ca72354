import type { BlockView, PartStatus } from "../../domain/run-blocks.ts";
import { inert } from "../mrkdwn.ts";
import { joined } from "./person-text.ts";

// More branches than these are counted; fewer are named.
const MOST_BRANCHES = 6;
const MOST_NAMES = 3;

/** What people call a block. */
export function blockName({ kind, label }: BlockView): string {
  return kind === "parallel" && /^parallel(?:-\d+)?$/u.test(label) ? "side by side" : inert(label, 60);
}

/** How the parts of a block stand, in one line: what failed first and by name, the rest in counts. Without formatting. */
export function blockText(block: BlockView, isOver: boolean): string {
  const isNamed = block.kind === "parallel" && block.parts.length <= MOST_BRANCHES;
  return (isNamed ? branchTexts(block, isOver) : countTexts(block, isOver)).join(", ");
}

/** How many parts of the same sort stand how, those that failed by name: `1 failed (eu-3), 8 under way, 12 done`. Without formatting. */
export function countedText(parts: BlockView["parts"], isOver: boolean): string {
  const counts: Partial<Record<PartStatus, number>> = {};
  for (const { status } of parts) counts[status] = (counts[status] ?? 0) + 1;
  return countTexts({ parts, counts }, isOver).join(", ");
}

/** `2 of 3 done, scan running`. */
function branchTexts(block: BlockView, isOver: boolean): readonly string[] {
  const done = doneOf(block);
  const others = SHOWN.flatMap((status) => {
    const names = namesOf(block, status);
    return names.length === 0 ? [] : [`${joined(names, "and")} ${BRANCH[status](isOver)}`];
  });
  return [`${done} of ${block.parts.length} done`, ...others];
}

/** `1 failed (eu-3), 8 under way, 12 done, 19 to come`. */
function countTexts(block: Counted, isOver: boolean): readonly string[] {
  const { failed = 0, cancelled = 0, gate = 0, queued = 0, running = 0, waiting = 0 } = block.counts;
  const done = doneOf(block);
  const texts: readonly (readonly [number, string])[] = [
    [failed, `failed (${firstNames(block, "failed")})`],
    [cancelled, `stopped (${firstNames(block, "cancelled")})`],
    [gate, `${gate === 1 ? "waits" : "wait"} for approval (${firstNames(block, "gate")})`],
    [queued, "queued"],
    [running, isOver ? "left as they are" : "under way"],
    [done, "done"],
    [waiting, isOver ? "not reached" : "to come"],
  ];
  const counted = texts.flatMap(([count, text]) => (count === 0 ? [] : [`${count} ${text}`]));
  return done === block.parts.length ? [`all ${done} done`] : counted;
}

type Counted = Pick<BlockView, "parts" | "counts">;

function doneOf({ counts }: Counted): number {
  return (counts.succeeded ?? 0) + (counts.skipped ?? 0);
}

const SHOWN = ["failed", "cancelled", "gate", "queued", "running", "waiting"] as const satisfies readonly PartStatus[];

const BRANCH: Readonly<Record<(typeof SHOWN)[number], (isOver: boolean) => string>> = {
  failed: () => "failed",
  cancelled: () => "stopped",
  gate: () => "waiting for approval",
  queued: () => "queued",
  running: (isOver) => (isOver ? "left as it is" : "running"),
  waiting: (isOver) => (isOver ? "not reached" : "to come"),
};

function namesOf({ parts }: Counted, status: PartStatus): readonly string[] {
  return parts.flatMap((part) => (part.status === status ? [inert(part.key, 40)] : []));
}

function firstNames(block: Counted, status: PartStatus): string {
  const names = namesOf(block, status);
  const more = names.length - MOST_NAMES;
  return joined([...names.slice(0, MOST_NAMES), ...(more > 0 ? [`${more} more`] : [])], "and");
}
