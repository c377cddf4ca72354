import { describe, expect, it } from "vitest";

import { createLogger } from "../../../../src/platform/logger.ts";
import { SecretMask } from "../../../../src/platform/masking.ts";
import { KafkaReader } from "../../../../src/triggers/kafka/kafka-reader.ts";
import type { KafkaMessage } from "../../../../src/triggers/kafka/kafka-source.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";
import { FakeKafka } from "../../../support/fake-kafka.ts";

class Scene {
  readonly kafka = new FakeKafka();
  readonly clock = new FakeClock();
  /** `partition/offset` of all that is on record, in order. */
  readonly recorded: string[] = [];
  readonly lines: string[] = [];
  /** Whether the log can be written. */
  isFull = false;
  onTake: (message: KafkaMessage) => Promise<void> = () => Promise.resolve();

  async start(): Promise<KafkaReader> {
    const reader = new KafkaReader({
      open: this.kafka.open,
      take: async (message) => {
        await this.onTake(message);
        if (this.isFull) throw new Error("the disk is full");
        this.recorded.push(`${message.partition}/${message.offset}`);
      },
      clock: this.clock,
      random: { fraction: () => 0.5 },
      logger: createLogger({
        level: "info",
        mask: new SecretMask(),
        now: this.clock.now,
        write: (line) => void this.lines.push(line),
      }),
    });
    reader.start();
    await settle();
    return reader;
  }
}

describe("a reader of Kafka", () => {
  it("records every message, each partition in its order, and has Kafka remember it after that", async () => {
    const scene = new Scene();
    scene.kafka.write(0, "a", "b", "c");
    scene.kafka.write(1, "x", "y");
    const seen: number[] = [];
    scene.onTake = ({ partition, offset }) => {
      seen.push(Number(offset) - (scene.kafka.committed.get(partition) ?? 0));
      return Promise.resolve();
    };
    const reader = await scene.start();
    scene.kafka.write(0, "d");
    await settle();
    await reader[Symbol.asyncDispose]();
    expect(scene.recorded.filter((place) => place.startsWith("0"))).toEqual(["0/0", "0/1", "0/2", "0/3"]);
    expect(scene.recorded.filter((place) => place.startsWith("1"))).toEqual(["1/0", "1/1"]);
    expect(Object.fromEntries(scene.kafka.committed)).toEqual({ 0: 4, 1: 2 });
    // Nothing is committed before it is recorded.
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(0);
  });

  it("goes on where it ended", async () => {
    const scene = new Scene();
    scene.kafka.write(0, "a", "b");
    await (await scene.start())[Symbol.asyncDispose]();
    scene.kafka.write(0, "c");
    await (await scene.start())[Symbol.asyncDispose]();
    expect(scene.recorded).toEqual(["0/0", "0/1", "0/2"]);
  });

  it("has what was not remembered come again, and loses nothing", async () => {
    const scene = new Scene();
    scene.kafka.refusesCommits = true;
    scene.kafka.write(0, "a", "b");
    await (await scene.start())[Symbol.asyncDispose]();
    scene.kafka.refusesCommits = false;
    scene.kafka.write(0, "c");
    await (await scene.start())[Symbol.asyncDispose]();
    expect(scene.recorded).toEqual(["0/0", "0/1", "0/0", "0/1", "0/2"]);
    expect(scene.kafka.committed.get(0)).toBe(3);
  });

  it("is only delayed by brokers that are away, at the start and later", async () => {
    const scene = new Scene();
    scene.kafka.fail();
    scene.kafka.write(0, "a");
    const reader = await scene.start();
    await scene.clock.advance(10_000);
    expect(scene.kafka.joins).toBe(0);
    scene.kafka.isDown = false;
    await scene.clock.advance(60_000);
    expect(scene.recorded).toEqual(["0/0"]);
    scene.kafka.fail();
    await settle();
    scene.kafka.write(0, "b");
    scene.kafka.isDown = false;
    // It has read since, so that it begins with short pauses again.
    await scene.clock.advance(2500);
    expect(scene.recorded).toEqual(["0/0", "0/1"]);
    await reader[Symbol.asyncDispose]();
    expect(scene.lines.filter((line) => line.includes("cannot be read")).length).toBeGreaterThan(2);
  });

  it("tries again what cannot be recorded, without skipping it, and reads little ahead meanwhile", async () => {
    const scene = new Scene();
    scene.isFull = true;
    scene.kafka.write(0, ...Array.from({ length: 1000 }, (_, index) => String(index)));
    const reader = await scene.start();
    await scene.clock.advance(600_000);
    expect(scene.recorded).toEqual([]);
    expect(scene.kafka.committed.size).toBe(0);
    expect(scene.kafka.ahead).toBeLessThanOrEqual(65);
    scene.isFull = false;
    await scene.clock.advance(61_000);
    expect(scene.recorded).toEqual(Array.from({ length: 1000 }, (_, index) => `0/${index}`));
    expect(scene.kafka.committed.get(0)).toBe(1000);
    await reader[Symbol.asyncDispose]();
  });

  it("holds up no partition for another one", async () => {
    const scene = new Scene();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    scene.onTake = ({ partition, offset }) => (partition === 0 && offset === 0n ? held : Promise.resolve());
    scene.kafka.write(0, "a", "b");
    scene.kafka.write(1, "x", "y");
    const reader = await scene.start();
    expect(scene.recorded).toEqual(["1/0", "1/1"]);
    release();
    await settle();
    expect(scene.recorded).toEqual(["1/0", "1/1", "0/0", "0/1"]);
    await reader[Symbol.asyncDispose]();
  });

  it("ends at once, also while the log cannot be written or no broker answers", async () => {
    const full = new Scene();
    full.isFull = true;
    full.kafka.write(0, "a", "b");
    await (await full.start())[Symbol.asyncDispose]();
    expect(full.kafka.committed.size).toBe(0);
    const down = new Scene();
    down.kafka.fail();
    await (await down.start())[Symbol.asyncDispose]();
    expect(down.clock.pendingTimers).toBe(0);
  });

  it("has few requests under way to remember what was read: one at a time, with the newest of each partition", async () => {
    const scene = new Scene();
    scene.kafka.write(0, ...Array.from({ length: 200 }, () => "a"));
    const reader = await scene.start();
    await settle();
    await reader[Symbol.asyncDispose]();
    expect(scene.kafka.committed.get(0)).toBe(200);
    for (const commit of scene.kafka.commits)
      expect(new Set(commit.map(({ partition }) => partition)).size).toBe(commit.length);
  });
});
