import type { DealtWith, KafkaMessage, KafkaSource } from "../../src/triggers/kafka/kafka-source.ts";

interface Reading {
  readonly signal: AbortSignal;
  /** How far each partition was read by this member. */
  readonly read: Map<number, number>;
  wake: () => void;
  failure: Error | undefined;
}

/** A topic with what its group has read; a member that joins takes over from the one before it. */
export class FakeKafka {
  readonly #partitions = new Map<number, KafkaMessage[]>();
  #reading: Reading | undefined;
  /** The offset that is read next, by partition. */
  readonly committed = new Map<number, number>();
  /** Every commit, in order. */
  readonly commits: (readonly DealtWith[])[] = [];
  joins = 0;
  /** How many messages were given out and are not dealt with, at most. */
  ahead = 0;
  isDown = false;
  /** Whether it takes what is dealt with. */
  refusesCommits = false;

  write(partition: number, ...values: readonly (string | undefined)[]): void {
    const messages = this.#partitions.get(partition) ?? [];
    this.#partitions.set(partition, messages);
    for (const value of values) {
      messages.push({
        topic: "releases",
        partition,
        offset: BigInt(messages.length),
        leaderEpoch: 0,
        at: 0,
        key: undefined,
        value: value === undefined ? undefined : Buffer.from(value),
        headers: [],
      });
    }
    this.#reading?.wake();
  }

  /** The brokers are gone until `isDown` is false again. */
  fail(): void {
    this.isDown = true;
    if (this.#reading !== undefined) this.#reading.failure = new Error("connection lost");
    this.#reading?.wake();
  }

  readonly open = async (signal: AbortSignal): Promise<KafkaSource> => {
    await Promise.resolve();
    if (this.isDown) throw new Error("no broker answers");
    this.joins += 1;
    const reading: Reading = { signal, read: new Map(this.committed), wake: () => undefined, failure: undefined };
    this.#reading = reading;
    signal.addEventListener("abort", () => reading.wake());
    return {
      messages: this.#messages(reading),
      commit: async (dealtWith) => {
        await Promise.resolve();
        if (this.refusesCommits) throw new Error("the group is rebalancing");
        this.commits.push(dealtWith);
        for (const { partition, offset } of dealtWith) this.committed.set(partition, Number(offset));
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  };

  async *#messages(reading: Reading): AsyncGenerator<KafkaMessage> {
    while (!reading.signal.aborted) {
      if (reading.failure !== undefined) throw reading.failure;
      const next = [...this.#partitions].find(([partition, all]) => (reading.read.get(partition) ?? 0) < all.length);
      if (next === undefined) {
        await new Promise<void>((resolve) => {
          reading.wake = resolve;
        });
        continue;
      }
      const [partition, all] = next;
      const offset = reading.read.get(partition) ?? 0;
      reading.read.set(partition, offset + 1);
      const [given, done] = [reading.read, this.committed].map((map) => [...map.values()].reduce((a, b) => a + b, 0));
      this.ahead = Math.max(this.ahead, (given ?? 0) - (done ?? 0));
      const message = all[offset];
      if (message !== undefined) yield message;
    }
  }
}
