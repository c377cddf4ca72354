import type { SlotRecord } from "../engine/ports.ts";
import { digestOf } from "../platform/canonical-json.ts";
import type { MessageContent } from "./blocks.ts";
import { type LateUpdate, lateAtStart } from "./late-update.ts";
import { type Draw } from "./rate-budget.ts";
import { SLACK_RATES } from "./slack-limits.ts";

/**
 * How much a message matters: 1 approvals, decisions, final states, alerts; 2 a step started or ended; 3 progress.
 */
export type Priority = 1 | 2 | 3;

/** What a slot should show from now on. */
export interface Wanted {
  readonly slot: string;
  readonly team: string;
  /** A channel or, for a direct message, a user. */
  readonly channel: string;
  /** The slot in whose thread it stands; nothing is posted before that one has been accepted. */
  readonly parent?: string | undefined;
  readonly content: MessageContent;
  readonly priority: Priority;
  /** True when nothing newer will come: it is sent again until Slack has taken it or never will. */
  readonly terminal: boolean;
}

/** A slot that the outbox is working on. Times are of the monotonic clock. */
export interface SlotEntry {
  wanted: Wanted;
  hash: string;
  record: SlotRecord;
  /** The most urgent of what has been wanted and not been sent. */
  priority: Priority;
  /** The most urgent of what has been wanted since the call that is under way began. */
  nextPriority: Priority | undefined;
  /** Since when Slack has not shown what is wanted. */
  waitingSince: number;
  wantedAt: number;
  /** Since when what is wanted is as it is. */
  changedAt: number;
  inFlight: boolean;
  notBefore: number;
  lastSentAt: number;
  failures: number;
  /** How often in a row there was no place for it. */
  losses: number;
  /** A post was sent and its result is not known: look before posting again. */
  isUnsure: boolean;
  /** When it was last looked for where the app may not read: what was posted may stand there all the same. */
  unseenAt: number | undefined;
  /** 0 as wanted, 1 without most blocks, 2 plain text. */
  simplified: 0 | 1 | 2;
  replacements: number;
  /** What Slack may yet show instead of what it was told after it. */
  late: LateUpdate | undefined;
  /** Why it will never be delivered. */
  gaveUp: string | undefined;
}

export type Call = "post" | "update" | "find";

export function contentHash(content: MessageContent): string {
  return digestOf({ text: content.text, blocks: content.blocks });
}

/** What was sent without an answer gets this long to show in the channel before it is looked for. */
export const LOOK_AFTER_MS = 3000;

/** A slot that is wanted for the first time in this process; `wallNow` is to `postingSince` as `now` is to all else. */
export function newEntry(
  wanted: Wanted,
  record: SlotRecord | undefined,
  { now, wallNow }: { readonly now: number; readonly wallNow: number },
): SlotEntry {
  const postingSince = record?.ts === undefined ? record?.postingSince : undefined;
  const lookInMs = postingSince === undefined ? 0 : Math.min(LOOK_AFTER_MS, postingSince + LOOK_AFTER_MS - wallNow);
  return {
    wanted,
    hash: contentHash(wanted.content),
    record: record ?? emptyRecord(wanted),
    priority: wanted.priority,
    nextPriority: undefined,
    waitingSince: now,
    wantedAt: now,
    changedAt: now,
    inFlight: false,
    notBefore: now + Math.max(0, lookInMs),
    lastSentAt: Number.NEGATIVE_INFINITY,
    failures: 0,
    losses: 0,
    isUnsure: postingSince !== undefined,
    unseenAt: undefined,
    simplified: 0,
    replacements: 0,
    late: lateAtStart(record, now),
    gaveUp: undefined,
  };
}

/** Something newer is wanted of the slot; what was wanted before and is not under way is dropped. */
export function renew(entry: SlotEntry, wanted: Wanted, now: number): void {
  const hash = contentHash(wanted.content);
  const wasSettled = isSettled(entry) && !entry.inFlight;
  if (hash !== entry.hash) {
    entry.changedAt = now;
    entry.simplified = 0;
    entry.gaveUp = undefined;
  }
  // A last word is tried at once, even where the channel was lost before.
  if (wanted.terminal && !entry.wanted.terminal && entry.record.lostReason !== undefined) {
    entry.notBefore = now;
    entry.failures = 0;
    entry.losses = 0;
  }
  // Another channel may take what the one before did not.
  const isPlaced = entry.record.ts !== undefined && entry.record.lostReason === undefined;
  if (wanted.channel !== entry.wanted.channel && !isPlaced) tryAtOnce(entry, now);
  // The same again is no more urgent than it was.
  if (hash !== entry.hash) raise(entry, wanted.priority, wasSettled);
  if (wasSettled) entry.waitingSince = now;
  entry.wanted = wanted;
  entry.wantedAt = now;
  entry.hash = hash;
}

function raise(entry: SlotEntry, priority: Priority, wasSettled: boolean): void {
  if (entry.inFlight) entry.nextPriority = mostUrgent(entry.nextPriority, priority);
  else entry.priority = wasSettled ? priority : mostUrgent(entry.priority, priority);
}

/** The call that was under way has ended; `isSent` when Slack took it. */
export function callEnded(entry: SlotEntry, isSent: boolean, now: number): void {
  const next = entry.nextPriority;
  entry.priority = isSent ? (next ?? entry.wanted.priority) : mostUrgent(entry.priority, next ?? entry.priority);
  entry.nextPriority = undefined;
  entry.inFlight = false;
  if (isSent) entry.waitingSince = now;
}

function mostUrgent(left: Priority | undefined, right: Priority): Priority {
  return left !== undefined && left < right ? left : right;
}

/**
 * A message that stands where nothing can be posted any more stays there as it is; another one takes its place where the slot is
 * wanted now.
 */
export function leaveLostPlace(entry: SlotEntry, parent: SlotRecord | undefined, now: number): void {
  const { record, wanted, inFlight } = entry;
  if (record.ts === undefined || record.lostReason === undefined || inFlight) return;
  const isParentPosted = wanted.parent === undefined || parent?.ts !== undefined;
  const place = wanted.parent === undefined ? wanted.channel : parent?.channel;
  if (!isParentPosted || place === undefined || place === record.channel) return;
  entry.record = { ...record, ts: undefined, sentHash: undefined, postingSince: undefined };
  entry.late = undefined;
  tryAtOnce(entry, now);
}

/** What kept it from being sent has changed. */
export function tryAtOnce(entry: SlotEntry, now: number): void {
  entry.notBefore = now;
  entry.failures = 0;
  entry.losses = 0;
  entry.gaveUp = undefined;
}

/** Replies that could not be posted where their message stood before are tried where it stands now. */
export function retryReplies(entries: Iterable<SlotEntry>, slot: string, now: number): void {
  for (const entry of entries) {
    if (entry.wanted.parent === slot && entry.record.lostReason !== undefined) tryAtOnce(entry, now);
  }
}

function emptyRecord({ slot, team, channel }: Wanted): SlotRecord {
  const nothing = { threadTs: undefined, ts: undefined, sentHash: undefined };
  return { slot, team, channel, ...nothing, postingSince: undefined, lostReason: undefined };
}

/** True when Slack shows what is wanted and will go on doing so, or never will. */
export function isSettled(entry: SlotEntry): boolean {
  return entry.gaveUp !== undefined || (isShown(entry) && !isRepeated(entry));
}

/** True when Slack shows what is wanted, and is told so once more when nothing older can come over it any more. */
export function isToBeRepeated(entry: SlotEntry): boolean {
  return entry.gaveUp === undefined && isShown(entry) && isRepeated(entry);
}

function isShown({ record, hash }: SlotEntry): boolean {
  return record.ts !== undefined && record.sentHash === hash;
}

function isRepeated({ late, hash }: SlotEntry): boolean {
  return late !== undefined && late.hash !== hash;
}

// Long enough for the post that a look allows to find its place among others.
const LOOK_HOLDS_MS = 10_000;

/** Who could not read when it was looked for may read by now: it is looked for once more before it is posted again. */
export function lookAgain(entry: SlotEntry, now: number): boolean {
  if (nextCall(entry) !== "post" || entry.unseenAt === undefined || now - entry.unseenAt < LOOK_HOLDS_MS) return false;
  entry.isUnsure = true;
  return true;
}

export function nextCall(entry: SlotEntry): Call {
  if (entry.record.ts !== undefined) return "update";
  return entry.isUnsure ? "find" : "post";
}

/** The buckets of a call. Replies in a thread count against the channel. */
export function drawsOf(call: Call, team: string, channel: string): readonly Draw[] {
  switch (call) {
    case "post":
      return [
        { key: `${team}/post/`, rate: SLACK_RATES.postsPerTeam },
        { key: `${team}/post/${channel}`, rate: SLACK_RATES.postsPerChannel },
      ];
    case "update":
      return [{ key: `${team}/update`, rate: SLACK_RATES.updatesPerTeam }];
    case "find":
      return [{ key: `${team}/find`, rate: SLACK_RATES.readsPerTeam }];
  }
}
