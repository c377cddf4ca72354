import type { SlotRecord, SlotStore } from "../engine/ports.ts";
import { withJitter } from "../platform/backoff.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import { inOrder, openEntries, progressIntervalMs, readyAt, reserveFor } from "./outbox-order.ts";
import { PacedWork } from "./paced-work.ts";
import { type Draw, RateBudget } from "./rate-budget.ts";
import type { SlackMessages } from "./slack-messages.ts";
import {
  callEnded,
  drawsOf,
  isSettled,
  isToBeRepeated,
  leaveLostPlace,
  lookAgain,
  newEntry,
  nextCall,
  renew,
  retryReplies,
  type SlotEntry,
  tryAtOnce,
  type Wanted,
} from "./slot-entry.ts";
import { type Report, SlotSender } from "./slot-sender.ts";
import { WorkspaceHalt } from "./workspace-halt.ts";

export interface OutboxDeps {
  readonly messages: SlackMessages;
  readonly store: SlotStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /**
   * Told when Slack shows what was wanted of a slot, when it never will, and when its channel cannot be posted to. `isMoved`: where
   * the message stands has changed, or whether anything can be posted there.
   */
  readonly onSettled: (slot: string, isMoved: boolean) => void;
}

const MOST_IN_FLIGHT = 8;
const FORGET_AFTER_MS = 60_000;
// While the workspace refuses the token, one call at a time finds out whether it still does.
const PROBE_MS = 1000;
const PLACE_AGAIN_MS = 1000;
// Looking through everything that waits takes longer the more that is: at most one part in so many of the time goes there.
const PUMP_SHARE = 20;

/**
 * Keeps Slack's messages as they are wanted. Of each slot only the newest content counts and one call is under way at a time,
 * so an older state never follows a newer one; a final state is sent until Slack has it, and once more where an older one may come
 * late. Budgets keep below Slack's limits.
 * Nothing that Slack does is thrown out of here or changes a run, and everything is taken up again after a restart by wanting it again.
 */
export class Outbox implements AsyncDisposable {
  readonly #deps: OutboxDeps;
  readonly #sender: SlotSender;
  readonly #budget: RateBudget;
  readonly #halt: WorkspaceHalt;
  readonly #pacedPump: PacedWork;
  readonly #entries = new Map<string, SlotEntry>();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #waiters = new Set<() => void>();
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    this.#sender = new SlotSender(deps);
    this.#budget = new RateBudget(deps);
    this.#halt = new WorkspaceHalt(deps);
    this.#pacedPump = new PacedWork({ clock: deps.clock, work: () => this.#pump(), share: PUMP_SHARE });
  }

  /** From now on the slot should show this. Returns at once; what was wanted before and is not sent yet is dropped. */
  want(wanted: Wanted): void {
    const { clock, store } = this.#deps;
    const now = clock.monotonic();
    const known = this.#entries.get(wanted.slot);
    const entry = known ?? newEntry(wanted, store.slot(wanted.slot), { now, wallNow: clock.now() });
    if (known === undefined) this.#entries.set(wanted.slot, entry);
    else renew(known, wanted, now);
    leaveLostPlace(entry, undefined, now);
    this.#planPump();
  }

  /**
   * Somebody looks for the message of the slot. It may have been deleted: it is sent again, which replaces it where it is gone.
   * Or the app may have been invited meanwhile to the channel that it was not in.
   */
  lookAgain(slot: string): void {
    const entry = this.#entries.get(slot);
    if (entry === undefined) return;
    entry.replacements = 0;
    if (entry.record.lostReason !== undefined) tryAtOnce(entry, this.#deps.clock.monotonic());
    this.#doubt(slot);
    this.#planPump();
  }

  /** True when Slack shows what was last wanted of the slot and will go on doing so, or never will. */
  isSettled(slot: string): boolean {
    const entry = this.#entries.get(slot);
    return entry === undefined || isSettled(entry);
  }

  /**
   * Slack is to post a message there that is none of ours, such as for a file: it takes of what may be posted, before all that
   * comes after it. Returns the milliseconds after which that may be.
   */
  reservePosting({ team, channel }: Pick<SlotRecord, "team" | "channel">): number {
    const draws = drawsOf("post", team, channel);
    const afterMs = this.#budget.waitMs(draws, 0);
    this.#budget.take(draws);
    return afterMs;
  }

  /** Resolves when everything that Slack takes now has been sent, or after `withinMs`; for a shutdown. */
  async flush(withinMs: number): Promise<void> {
    if (this.#isIdle()) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        timer.cancel();
        this.#waiters.delete(check);
        resolve();
      };
      const check = (): void => (this.#isIdle() ? end() : undefined);
      const timer = this.#deps.clock.setTimer(withinMs, end);
      this.#waiters.add(check);
    });
  }

  /** How many messages Slack does not show as they are wanted. */
  get backlog(): number {
    return this.#inFlight.size + openEntries(this.#entries.values()).filter((entry) => !isToBeRepeated(entry)).length;
  }

  /** Stops sending; what is under way is waited for. What is not sent stays wanted by whoever starts next. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await Promise.all(this.#inFlight);
  }

  #isIdle(): boolean {
    if (this.#inFlight.size > 0) return false;
    return Array.from(this.#entries.values()).every((entry) => {
      // The next process repeats what this one has not.
      return isSettled(entry) || isToBeRepeated(entry) || this.#isHopeless(entry);
    });
  }

  /** Waits for somebody to mend the token or to invite the app, which no shutdown waits for. */
  #isHopeless({ wanted, record }: SlotEntry): boolean {
    const isBlocked = (slot: string): boolean => this.#recordOf(slot)?.lostReason !== undefined;
    const isOrphan = wanted.parent !== undefined && isBlocked(wanted.parent);
    return record.lostReason !== undefined || isOrphan || this.#halt.isHalted(wanted.team);
  }

  #planPump(): void {
    if (!this.#isClosed) this.#pacedPump.plan();
  }

  #pump(): void {
    if (this.#isClosed) return;
    const { clock } = this.#deps;
    const now = clock.monotonic();
    this.#forgetOld(now);
    const wakeAt = this.#startReady(now);
    this.#timer?.cancel();
    if (this.#entries.size > 0) this.#timer = clock.setTimer(wakeAt - now, () => this.#planPump());
    for (const check of this.#waiters) check();
  }

  /** Starts what can be sent now, most urgent first; returns when something else can be. */
  #startReady(now: number): number {
    let wakeAt = now + FORGET_AFTER_MS;
    // A call that ends looks again.
    if (this.#inFlight.size >= MOST_IN_FLIGHT) return wakeAt;
    const intervalMs = progressIntervalMs(this.#entries.values(), now);
    const isReady = (entry: SlotEntry): boolean => {
      const at = this.#startAt(entry, intervalMs, now);
      if (at > now) wakeAt = Math.min(wakeAt, at);
      return at <= now;
    };
    const ready = openEntries(this.#entries.values()).filter(isReady);
    for (const entry of inOrder(ready, now)) {
      if (this.#inFlight.size >= MOST_IN_FLIGHT) break;
      // The one before it may have drawn the last token.
      if (isReady(entry) && (!lookAgain(entry, now) || isReady(entry))) this.#start(entry);
    }
    return wakeAt;
  }

  /** When the entry may be sent; infinite while it waits for its parent. */
  #startAt(entry: SlotEntry, intervalMs: number, now: number): number {
    const { parent, team } = entry.wanted;
    leaveLostPlace(entry, parent === undefined ? undefined : this.#recordOf(parent), now);
    if (entry.record.ts === undefined && parent !== undefined && this.#recordOf(parent)?.ts === undefined) {
      if (this.#isGivenUp(parent)) this.#abandon(entry);
      return Number.POSITIVE_INFINITY;
    }
    const isProbing = this.#halt.isHalted(team) && this.#inFlight.size > 0;
    const at = Math.max(readyAt(entry, intervalMs), this.#halt.until(team), isProbing ? now + PROBE_MS : now);
    return at > now ? at : now + this.#budget.waitMs(this.#draws(entry), reserveFor(entry));
  }

  /** Nobody is trying to post it any more. */
  #isGivenUp(slot: string): boolean {
    const entry = this.#entries.get(slot);
    return entry === undefined ? this.#deps.store.slot(slot)?.lostReason !== undefined : entry.gaveUp !== undefined;
  }

  #abandon(entry: SlotEntry): void {
    entry.gaveUp = "parent-lost";
    queueMicrotask(() => this.#settled(entry, true));
  }

  #start(entry: SlotEntry): void {
    const draws = this.#draws(entry);
    this.#budget.take(draws);
    entry.inFlight = true;
    const { parent } = entry.wanted;
    const sending = this.#send(entry, parent === undefined ? undefined : this.#recordOf(parent), draws).finally(() => {
      this.#inFlight.delete(sending);
      this.#planPump();
    });
    this.#inFlight.add(sending);
  }

  async #send(entry: SlotEntry, parent: SlotRecord | undefined, draws: readonly Draw[]): Promise<void> {
    const before = entry.record;
    const report = await this.#sender.send(entry, parent);
    callEnded(entry, report.result.status === "sent", this.#deps.clock.monotonic());
    this.#heed(entry, report, draws);
    const { ts, lostReason } = entry.record;
    if (isSettled(entry)) this.#settled(entry, ts !== before.ts || lostReason !== before.lostReason);
    else if (lostReason !== undefined) this.#deps.onSettled(entry.wanted.slot, true);
  }

  /** What a report means for everybody else: budgets, the workspace, and the message that was replied to. */
  #heed(entry: SlotEntry, { result, call }: Report, draws: readonly Draw[]): void {
    if (result.status === "limited") this.#freeze(draws, result.afterMs);
    const { team, parent } = entry.wanted;
    const isHalted = result.status === "refused" && result.reason === "workspace";
    if (isHalted) this.#halt.halt(team, result.code);
    else if (result.status === "sent") this.#halt.lift(team);
    if (call === "post") this.#heedPost(entry, result, parent);
  }

  #heedPost({ record, wanted }: SlotEntry, result: Report["result"], parent: string | undefined): void {
    const isSent = result.status === "sent";
    if (isSent) retryReplies(this.#entries.values(), wanted.slot, this.#deps.clock.monotonic());
    if (parent === undefined) return;
    if (result.status === "refused" && result.reason === "thread-lost") this.#doubt(parent);
    if (isSent || record.lostReason !== undefined) this.#placeIs(parent, record.channel, record.lostReason);
  }

  /** A reply found out whether anything can be posted where its message stands: that one may have to move. */
  #placeIs(slot: string, channel: string, lostReason: string | undefined): void {
    const { clock, onSettled } = this.#deps;
    // It may have been forgotten: whoever wants it does so again then.
    if (!this.#entries.has(slot)) onSettled(slot, true);
    const entry = this.#entries.get(slot);
    if (this.#isClosed || entry?.record.channel !== channel || entry.record.lostReason === lostReason) return;
    // Its own call would say that it is there, and nothing of what can be posted beside it.
    if (entry.inFlight) {
      clock.setTimer(PLACE_AGAIN_MS, () => this.#placeIs(slot, channel, lostReason));
      return;
    }
    entry.inFlight = true;
    const writing = this.#sender.placeIs(entry, lostReason).finally(() => {
      entry.inFlight = false;
      this.#inFlight.delete(writing);
      onSettled(slot, true);
      this.#planPump();
    });
    this.#inFlight.add(writing);
  }

  /** Slack limits postings by channel as well as by workspace and does not say which: first the channel, then everything. */
  #freeze(draws: readonly Draw[], afterMs: number): void {
    const forMs = withJitter(afterMs * 1.05, this.#deps.random.fraction(), 0.05);
    const [wide, narrow] = draws;
    if (wide === undefined) return;
    if (narrow === undefined || this.#budget.isFrozenBeside(wide.key, narrow.key)) this.#budget.freeze(wide, forMs);
    if (narrow !== undefined) this.#budget.freeze(narrow, forMs);
  }

  /** A message to which no reply is possible is probably gone: sending it again finds that out, and replaces it. */
  #doubt(slot: string): void {
    const entry = this.#entries.get(slot);
    if (entry === undefined || entry.inFlight || entry.record.sentHash === undefined) return;
    entry.record = { ...entry.record, sentHash: undefined };
    entry.priority = 1;
  }

  #settled(entry: SlotEntry, isMoved: boolean): void {
    this.#deps.onSettled(entry.wanted.slot, isMoved);
    for (const check of this.#waiters) check();
  }

  #draws(entry: SlotEntry): readonly Draw[] {
    return drawsOf(nextCall(entry), entry.wanted.team, entry.wanted.channel);
  }

  #recordOf(slot: string): SlotRecord | undefined {
    return this.#entries.get(slot)?.record ?? this.#deps.store.slot(slot);
  }

  #forgetOld(now: number): void {
    for (const [slot, entry] of this.#entries) {
      const isOld = now - Math.max(entry.wantedAt, entry.lastSentAt) >= FORGET_AFTER_MS;
      if (isOld && !entry.inFlight && isSettled(entry)) this.#entries.delete(slot);
    }
  }
}
