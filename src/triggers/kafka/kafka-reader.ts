import { type Backoff, backoffMs, withJitter } from "../../platform/backoff.ts";
import type { Clock } from "../../platform/clock.ts";
import { errorMessage, errorText } from "../../platform/errors.ts";
import type { Random } from "../../platform/ids.ts";
import type { Logger } from "../../platform/logger.ts";
import { CommittedOffsets } from "./committed-offsets.ts";
import type { KafkaMessage, KafkaSource } from "./kafka-source.ts";

export interface KafkaReaderDeps {
  /** Joins the group. The source ends when `signal` is aborted. */
  readonly open: (signal: AbortSignal) => Promise<KafkaSource>;
  /** Resolves when what a message says is on record; rejects when it could not be. */
  readonly take: (message: KafkaMessage) => Promise<void>;
  readonly clock: Clock;
  readonly random: Pick<Random, "fraction">;
  readonly logger: Logger;
}

// So many messages of all partitions are in memory at most, beside what one answer of a broker brings.
const MOST_AT_A_TIME = 64;
const END_MS = 2000;
const AGAIN: Backoff = { firstMs: 1000, factor: 2, longestMs: 60_000 };

/**
 * Reads one topic as a member of its group, for as long as it lives. A message is recorded, then Kafka is told that it is dealt with; so
 * a crash has it come again, and it is on record then. Each partition is dealt with in its order, one message after the other. What
 * cannot be recorded is tried again and holds up what comes after it, and soon the reading as well.
 */
export class KafkaReader implements AsyncDisposable {
  readonly #deps: KafkaReaderDeps;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(deps: KafkaReaderDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#running = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { logger } = this.#deps;
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted; failures += 1) {
      const state = { hasRead: false };
      try {
        await this.#follow(state);
        logger.info("reading from Kafka ended");
      } catch (error) {
        if (!signal.aborted) logger.warn("Kafka cannot be read; it is tried again", { error: errorMessage(error) });
      }
      if (state.hasRead) failures = 0;
      await this.#pause(failures);
    }
  }

  async #follow(state: { hasRead: boolean }): Promise<void> {
    const { open, logger } = this.#deps;
    const source = await open(this.#stop.signal);
    logger.info("reading from Kafka");
    const offsets = new CommittedOffsets({ source, logger });
    const lanes = new Map<number, Promise<void>>();
    const underWay = new Set<Promise<void>>();
    try {
      for await (const message of source.messages) {
        state.hasRead = true;
        const before = lanes.get(message.partition) ?? Promise.resolve();
        const dealt = before.then(() => this.#deal(message, offsets));
        lanes.set(message.partition, dealt);
        underWay.add(dealt);
        void dealt.then(() => underWay.delete(dealt));
        if (underWay.size >= MOST_AT_A_TIME) await Promise.race(underWay);
      }
    } finally {
      await Promise.all(underWay);
      // With brokers that are away neither of them may come to an end.
      await this.#within(END_MS, offsets.flush());
      await this.#within(END_MS, source[Symbol.asyncDispose]());
    }
  }

  /** Waits for something no longer than that. Never rejects. */
  async #within(mostMs: number, work: PromiseLike<void>): Promise<void> {
    const done = new AbortController();
    await Promise.race([this.#ended(work), this.#deps.clock.sleep(mostMs, done.signal).catch(() => undefined)]);
    done.abort();
  }

  async #ended(work: PromiseLike<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#deps.logger.debug("Kafka was not left in order", { error: errorText(error) });
    }
  }

  /** Never rejects, and gives up only when everything ends. */
  async #deal(message: KafkaMessage, offsets: CommittedOffsets): Promise<void> {
    const { take, logger } = this.#deps;
    const { topic, partition, offset, leaderEpoch } = message;
    for (let failures = 0; !this.#stop.signal.aborted; failures += 1) {
      try {
        await take(message);
        offsets.dealtWith({ topic, partition, offset: offset + 1n, leaderEpoch });
        return;
      } catch (error) {
        const place = { partition, offset: String(offset) };
        logger.error("a message cannot be recorded; it is tried again", { ...place, error: errorText(error) });
      }
      await this.#pause(failures);
    }
  }

  async #pause(failures: number): Promise<void> {
    const { clock, random } = this.#deps;
    const { signal } = this.#stop;
    if (signal.aborted) return;
    const delayMs = withJitter(backoffMs(AGAIN, failures + 2), random.fraction());
    // Rejects when everything ends.
    await clock.sleep(delayMs, signal).catch(() => undefined);
  }
}
