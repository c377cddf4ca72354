import type { Clock } from "../platform/clock.ts";
import { nameBlocks } from "./slack-block-ids.ts";
import type { SlackChanges } from "./slack-changes.ts";
import type { SlackIds } from "./slack-ids.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export interface SlackMessage {
  readonly channel: string;
  readonly ts: string;
  /** The author's user id. */
  readonly user: string;
  /** Only what the app posted has one. */
  readonly botId?: string | undefined;
  readonly text: string;
  readonly blocks: readonly JsonObject[];
  readonly attachments: readonly JsonObject[];
  readonly files: readonly JsonObject[];
  readonly reactions: readonly { readonly name: string; readonly users: readonly string[] }[];
  readonly metadata?: JsonObject | undefined;
  /** The parent of a reply; the parent itself has none. */
  readonly threadTs?: string | undefined;
  /** `thread_broadcast`, `tombstone` and so on. */
  readonly subtype?: string | undefined;
  readonly edited?: { readonly user: string; readonly ts: string } | undefined;
  /** The one person who sees an ephemeral message; undefined for all others. */
  readonly viewer?: string | undefined;
}

/** What a new message is made of; the rest is empty. */
export type NewSlackMessage = Pick<SlackMessage, "channel" | "user" | "text"> & Partial<Omit<SlackMessage, "ts">>;

/** What an edit replaces; a field that is absent stays, one that is undefined is removed. */
export type SlackMessageEdit = Partial<
  Pick<SlackMessage, "text" | "blocks" | "attachments" | "metadata" | "reactions">
>;

export interface SlackThreadSummary {
  readonly replyCount: number;
  readonly replyUsers: readonly string[];
  readonly latestReply: string;
}

/** All messages of all channels, ephemeral ones included. A `ts` is strictly increasing within its channel. */
export class SlackMessages {
  readonly #clock: Clock;
  readonly #ids: SlackIds;
  readonly #changes: SlackChanges;
  readonly #channels = new Map<string, Map<string, SlackMessage>>();
  readonly #lastMicros = new Map<string, number>();

  constructor(deps: { readonly clock: Clock; readonly ids: SlackIds; readonly changes: SlackChanges }) {
    this.#clock = deps.clock;
    this.#ids = deps.ids;
    this.#changes = deps.changes;
  }

  add(draft: NewSlackMessage): SlackMessage {
    const message: SlackMessage = {
      attachments: [],
      files: [],
      reactions: [],
      ...draft,
      blocks: nameBlocks(draft.blocks, this.#ids),
      ts: this.#nextTs(draft.channel),
    };
    this.#put(message);
    return message;
  }

  edit(message: SlackMessage, edit: SlackMessageEdit): SlackMessage {
    const blocks = edit.blocks === undefined ? message.blocks : nameBlocks(edit.blocks, this.#ids);
    const changed = { ...message, ...edit, blocks };
    this.#put(changed);
    return changed;
  }

  /** Marks the edit as Slack's answer to `chat.update` shows it. */
  markEdited(message: SlackMessage, user: string): SlackMessage {
    const edited = { ...message, edited: { user, ts: `${String(Math.floor(this.#clock.now() / 1000))}.000000` } };
    this.#put(edited);
    return edited;
  }

  /** Removes the message; a parent with replies leaves a tombstone that keeps its thread. */
  delete(message: SlackMessage): void {
    if (this.thread(message) === undefined) {
      this.#channels.get(message.channel)?.delete(message.ts);
      this.#notify(message);
      return;
    }
    const text = "This message was deleted.";
    const { channel, ts, user } = message;
    this.#put({ channel, ts, user, text, blocks: [], attachments: [], files: [], reactions: [], subtype: "tombstone" });
  }

  message(channel: string, ts: string): SlackMessage | undefined {
    return this.#channels.get(channel)?.get(ts);
  }

  /** Everything in the channel, oldest first, replies and ephemeral messages included. */
  all(channel: string): readonly SlackMessage[] {
    return [...(this.#channels.get(channel)?.values() ?? [])];
  }

  /** What one person sees in the channel: all messages and the ephemeral ones meant for them. */
  seenBy(user: string, channel: string): readonly SlackMessage[] {
    return this.all(channel).filter((message) => message.viewer === undefined || message.viewer === user);
  }

  replies(channel: string, threadTs: string): readonly SlackMessage[] {
    return this.all(channel).filter((message) => message.threadTs === threadTs);
  }

  /** Undefined when nobody has replied. */
  thread(parent: SlackMessage): SlackThreadSummary | undefined {
    const replies = this.replies(parent.channel, parent.ts).filter((reply) => reply.viewer === undefined);
    const latest = replies.at(-1);
    if (latest === undefined) return undefined;
    const replyUsers = [...new Set(replies.map((reply) => reply.user))];
    return { replyCount: replies.length, replyUsers, latestReply: latest.ts };
  }

  #put(message: SlackMessage): void {
    const channel = this.#channels.get(message.channel) ?? new Map<string, SlackMessage>();
    this.#channels.set(message.channel, channel);
    channel.set(message.ts, message);
    this.#notify(message);
  }

  #notify(message: SlackMessage): void {
    const { channel, ts, viewer } = message;
    if (viewer === undefined) this.#changes.notify({ kind: "message", channel, ts });
    else this.#changes.notify({ kind: "ephemeral", channel, ts, user: viewer });
  }

  #nextTs(channel: string): string {
    const micros = Math.max(this.#clock.now() * 1000, (this.#lastMicros.get(channel) ?? 0) + 1);
    this.#lastMicros.set(channel, micros);
    const digits = String(micros).padStart(16, "0");
    return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
  }
}
