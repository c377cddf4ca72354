import { Admin, CompressionAlgorithms, Producer } from "@platformatic/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { KafkaReader } from "../../src/triggers/kafka/kafka-reader.ts";
import { KafkaSettings } from "../../src/triggers/kafka/kafka-settings.ts";
import type { KafkaMessage } from "../../src/triggers/kafka/kafka-source.ts";
import { openPlatformaticSource } from "../../src/triggers/kafka/platformatic-source.ts";
import { AppRig } from "../support/app-rig.ts";
import { eventually } from "../support/eventually.ts";
import { KAFKA_USER, KafkaBroker, kafkaJars } from "../support/kafka-broker.ts";

const BROKER_MS = 60_000;

/** What outlives the readers of one topic: what they have recorded. */
class Topic {
  readonly name: string;
  readonly #broker: KafkaBroker;
  readonly recorded: KafkaMessage[] = [];
  isFull = false;

  constructor(broker: KafkaBroker, name: string) {
    this.#broker = broker;
    this.name = name;
  }

  static async make(broker: KafkaBroker, name: string, partitions = 1): Promise<Topic> {
    const admin = new Admin({ clientId: "test", bootstrapBrokers: [broker.address] });
    await admin.createTopics({ topics: [name], partitions, replicas: 1 });
    await admin.close();
    return new Topic(broker, name);
  }

  read(more: Readonly<Record<string, unknown>> = {}): KafkaReader {
    const settings = KafkaSettings.parse({
      brokers: [this.#broker.address],
      topic: this.name,
      group: `readers-of-${this.name}`,
      "start-at": "earliest",
      ...more,
    });
    const reader = new KafkaReader({
      open: (signal) => openPlatformaticSource({ settings, password: undefined, signal }),
      take: async (message) => {
        await Promise.resolve();
        if (this.isFull) throw new Error("the disk is full");
        this.recorded.push(message);
      },
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
    });
    reader.start();
    return reader;
  }

  async write(values: readonly string[], { key = "k", ...more }: { key?: string; compression?: "gzip" } = {}) {
    const producer = new Producer({ clientId: "test", bootstrapBrokers: [this.#broker.address], retries: 20 });
    const headers = new Map([[Buffer.from("source"), Buffer.from("ci")]]);
    const messages = values.map((value) => ({
      topic: this.name,
      key: Buffer.from(key),
      value: Buffer.from(value),
      headers,
    }));
    await producer.send({ messages, acks: -1, ...(more.compression && { compression: CompressionAlgorithms.GZIP }) });
    await producer.close();
  }

  get values(): readonly string[] {
    return this.recorded.map(({ value }) => Buffer.from(value ?? []).toString());
  }
}

function numbers(from: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => String(from + index));
}

describe.skipIf("missing" in kafkaJars)("a reader at a real broker", () => {
  let broker: KafkaBroker;
  beforeAll(async () => {
    broker = await KafkaBroker.start();
  }, BROKER_MS);
  afterAll(() => broker[Symbol.asyncDispose]());

  it.concurrent("gets messages with place, time, key and headers, compressed or not, and goes on after what it has read", async () => {
    const topic = await Topic.make(broker, "plain", 2);
    await topic.write(["1", "2"]);
    const first = topic.read();
    await eventually(() => expect(topic.values).toEqual(["1", "2"]));
    await topic.write(["3"], { compression: "gzip" });
    await eventually(() => expect(topic.values).toEqual(["1", "2", "3"]));
    await first[Symbol.asyncDispose]();
    const [message] = topic.recorded;
    expect(message).toMatchObject({ topic: "plain", offset: 0n, leaderEpoch: 0 });
    expect(Math.abs((message?.at ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(Buffer.from(message?.key ?? []).toString()).toBe("k");
    expect(message?.headers.map((pair) => pair.map((part) => Buffer.from(part).toString()))).toEqual([
      ["source", "ci"],
    ]);
    await topic.write(["4"]);
    const second = topic.read();
    await eventually(() => expect(topic.values).toEqual(["1", "2", "3", "4"]));
    await second[Symbol.asyncDispose]();
  });

  it.concurrent("begins at the end where it is told to, once: what is written while nobody reads is not left out", async () => {
    const topic = await Topic.make(broker, "latest");
    await topic.write(["old"]);
    const first = topic.read({ "start-at": "latest" });
    const admin = new Admin({ clientId: "test", bootstrapBrokers: [broker.address] });
    await eventually(async () => {
      const groups = await admin.listConsumerGroupOffsets({ groups: ["readers-of-latest"] });
      expect(JSON.stringify(groups, (_, each: unknown) => (typeof each === "bigint" ? String(each) : each))).toContain(
        '"committedOffset":"1"',
      );
    });
    await admin.close();
    await first[Symbol.asyncDispose]();
    await topic.write(["meanwhile"]);
    const second = topic.read({ "start-at": "latest" });
    await eventually(() => expect(topic.values).toEqual(["meanwhile"]));
    await second[Symbol.asyncDispose]();
  });

  it.concurrent("shares the partitions with a second member of its group, and takes over when that leaves", async () => {
    const topic = await Topic.make(broker, "shared", 4);
    const [one, other] = [new Topic(broker, "shared"), new Topic(broker, "shared")];
    const first = one.read();
    await topic.write(["begin"]);
    await eventually(() => expect(one.values).toEqual(["begin"]));
    const second = other.read();
    let sent = 0;
    // Until both have something, by the keys that fall to them.
    await eventually(async () => {
      sent += 1;
      await topic.write([`m${sent}`], { key: `key-${sent}` });
      expect(other.recorded.length).toBeGreaterThan(0);
    });
    await second[Symbol.asyncDispose]();
    await topic.write(["end"], { key: "key-1" });
    await topic.write(["end"], { key: "key-2" });
    const all = (): ReadonlySet<string> => new Set([...one.values, ...other.values]);
    await eventually(() => expect(all().size).toBe(sent + 2));
    await eventually(() => expect(one.values.filter((value) => value === "end")).toHaveLength(2));
    await first[Symbol.asyncDispose]();
  });

  it.concurrent("starts what the trigger says, and sets aside what it cannot read", async () => {
    const topic = await Topic.make(broker, "releases");
    const trigger = `
triggers:
  - name: releases
    from: kafka
    with: { brokers: ["${broker.address}"], topic: releases, group: quarterdeck, start-at: earliest }
    same-within: 0s
    start:
      - command: lock
        when: \${{ event.value.status == "frozen" }}
        inputs: { service: "\${{ event.key }}", environment: staging, reason: "\${{ event.value.why }}" }
`;
    await using rig = await AppRig.open({
      configure: (text) =>
        `${text}${trigger}`
          .replace("roles:\n", "roles:\n  kafka: [{ trigger: releases }]\n")
          .replace("grants:\n", "grants:\n  - { role: kafka, verbs: [lock], services: all, environments: all }\n"),
    });
    await topic.write(["no json"]);
    await topic.write(['{"status":"open"}', '{"status":"frozen","why":"the shop is counted"}'], { key: "checkout" });
    const { store } = rig.application;
    await eventually(() => expect(store.events.handLocks()).toMatchObject([{ key: "checkout/staging" }]));
    const settled = store.log.stream("intents").map(({ payload }) => payload ?? "");
    const noted = settled.filter((payload) => payload.includes('"code":"nothing"'));
    expect(noted[0]).toContain("the message at offset 0 of releases/0 is set aside: its value is no JSON");
    expect(noted[1]).toContain("its condition does not hold");
  });

  it.concurrent("is let in by its password, and says so where it is not", async () => {
    const topic = await Topic.make(broker, "secured");
    await topic.write(["1"]);
    const settings = KafkaSettings.parse({
      brokers: [broker.securedAddress],
      topic: "secured",
      group: "let-in",
      "start-at": "earliest",
      sasl: { mechanism: "plain", username: KAFKA_USER.name },
    });
    const { signal } = new AbortController();
    await expect(openPlatformaticSource({ settings, password: "wrong", signal })).rejects.toThrow(
      /Kafka cannot be read: .*authentication/iu,
    );
    const source = await openPlatformaticSource({ settings, password: KAFKA_USER.password, signal });
    for await (const { value } of source.messages) {
      expect(Buffer.from(value ?? []).toString()).toBe("1");
      break;
    }
    await source[Symbol.asyncDispose]();
  });

  it(
    "loses nothing and keeps the order over an outage of the broker and a log that is full for a while",
    async () => {
      const topic = await Topic.make(broker, "outage");
      const reader = topic.read();
      await topic.write(numbers(0, 500));
      await eventually(() => expect(topic.recorded.length).toBeGreaterThan(100));
      topic.isFull = true;
      await topic.write(numbers(500, 500));
      await broker.kill();
      topic.isFull = false;
      await broker.start();
      await topic.write(numbers(1000, 100));
      await eventually(() => expect(new Set(topic.values).size).toBe(1100));
      // What was read and not remembered comes again; without that it is all in order.
      expect([...new Set(topic.values)]).toEqual(numbers(0, 1100));
      // It ends also while no broker is there, and so does one that has never reached any.
      await broker.kill();
      await reader[Symbol.asyncDispose]();
      await topic.read()[Symbol.asyncDispose]();
    },
    BROKER_MS,
  );
});
