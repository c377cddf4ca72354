import type { SlackMessage } from "./slack-truth.ts";

/** A message as it is posted. */
export interface NewMessage {
  readonly channel: string;
  readonly threadTs: string | undefined;
  readonly author: string;
  readonly slot: string | undefined;
  readonly text: string;
  readonly blocks: readonly unknown[];
}

export interface Page {
  readonly channel: string;
  /** Only this message and its replies; only what stands in the channel itself when absent. */
  readonly threadTs?: string | undefined;
  /** Only what is newer than this. */
  readonly oldest: string;
  readonly limit: number;
  /** Where the page before ended. */
  readonly cursor: string;
  /** What was posted after this moment is not found yet. */
  readonly visibleUntil: number;
}

/** All messages of all channels. A `ts` is strictly growing within its channel, and other channels may have the same. */
export class MessageBoard {
  /** Everything that was ever posted. */
  readonly #messages: SlackMessage[];
  readonly #channels = new Map<string, Map<string, SlackMessage>>();
  readonly #lastMicros = new Map<string, number>();
  readonly #tombstones = new Set<SlackMessage>();

  constructor(messages: SlackMessage[]) {
    this.#messages = messages;
  }

  post({ channel, threadTs, author, slot, text, blocks }: NewMessage, now: number): SlackMessage {
    const ts = this.nextTs(channel, now);
    const versions = [{ at: now, text, blocks }];
    const message: SlackMessage = { channel, ts, threadTs, author, slot, versions, replies: 0, deletedAt: undefined };
    this.#messages.push(message);
    this.#of(channel).set(ts, message);
    if (threadTs !== undefined) this.#count(channel, threadTs, 1);
    return message;
  }

  /** A `ts` for a message that is not kept here, such as an ephemeral one. */
  nextTs(channel: string, now: number): string {
    const micros = Math.max(now * 1000, (this.#lastMicros.get(channel) ?? 0) + 1);
    this.#lastMicros.set(channel, micros);
    return tsOf(micros);
  }

  /** Undefined for one that never was and one that is gone. */
  find(channel: string, ts: string): SlackMessage | undefined {
    const message = this.#channels.get(channel)?.get(ts);
    return message?.deletedAt === undefined ? message : undefined;
  }

  /** What a reply can hang on: a message, or what stands in the place of a deleted one whose thread is kept. */
  root(channel: string, ts: string): SlackMessage | undefined {
    const target = this.#channels.get(channel)?.get(ts);
    if (target === undefined || !this.#isSeen(target)) return undefined;
    return target.threadTs === undefined ? target : this.#channels.get(channel)?.get(target.threadTs);
  }

  /** A message with replies leaves something in its place, which says nothing but keeps the thread. */
  delete(message: SlackMessage, now: number): void {
    if (message.deletedAt !== undefined) return;
    message.deletedAt = now;
    if (message.replies > 0) this.#tombstones.add(message);
    if (message.threadTs !== undefined) this.#count(message.channel, message.threadTs, -1);
  }

  /** The newest first in a channel, the oldest first in a thread, as Slack does. */
  page({ channel, threadTs, oldest, limit, cursor, visibleUntil }: Page): {
    readonly messages: readonly SlackMessage[];
    readonly next: string;
  } {
    const all = Array.from(this.#channels.get(channel)?.values() ?? []);
    if (threadTs === undefined) all.reverse();
    const isAhead = (ts: string): boolean => cursor === "" || (threadTs === undefined ? ts < cursor : ts > cursor);
    const wanted = all.filter((message) => {
      if (!this.#isSeen(message) || !isAhead(message.ts)) return false;
      // A thread is always told with the message that it hangs on.
      if (threadTs === message.ts) return true;
      return message.threadTs === threadTs && isFound(message, oldest, visibleUntil);
    });
    const messages = wanted.slice(0, limit);
    return { messages, next: wanted.length > limit ? (messages.at(-1)?.ts ?? "") : "" };
  }

  #isSeen(message: SlackMessage): boolean {
    return message.deletedAt === undefined || this.#tombstones.has(message);
  }

  #of(channel: string): Map<string, SlackMessage> {
    const known = this.#channels.get(channel);
    if (known !== undefined) return known;
    const messages = new Map<string, SlackMessage>();
    this.#channels.set(channel, messages);
    return messages;
  }

  #count(channel: string, threadTs: string, by: number): void {
    const parent = this.#channels.get(channel)?.get(threadTs);
    if (parent !== undefined) parent.replies += by;
  }
}

/** Slack compares as texts of one length: ten digits of seconds and six behind the point. */
function isFound({ ts, versions }: SlackMessage, oldest: string, visibleUntil: number): boolean {
  return ts > oldest && (versions[0]?.at ?? 0) <= visibleUntil;
}

function tsOf(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  return `${seconds}.${String(micros - seconds * 1_000_000).padStart(6, "0")}`;
}
