import { readFile } from "node:fs/promises";

import { Consumer, type Message, type MessagesStream } from "@platformatic/kafka";

import { kafkaError } from "./kafka-error.ts";
import type { KafkaSettings } from "./kafka-settings.ts";
import type { DealtWith, KafkaMessage, KafkaSource } from "./kafka-source.ts";

interface Wanted {
  readonly settings: KafkaSettings;
  /** Where `sasl` is set. */
  readonly password: string | undefined;
  readonly signal: AbortSignal;
}

// A server that was killed is missed for so long before its successor is given anything.
const SESSION_MS = 10_000;
const HEARTBEAT_MS = 2000;
const REBALANCE_MS = 15_000;
const ANSWER_MS = 10_000;
const WAIT_MS = 1000;
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_READ_AHEAD = 32;
// The library's own repetitions are few: whoever reads begins anew.
const RETRIES = 1;

/** Joins the group of the settings by the library. Rejects when no broker can be reached. */
export async function openPlatformaticSource({ settings, password, signal }: Wanted): Promise<KafkaSource> {
  const { brokers, group, sasl } = settings;
  const tls = await tlsOf(settings);
  signal.throwIfAborted();
  const consumer = new Consumer({
    clientId: "quarterdeck",
    groupId: group,
    bootstrapBrokers: [...brokers],
    autocommit: false,
    sessionTimeout: SESSION_MS,
    rebalanceTimeout: REBALANCE_MS,
    heartbeatInterval: HEARTBEAT_MS,
    timeout: ANSWER_MS,
    retries: RETRIES,
    maxBytes: MOST_BYTES,
    maxBytesPerPartition: MOST_BYTES / 4,
    maxWaitTime: WAIT_MS,
    highWaterMark: MOST_READ_AHEAD,
    ...(tls !== undefined && { tls }),
    ...(sasl !== undefined && {
      sasl: { mechanism: MECHANISMS[sasl.mechanism], username: sasl.username, password: password ?? "" },
    }),
  });
  const joined = join(consumer, { settings, signal });
  try {
    return await Promise.race([joined, aborted(signal)]);
  } catch (error) {
    // It may wait for brokers that are not there.
    void Promise.allSettled([joined, consumer.close(true)]);
    throw kafkaError(error);
  }
}

async function join(
  consumer: Consumer,
  { settings, signal }: { readonly settings: KafkaSettings; readonly signal: AbortSignal },
): Promise<KafkaSource> {
  const { topic } = settings;
  if (settings["start-at"] === "latest") await beginAtLatest(consumer, topic);
  const stream = await consumer.consume({ topics: [topic], mode: "committed", fallbackMode: "earliest" });
  return new PlatformaticSource({ consumer, stream, signal });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("told to end")), { once: true });
  });
}

const MECHANISMS = { plain: "PLAIN", "scram-sha-256": "SCRAM-SHA-256", "scram-sha-512": "SCRAM-SHA-512" } as const;

async function tlsOf({ tls }: Pick<KafkaSettings, "tls">) {
  if (tls === false) return undefined;
  if (tls === true) return {};
  const [ca, cert, key] = await Promise.all([textOf(tls.ca), textOf(tls.certificate), textOf(tls.key)]);
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
}

async function textOf(path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : await readFile(path, "utf8");
}

/**
 * Has Kafka remember the end of every partition for a group that it does not know. Without that, what is written while nobody reads
 * would be before the end that counts next time. A partition that is new in a group that is known is read from its beginning.
 */
async function beginAtLatest(consumer: Consumer, topic: string): Promise<void> {
  const latest = (await consumer.listOffsets({ topics: [topic] })).get(topic) ?? [];
  const partitions = [...latest.keys()];
  const committed = await consumer.listCommittedOffsets({ topics: [{ topic, partitions }] });
  if ((committed.get(topic) ?? []).some((offset) => offset >= 0n)) return;
  consumer.topics.trackAll(topic);
  await consumer.joinGroup({});
  const offsets = Array.from(latest.entries(), ([partition, offset]) => ({
    topic,
    partition,
    offset,
    leaderEpoch: -1,
  }));
  await consumer.commit({ offsets });
}

interface Opened {
  readonly consumer: Consumer;
  readonly stream: MessagesStream<Buffer, Buffer, Buffer, Buffer>;
  readonly signal: AbortSignal;
}

class PlatformaticSource implements KafkaSource {
  readonly #consumer: Opened["consumer"];
  readonly #stream: Opened["stream"];
  readonly #signal: AbortSignal;

  constructor({ consumer, stream, signal }: Opened) {
    this.#consumer = consumer;
    this.#stream = stream;
    this.#signal = signal;
  }

  get messages(): AsyncIterable<KafkaMessage> {
    return messagesOf(this.#stream, this.#signal);
  }

  async commit(dealtWith: readonly DealtWith[]): Promise<void> {
    try {
      await this.#consumer.commit({ offsets: [...dealtWith] });
    } catch (error) {
      throw kafkaError(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stream.destroy();
    await this.#consumer.close(true);
  }
}

async function* messagesOf(stream: Opened["stream"], signal: AbortSignal): AsyncGenerator<KafkaMessage> {
  const end = (): void => void stream.destroy();
  signal.addEventListener("abort", end, { once: true });
  try {
    for await (const message of stream) yield messageOf(message);
  } catch (error) {
    // It was told to end.
    if (!signal.aborted) throw kafkaError(error);
  } finally {
    signal.removeEventListener("abort", end);
  }
}

function messageOf(message: Message): KafkaMessage {
  const { topic, partition, offset, leaderEpoch, timestamp, headerEntries: headers } = message;
  // What is not there is undefined, whatever the library's types say.
  const { key, value }: { readonly key: Buffer | undefined; readonly value: Buffer | undefined } = message;
  return { topic, partition, offset, leaderEpoch, at: Number(timestamp), key, value, headers };
}
