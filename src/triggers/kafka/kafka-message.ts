import { z } from "zod";

import type { Json, JsonMap } from "../../platform/canonical-json.ts";
import { type CloudEvent, readCloudEvents } from "../kinds/cloud-event.ts";
import { oneLine } from "../kinds/one-line.ts";
import { readJson, tryText } from "../kinds/read-json.ts";
import type { Reading } from "../trigger-kind.ts";
import type { KafkaMessage } from "./kafka-source.ts";
import type { KafkaSettings } from "./kafka-settings.ts";

/** What expressions see of a message as `event`. */
export const KafkaEvent = z.strictObject({
  topic: z.string(),
  partition: z.int(),
  offset: z.int(),
  key: z.string().meta({ description: "Empty where there is none; in base 64 where it is no text" }),
  headers: z.record(z.string(), z.string()).meta({ description: "By name; those that are no text are left out" }),
  value: z.custom<Json>().meta({
    description:
      "What the JSON says, null for an empty message; of a CloudEvent `id`, `source`, `type`, `subject`, `time`, `data`",
  }),
});
type KafkaEvent = z.infer<typeof KafkaEvent>;

type Told = Extract<Reading, { kind: "events" | "nothing" }>;

// As much as is taken over HTTP.
const MOST_BYTES = 1024 * 1024;
const MOST_HEADERS = 100;

/** What a message says. One that cannot be read tells nothing: it is on record with its place then, and is not looked at again. */
export function readMessage(message: KafkaMessage, settings: Pick<KafkaSettings, "format">): Told {
  const { topic, partition, offset, at } = message;
  // A topic that was deleted and made anew counts from the beginning again, and its messages are others.
  const delivery = `${topic}:${partition}:${offset}:${at}`;
  const aside = (reason: string): Told => {
    return {
      kind: "nothing",
      delivery,
      reason: `the message at offset ${offset} of ${topic}/${partition} is set aside: ${reason}`,
    };
  };
  if ((message.value?.byteLength ?? 0) > MOST_BYTES) return aside("it has more than 1 MB");
  const common = { topic, partition, offset: Number(offset), key: keyText(message.key), headers: headersOf(message) };
  if (settings.format === "cloudevents") {
    const read = readCloudEvents({
      headers: httpHeaders(common.headers),
      query: "",
      at,
      body: Buffer.from(message.value ?? []),
    });
    if (read.kind === "unreadable") return aside(read.reason);
    return { kind: "events", delivery, events: read.value.map((event) => cloudEventTold(common, event, at)) };
  }
  const value = message.value === undefined ? ({ kind: "read", value: null } as const) : readJson(message.value);
  if (value.kind === "unreadable") return aside(value.reason.replace("the body", "its value"));
  const event: KafkaEvent = { ...common, value: value.value };
  const content = [topic, common.key, value.value];
  return { kind: "events", delivery, events: [{ event, content, says: says(common), ...happenedAt(at) }] };
}

type Common = Omit<KafkaEvent, "value">;

function cloudEventTold(common: Common, { id, source, type, subject, time, data }: CloudEvent, at: number) {
  const value: JsonMap = { id, source, type, subject, time, data };
  const event: KafkaEvent = { ...common, value };
  return { event, content: [source, id], says: oneLine(`${says(common)}: ${type} of ${source}`), ...happenedAt(at) };
}

function says({ topic, partition, offset, key }: Common): string {
  return oneLine(`Message ${offset} of the Kafka topic ${topic}/${partition}${key === "" ? "" : `, key ${key}`}`);
}

function happenedAt(at: number): { readonly happenedAt?: number } {
  return at > 0 ? { happenedAt: at } : {};
}

function keyText(key: Uint8Array | undefined): string {
  if (key === undefined) return "";
  return tryText(key) ?? Buffer.from(key).toString("base64");
}

function headersOf({ headers }: KafkaMessage): Readonly<Record<string, string>> {
  const texts = headers.slice(0, MOST_HEADERS).flatMap(([name, value]): [string, string][] => {
    const [nameText, valueText] = [tryText(name), tryText(value)];
    return nameText === undefined || valueText === undefined || nameText === "__proto__" ? [] : [[nameText, valueText]];
  });
  return Object.fromEntries(texts);
}

/** CloudEvents writes its attributes as `ce_id` in Kafka and as `ce-id` in HTTP. */
function httpHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase().replace(/^ce_/u, "ce-"), value]),
  );
}
