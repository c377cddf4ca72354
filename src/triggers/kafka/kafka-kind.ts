import type { TriggerKind } from "../trigger-kind.ts";
import { KafkaEvent, readMessage } from "./kafka-message.ts";
import { KafkaSettings } from "./kafka-settings.ts";

/** Messages of a topic of Kafka, which nobody posts: they are fetched, from brokers that are believed as such. */
export const kafkaKind: TriggerKind<KafkaSettings> = {
  name: "kafka",
  summary: "Messages of a topic of Apache Kafka and what speaks its protocol: JSON or CloudEvents",
  settings: KafkaSettings,
  event: KafkaEvent,
  proof: "own",
  proofBy: ({ sasl }) => (sasl === undefined ? "own" : "secret"),
  // Nothing that is posted is taken for a message.
  contentTypes: [],
  admit: () => "type",
  verify: () => "type",
  /** The value of a message, to try what it would start. */
  read: ({ headers, body, at }, settings) =>
    readMessage(
      {
        topic: settings.topic,
        partition: 0,
        offset: 0n,
        leaderEpoch: -1,
        at,
        key: undefined,
        value: body,
        headers: Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(String(value))]),
      },
      settings,
    ),
};
