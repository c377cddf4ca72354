import { z } from "zod";

import { isJsonMap, type Json, type JsonMap } from "../../platform/canonical-json.ts";
import type { Delivery } from "../trigger-kind.ts";
import { loneHeader, mediaType } from "./lone-header.ts";
import { readJson, readJsonText, unreadable, type Read } from "./read-json.ts";
import { readShape } from "./read-shape.ts";
import { Id, OptionalText } from "./vendor-fields.ts";

/** An event in the words of CloudEvents 1.0, whichever envelope it came in. */
export interface CloudEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  /** RFC 3339, or empty. */
  readonly time: string;
  readonly data: Json;
  /** Whose it is and where, for what comes from AWS. */
  readonly aws?: { readonly account: string; readonly region: string } | undefined;
}

export const STRUCTURED = "application/cloudevents+json";
export const BATCH = "application/cloudevents-batch+json";

const Structured = z.looseObject({
  specversion: z.literal("1.0"),
  id: z.string().min(1).max(1000),
  source: z.string().min(1).max(1000),
  type: z.string().min(1).max(1000),
  subject: OptionalText,
  time: OptionalText,
  data: z.custom<Json>().optional(),
  data_base64: z.string().optional(),
});

const EventBridge = z.looseObject({
  id: z.string().min(1).max(1000),
  "detail-type": z.string().min(1).max(1000),
  source: z.string().min(1).max(1000),
  account: OptionalText,
  region: OptionalText,
  time: OptionalText,
  resources: z.array(z.string()).default([]),
  detail: z.custom<Json>((detail) => detail !== undefined),
});

const PubSub = z.looseObject({
  subscription: z.string().min(1).max(1000),
  message: z.looseObject({
    messageId: Id.pipe(z.string().min(1).max(1000)),
    publishTime: OptionalText,
    data: OptionalText,
  }),
});

const PUBSUB_TYPE = "google.cloud.pubsub.topic.v1.messagePublished";

/**
 * Reads CloudEvents in the binary, the structured and the batched form, and two envelopes of clouds that say the same with other
 * words: Amazon EventBridge (an API destination gets events as they are) and Google Pub/Sub (push subscriptions).
 */
export function readCloudEvents(delivery: Delivery): Read<readonly CloudEvent[]> {
  const read = readJson(delivery.body);
  if (read.kind === "unreadable") return read;
  const { headers } = delivery;
  if (mediaType(headers) === BATCH) return readBatch(read.value);
  if (mediaType(headers) === STRUCTURED) return single(structured(read.value));
  if (isBinary(delivery)) return single(binary(headers, read.value));
  if (!isJsonMap(read.value)) return unreadable("this is no CloudEvent");
  if ("specversion" in read.value) return single(structured(read.value));
  if ("detail-type" in read.value) return single(eventBridge(read.value));
  if ("subscription" in read.value) return single(pubSub(read.value));
  return unreadable("this is no CloudEvent: neither headers `ce-…` nor a `specversion` say so");
}

/** Whether an event has its attributes in headers, and its data alone in the body. */
export function isBinary({ headers }: Pick<Delivery, "headers">): boolean {
  const type = mediaType(headers);
  return headers["ce-specversion"] !== undefined && type !== STRUCTURED && type !== BATCH;
}

function single(read: Read<CloudEvent>): Read<readonly CloudEvent[]> {
  return read.kind === "read" ? { kind: "read", value: [read.value] } : read;
}

function readBatch(value: Json): Read<readonly CloudEvent[]> {
  if (!Array.isArray(value)) return unreadable("this is no batch of CloudEvents");
  const events: CloudEvent[] = [];
  for (const entry of value) {
    const read = structured(entry);
    if (read.kind === "unreadable") return read;
    events.push(read.value);
  }
  return { kind: "read", value: events };
}

function structured(value: Json): Read<CloudEvent> {
  const read = readShape(value, Structured, "CloudEvent 1.0");
  if (read.kind === "unreadable") return read;
  const { data_base64: encoded, data = null, ...rest } = read.value;
  if (encoded !== undefined) return withData(rest, encoded);
  return opened({ ...attributesOf(rest), data });
}

type Attributes = Omit<CloudEvent, "data">;

function attributesOf({ id, source, type, subject, time }: Attributes): Attributes {
  return { id, source, type, subject, time };
}

function withData(attributes: Attributes, encoded: string): Read<CloudEvent> {
  const data = readJson(Buffer.from(encoded, "base64"));
  if (data.kind === "unreadable") return unreadable("the data of the event is no JSON");
  return { kind: "read", value: { ...attributesOf(attributes), data: data.value } };
}

function binary(headers: Delivery["headers"], data: Json): Read<CloudEvent> {
  const attribute = (name: string): string => decoded(loneHeader(headers, `ce-${name}`) ?? "");
  const names = ["specversion", "id", "source", "type", "subject", "time"];
  return structured({ ...Object.fromEntries(names.map((name) => [name, attribute(name)])), data });
}

/** Whatever is no ASCII is written in percent signs in headers. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** What Amazon EventBridge sends, in the words of CloudEvents. */
export function eventBridge(value: JsonMap): Read<CloudEvent> {
  const read = readShape(value, EventBridge, "event of EventBridge");
  if (read.kind === "unreadable") return read;
  const { "detail-type": type, id, source, time, account, region, resources, detail } = read.value;
  const subject = resources[0] ?? "";
  return { kind: "read", value: { id, source, type, subject, time, data: detail, aws: { account, region } } };
}

/** Eventarc sends as a CloudEvent what Pub/Sub sends by itself: the message is inside of it either way. */
function opened(event: CloudEvent): Read<CloudEvent> {
  if (event.type !== PUBSUB_TYPE || !isJsonMap(event.data)) return { kind: "read", value: event };
  const { message } = event.data;
  if (!isJsonMap(message) || typeof message["data"] !== "string") return { kind: "read", value: event };
  return withData(event, message["data"]);
}

function pubSub(value: JsonMap): Read<CloudEvent> {
  const read = readShape(value, PubSub, "message of Pub/Sub");
  if (read.kind === "unreadable") return read;
  const { subscription, message } = read.value;
  const text = Buffer.from(message.data, "base64").toString("utf8");
  const data = readJsonText(text, "the data of the message");
  if (data.kind === "unreadable") return data;
  const { messageId: id, publishTime: time } = message;
  return { kind: "read", value: { id, source: subscription, type: PUBSUB_TYPE, subject: "", time, data: data.value } };
}
