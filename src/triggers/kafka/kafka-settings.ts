import { isAbsolute } from "node:path";

import { z } from "zod";

import { isLoopback } from "../../config/loopback.ts";

const Broker = z.string().regex(/^(?:\[[0-9a-f:]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?):\d{1,5}$/iu, {
  error: "the address of a broker is expected, such as kafka-1.example.com:9092",
});
const AbsolutePath = z.string().refine((path) => isAbsolute(path), { error: "the whole path is expected, from / on" });

const TlsSettings = z.strictObject({
  ca: AbsolutePath.optional().meta({ description: "The authority of the brokers' certificates, where it is your own" }),
  certificate: AbsolutePath.optional().meta({ description: "The certificate by which the brokers know Quarterdeck" }),
  key: AbsolutePath.optional().meta({ description: "Its key" }),
});

const SaslSettings = z.strictObject({
  mechanism: z.enum(["plain", "scram-sha-256", "scram-sha-512"]),
  username: z.string().min(1).max(255),
});

/** What stands under `with` of a trigger from Kafka. The password, if there is one, is its `secret`. */
export const KafkaSettings = z
  .strictObject({
    brokers: z.array(Broker).min(1).max(50).meta({ description: "Where to ask first: `host:port`" }),
    topic: z
      .string()
      .regex(/^[\w.-]{1,249}$/u, { error: "this is no name of a topic" })
      .meta({
        description: "The topic that is read, all partitions of it",
      }),
    group: z.string().min(1).max(255).meta({
      description: "The consumer group under which Kafka remembers what was read; of one Quarterdeck alone",
    }),
    "start-at": z.enum(["latest", "earliest"]).default("latest").meta({
      description:
        "Where a group begins that Kafka does not know yet: at what comes from now on, or at all that is there",
    }),
    format: z.enum(["json", "cloudevents"]).default("json").meta({
      description: "What the messages are; `cloudevents` takes both modes, with headers `ce_…` or as one document",
    }),
    tls: z.union([z.boolean(), TlsSettings]).default(false).meta({ description: "`true`, or files" }),
    sasl: SaslSettings.optional().meta({
      description: "`mechanism` and `username`; the password is the trigger's `secret`",
    }),
  })
  .superRefine(({ sasl, tls, brokers }, context) => {
    if (sasl?.mechanism !== "plain" || tls !== false) return;
    if (brokers.every((broker) => isLoopback(broker.replace(/:\d+$/u, "")))) return;
    const message = "plain sends the password for everybody on the way to read; add `tls: true`";
    context.addIssue({ code: "custom", path: ["sasl", "mechanism"], message });
  });
export type KafkaSettings = z.infer<typeof KafkaSettings>;
