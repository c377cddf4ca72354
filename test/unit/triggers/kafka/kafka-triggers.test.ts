import { describe, expect, it } from "vitest";

import { silentLogger } from "../../../../src/platform/logger.ts";
import type { Trigger } from "../../../../src/triggers/compile-triggers.ts";
import { kafkaError } from "../../../../src/triggers/kafka/kafka-error.ts";
import { kafkaKind } from "../../../../src/triggers/kafka/kafka-kind.ts";
import { KafkaSettings } from "../../../../src/triggers/kafka/kafka-settings.ts";
import { KafkaTriggers } from "../../../../src/triggers/kafka/kafka-triggers.ts";
import type { Told } from "../../../../src/triggers/trigger-desk.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";
import { FakeKafka } from "../../../support/fake-kafka.ts";
import { fakeKind } from "../fake-kind.ts";

function trigger(over: Partial<Trigger> & { readonly name?: string; readonly with?: object } = {}): Trigger {
  const { name = "releases", with: more = {}, ...rest } = over;
  return {
    machine: { sort: "trigger", name },
    kind: kafkaKind,
    settings: KafkaSettings.parse({ brokers: ["127.0.0.1:9092"], topic: "releases", group: "q", ...more }),
    secrets: [],
    starts: [{ command: "promote", inputs: {} }],
    sameWithinMs: 0,
    oldestMs: 0,
    ...rest,
  };
}

class Scene {
  readonly kafka = new FakeKafka();
  readonly clock = new FakeClock();
  readonly told: { readonly trigger: Trigger; readonly told: Told }[] = [];
  readonly passwords: (string | undefined)[] = [];
  readonly results: string[] = [];
  configured: readonly Trigger[] = [];
  ended = 0;

  readonly triggers = new KafkaTriggers({
    triggers: () => this.configured,
    desk: {
      take: async (by, told) => {
        this.told.push({ trigger: by, told });
        return { isNew: true, asked: [], reasons: [] };
      },
    },
    open: async ({ password, signal }) => {
      this.passwords.push(password);
      signal.addEventListener("abort", () => {
        this.ended += 1;
      });
      return await this.kafka.open(signal);
    },
    onDelivery: (result) => void this.results.push(result),
    resolve: ({ secret }) => `the value of ${secret}`,
    clock: this.clock,
    random: { fraction: () => 0.5 },
    logger: silentLogger,
  });

  async configure(...triggers: readonly Trigger[]): Promise<void> {
    this.configured = triggers;
    await this.triggers.refresh();
    await settle();
  }
}

describe("the triggers from Kafka", () => {
  it("take each message to the desk, also one that cannot be read, and go on", async () => {
    const scene = new Scene();
    scene.kafka.write(0, '{"a":1}', "poison", '{"a":2}');
    await scene.configure(trigger());
    expect(scene.told.map(({ told }) => told.kind)).toEqual(["events", "nothing", "events"]);
    expect(scene.kafka.committed.get(0)).toBe(3);
    expect(scene.results).toEqual(["nothing", "nothing", "nothing"]);
    await scene.triggers[Symbol.asyncDispose]();
  });

  it("read on over a change of what is started, and start what is configured then", async () => {
    const scene = new Scene();
    await scene.configure(trigger());
    const starts = [{ command: "other", inputs: {} }];
    await scene.configure(trigger({ starts }));
    scene.kafka.write(0, "1");
    await settle();
    expect(scene.kafka.joins).toBe(1);
    expect(scene.told[0]?.trigger.starts).toEqual(starts);
    await scene.triggers[Symbol.asyncDispose]();
  });

  it("join anew where it is read another way, and no longer read what was taken out", async () => {
    const scene = new Scene();
    await scene.configure(trigger());
    await scene.configure(trigger({ with: { group: "another" } }));
    expect([scene.kafka.joins, scene.ended]).toEqual([2, 1]);
    await scene.configure();
    expect([scene.kafka.joins, scene.ended]).toEqual([2, 2]);
    scene.kafka.write(0, "1");
    await settle();
    expect(scene.told).toEqual([]);
    await scene.triggers[Symbol.asyncDispose]();
  });

  it("leave senders over HTTP alone", async () => {
    const scene = new Scene();
    await scene.configure(trigger({ kind: fakeKind, settings: {} }));
    expect(scene.kafka.joins).toBe(0);
    await scene.triggers[Symbol.asyncDispose]();
  });

  it("try the passwords in turn while one is being replaced", async () => {
    const scene = new Scene();
    scene.kafka.fail();
    await scene.configure(trigger({ secrets: [{ secret: "NEW" }, { secret: "OLD" }] }));
    await scene.clock.advance(4000);
    expect(scene.passwords.slice(0, 3)).toEqual(["the value of NEW", "the value of OLD", "the value of NEW"]);
    await scene.triggers[Symbol.asyncDispose]();
  });
});

describe("the settings of a trigger from Kafka", () => {
  const wrong = (settings: object): readonly string[] => {
    const full = { brokers: ["kafka:9092"], topic: "t", group: "g", ...settings };
    return KafkaSettings.safeParse(full).error?.issues.map(({ message }) => message) ?? [];
  };

  it("are few", () => {
    expect(
      KafkaSettings.parse({ brokers: ["kafka-1.example.com:9092", "[::1]:9092"], topic: "t", group: "g" }),
    ).toMatchObject({
      format: "json",
      "start-at": "latest",
      tls: false,
    });
    expect(wrong({ tls: { ca: "/etc/ca.pem" }, sasl: { mechanism: "plain", username: "q" } })).toEqual([]);
  });

  it("send no password for everybody to read", () => {
    const plain = { sasl: { mechanism: "plain", username: "q" } };
    expect(wrong(plain)).toEqual([expect.stringContaining("add `tls: true`")]);
    expect(wrong({ ...plain, brokers: ["127.0.0.1:9092", "localhost:9093"] })).toEqual([]);
    expect(wrong({ sasl: { mechanism: "scram-sha-512", username: "q" } })).toEqual([]);
  });

  it("name brokers with their port, topics as Kafka does, and files by their whole path", () => {
    for (const broker of ["kafka", "http://kafka:9092", "kafka:port", ":9092"])
      expect(wrong({ brokers: [broker] })).toHaveLength(1);
    expect(wrong({ topic: "no topic" })).toHaveLength(1);
    expect(wrong({ tls: { ca: "ca.pem" } }).length).toBeGreaterThan(0);
  });

  it("need a secret exactly where there is a password", () => {
    const base = { brokers: ["kafka:9092"], topic: "t", group: "g" };
    expect(kafkaKind.proofBy?.(KafkaSettings.parse(base))).toBe("own");
    const sasl = { mechanism: "scram-sha-256", username: "q" };
    expect(kafkaKind.proofBy?.(KafkaSettings.parse({ ...base, sasl }))).toBe("secret");
  });
});

it("what is posted to a trigger from Kafka is never believed", () => {
  const delivery = { headers: {}, query: "", at: 0, body: Buffer.from("{}") };
  const proofs = { settings: KafkaSettings.parse({ brokers: ["k:1"], topic: "t", group: "g" }), secrets: [] };
  expect([kafkaKind.admit(delivery, proofs), kafkaKind.verify(delivery, proofs)]).toEqual(["type", "type"]);
  expect(kafkaKind.contentTypes).toEqual([]);
});

it("an error of the library is said by its reasons", () => {
  const refused = new Error("connection failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:9092") });
  const thrown = new AggregateError([new AggregateError([refused, refused], "twice")], "joinGroup failed 2 times");
  expect(kafkaError(thrown)).toMatchObject({
    code: "kafka.failed",
    message: "Kafka cannot be read: connect ECONNREFUSED 127.0.0.1:9092",
  });
});
