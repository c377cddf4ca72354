import type { SlotRecord, SlotStore } from "../engine/ports.ts";
import { backoffMs, withJitter } from "../platform/backoff.ts";
import type { Clock } from "../platform/clock.ts";
import { errorCode, errorText } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import { simplify } from "./degrade.ts";
import { alsoLate, stillLate } from "./late-update.ts";
import type { SlackFailure } from "./slack-failure.ts";
import type { SentMessage, SlackMessages } from "./slack-messages.ts";
import { type Call, LOOK_AFTER_MS, nextCall, type SlotEntry } from "./slot-entry.ts";

export interface SlotSenderDeps {
  readonly messages: SlackMessages;
  readonly store: SlotStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What came of one call; the outbox freezes budgets and stops workspaces by it. */
export interface Report {
  readonly call: Call;
  readonly result: SentMessage | SlackFailure | { readonly status: "absent" | "unreadable" | "not-recorded" };
}

interface Done extends Report {
  /** Of what was sent. */
  readonly hash: string;
  readonly begunAt: number;
}

const AGAIN = { firstMs: 1000, factor: 2, longestMs: 60_000 };
const CHANNEL_AGAIN = { firstMs: 60_000, factor: 2, longestMs: 600_000 };
// Slack's clock may be behind ours, and ours may have been ahead when the post began, by hours where its time zone was set wrong.
const CLOCK_MARGIN_MS = 24 * 3_600_000;
const MOST_REPLACEMENTS = 1;
const MOST_LOST_THREADS = 5;
// A final state is kept for some minutes, in which somebody may invite the app.
const MOST_LOST_CHANNELS = 3;

/** Makes one call for one slot, writes down what must be known after a crash, and leaves the entry ready for its next call. */
export class SlotSender {
  readonly #deps: SlotSenderDeps;

  constructor(deps: SlotSenderDeps) {
    this.#deps = deps;
  }

  /** `parent` is the message in whose thread the slot stands. Never throws. */
  async send(entry: SlotEntry, parent: SlotRecord | undefined): Promise<Report> {
    const call = nextCall(entry);
    if (!(await this.#prepare(entry, call, parent))) return { call, result: { status: "not-recorded" } };
    // Something newer may have been wanted meanwhile: what is sent and its hash are taken together.
    const { hash } = entry;
    const begunAt = this.#deps.clock.monotonic();
    const result = await this.#call(entry, call);
    await this.#follow(entry, { call, result, hash, begunAt });
    return { call, result };
  }

  /** Whether anything can be posted where the message stands: its replies found out; `undefined` when they can. */
  async placeIs(entry: SlotEntry, lostReason: string | undefined): Promise<void> {
    await this.#save(entry, { ...entry.record, lostReason });
  }

  /** What must be on the disk before the call goes out: that a post is under way, or that what Slack shows is not known. */
  async #prepare(entry: SlotEntry, call: Call, parent: SlotRecord | undefined): Promise<boolean> {
    const { record } = entry;
    if (call === "post") {
      // Each try anew: Slack needs time to show this one, and whether an earlier one was carried out is known by now.
      const postingSince = this.#deps.clock.now();
      const channel = parent?.channel ?? entry.wanted.channel;
      return this.#save(entry, { ...record, channel, threadTs: parent?.ts, postingSince });
    }
    const forgets = call === "update" && record.sentHash !== undefined;
    return forgets ? this.#save(entry, { ...record, sentHash: undefined }) : true;
  }

  async #call(entry: SlotEntry, call: Call): Promise<Report["result"]> {
    const { messages } = this.#deps;
    const { record, wanted } = entry;
    const content = simplify(wanted.content, entry.simplified);
    const { slot, channel, threadTs } = record;
    try {
      switch (call) {
        case "post":
          return await messages.post({ channel, threadTs, slot, content });
        case "update":
          return await messages.update({ channel, ts: record.ts ?? "", content });
        case "find": {
          const sinceMs = (record.postingSince ?? this.#deps.clock.now()) - CLOCK_MARGIN_MS;
          return await messages.find({ channel, threadTs, slot, sinceMs });
        }
      }
    } catch (error) {
      return { status: "unknown", code: errorText(error) };
    }
  }

  async #follow(entry: SlotEntry, done: Done): Promise<void> {
    const { call, result, hash } = done;
    switch (result.status) {
      case "sent":
        return this.#delivered(entry, result, done);
      case "absent":
      case "unreadable":
        // Without the right to read, a second message is the lesser evil: buttons of the first one are refused.
        entry.isUnsure = false;
        entry.unseenAt = result.status === "unreadable" ? this.#deps.clock.monotonic() : undefined;
        return undefined;
      case "limited":
      case "not-recorded":
        return undefined;
      case "unsent":
        return this.#again(entry, 0);
      case "unknown":
        entry.isUnsure ||= call === "post";
        if (call === "update") entry.late = alsoLate(entry.late, hash, this.#deps.clock.monotonic());
        return this.#again(entry, LOOK_AFTER_MS);
      case "refused":
        return this.#refused(entry, result, done);
    }
  }

  async #delivered(entry: SlotEntry, { channel, ts }: SentMessage, { call, hash, begunAt }: Done): Promise<void> {
    entry.failures = 0;
    entry.losses = 0;
    entry.isUnsure = false;
    entry.unseenAt = undefined;
    entry.lastSentAt = this.#deps.clock.monotonic();
    // What was found is not known to be what is wanted.
    const sentHash = call === "find" ? undefined : hash;
    entry.late = call === "update" ? stillLate(entry.late, begunAt) : undefined;
    const posted = { ...entry.record, channel, ts, sentHash, postingSince: undefined, lostReason: undefined };
    // Where it stands has to be on the disk; what it shows of something that goes on need not.
    const isPlaced = this.#deps.store.slot(posted.slot)?.ts === ts;
    const isProgress = call === "update" && entry.priority === 3 && isPlaced;
    // While something older may come over it, the next process has to tell it again.
    const isSure = entry.late === undefined;
    if (isProgress || (await this.#save(entry, isSure ? posted : { ...posted, sentHash: undefined }))) {
      entry.record = posted;
    }
  }

  async #refused(entry: SlotEntry, failure: SlackFailure & { status: "refused" }, { call, hash }: Done): Promise<void> {
    const { record } = entry;
    switch (failure.reason) {
      case "workspace":
        return;
      case "content":
        if (entry.hash !== hash) return;
        if (entry.simplified === 2) return this.#giveUp(entry, failure.code);
        entry.simplified = entry.simplified === 0 ? 1 : 2;
        return;
      case "message-lost":
        if (call !== "update") return this.#threadLost(entry, failure.code);
        if (entry.replacements >= MOST_REPLACEMENTS) return this.#giveUp(entry, failure.code);
        entry.replacements += 1;
        await this.#save(entry, { ...record, ts: undefined, sentHash: undefined, postingSince: undefined });
        return;
      case "thread-lost":
        return this.#threadLost(entry, failure.code);
      case "channel-lost":
        return this.#channelLost(entry, failure.code);
    }
  }

  async #threadLost(entry: SlotEntry, code: string): Promise<void> {
    if (entry.losses >= MOST_LOST_THREADS) return this.#giveUp(entry, code);
    entry.losses += 1;
    this.#again(entry, 0);
  }

  async #channelLost(entry: SlotEntry, code: string): Promise<void> {
    if (entry.wanted.terminal && entry.losses >= MOST_LOST_CHANNELS) return this.#giveUp(entry, code);
    entry.losses += 1;
    entry.notBefore = this.#deps.clock.monotonic() + backoffMs(CHANNEL_AGAIN, entry.losses + 1);
    if (entry.record.lostReason === code) return;
    const { slot, channel } = entry.record;
    this.#deps.logger.warn("nothing can be posted to a channel of Slack", { slot, channel, code });
    await this.#save(entry, { ...entry.record, lostReason: code });
  }

  async #giveUp(entry: SlotEntry, code: string): Promise<void> {
    entry.gaveUp = code;
    this.#deps.logger.warn("a message cannot be delivered to Slack", { slot: entry.record.slot, code });
    await this.#save(entry, { ...entry.record, lostReason: code });
  }

  #again(entry: SlotEntry, leastMs: number): void {
    entry.failures += 1;
    const delayMs = withJitter(backoffMs(AGAIN, entry.failures + 1), this.#deps.random.fraction());
    entry.notBefore = this.#deps.clock.monotonic() + Math.max(leastMs, delayMs);
  }

  /**
   * What Slack said stands in memory even when it cannot be written down; false then. It is sent once more in that case, until
   * where it stands is on the disk.
   */
  async #save(entry: SlotEntry, record: SlotRecord): Promise<boolean> {
    const wasPosted = entry.record.ts;
    if (record.ts !== undefined || wasPosted !== undefined) entry.record = { ...record, sentHash: undefined };
    try {
      await this.#deps.store.save(record, this.#deps.clock.now());
      entry.record = record;
      return true;
    } catch (error) {
      this.#deps.logger.error("a message's place could not be recorded", {
        slot: record.slot,
        code: errorCode(error),
        error: errorText(error),
      });
      this.#again(entry, 0);
      return false;
    }
  }
}
