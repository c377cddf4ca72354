import { createVerify } from "node:crypto";

import { z } from "zod";

import { textAnswer } from "../../http/http-route.ts";
import { isJsonMap, type Json, type JsonMap } from "../../platform/canonical-json.ts";
import type { Delivery, DeliveryHead, Disbelief, Reading, TriggerKind } from "../trigger-kind.ts";
import { certificateAddress, confirmationAddress } from "./amazon-address.ts";
import { eventBridgeImage } from "./cloud-image.ts";
import { deliveryId } from "./delivery-id.ts";
import { eventTime } from "./event-time.ts";
import { nothing, readingOf, type Fact } from "./fact.ts";
import type { FetchText } from "./fetch-text-port.ts";
import { EventImage, NO_IMAGE } from "./image-event.ts";
import { imagePush } from "./image-push.ts";
import { loneHeader } from "./lone-header.ts";
import { oneLine } from "./one-line.ts";
import { readJsonText, unreadable } from "./read-json.ts";
import { EventObject, NO_OBJECT, readObjects } from "./s3-object.ts";
import { SnsCertificates } from "./sns-certificates.ts";
import { readSnsMessage, signedText, type SnsMessage } from "./sns-message.ts";

const Settings = z.strictObject({
  topics: z
    .array(
      z.string().regex(/^arn:aws(?:-[a-z-]+)?:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(?:\.fifo)?$/u, {
        error: "this is no ARN of a topic, such as `arn:aws:sns:eu-central-1:123456789012:releases`",
      }),
    )
    .min(1)
    .max(50)
    .meta({
      description: "The topics that count; Amazon signs for everybody, so that nothing else tells yours from others",
    }),
});
type Settings = z.infer<typeof Settings>;

const SnsEvent = z.strictObject({
  topic: z.string().meta({ description: "The ARN of the topic" }),
  subject: z.string().meta({ description: "The subject; empty where there is none" }),
  kind: z.enum(["created", "removed", "image", "message"]).meta({
    description: "`created` or `removed`: an object in S3. `image`: a push to ECR. `message`: anything else",
  }),
  object: EventObject.meta({ description: "The object, where S3 tells of one" }),
  image: EventImage.meta({ description: "The image, where ECR tells of one by EventBridge" }),
  message: z.custom<Json>().meta({ description: "The message: what its JSON says, or the text as it is" }),
});
type SnsEvent = z.infer<typeof SnsEvent>;

const CONFIRMATION = { mostBytes: 64 * 1024, timeoutMs: 5000 };
const MINUTE_MS = 60_000;
// Amazon tries again for at most an hour, with what it signed at the beginning.
const OLDEST_MS = 65 * MINUTE_MS;
const NEWEST_MS = 5 * MINUTE_MS;

/** Topics of Amazon SNS with an HTTPS subscription: S3, ECR by EventBridge, and messages of one's own. */
export function snsKind({ fetchText }: { readonly fetchText: FetchText }): TriggerKind<Settings> {
  const certificates = new SnsCertificates({ fetchText });
  return {
    name: "sns",
    summary: "Topics of Amazon SNS: objects in S3, images in ECR, messages of your own",
    settings: Settings,
    event: SnsEvent,
    proof: "own",
    // Amazon sends its JSON as text.
    contentTypes: ["text/plain", "application/json"],
    headers: ["x-amz-sns-topic-arn: arn:aws:sns:eu-central-1:123456789012:releases"],
    admit: (head, { settings }) => admitSns(head, settings),
    verify: (delivery, { settings }) => verifySns(delivery, settings, certificates),
    read: (delivery, settings) => readSns(delivery, settings, fetchText),
  };
}

function admitSns({ headers }: DeliveryHead, { topics }: Settings): Disbelief | undefined {
  const topic = loneHeader(headers, "x-amz-sns-topic-arn");
  // Raw messages are not signed.
  if (topic === undefined || headers["x-amz-sns-rawdelivery"] !== undefined) return "unsigned";
  return topics.includes(topic) ? undefined : "signature";
}

/** The signature covers parts of the body, so that it has to be parsed before; nothing is done with it but that. */
async function verifySns(
  delivery: Delivery,
  settings: Settings,
  certificates: SnsCertificates,
): Promise<Disbelief | undefined> {
  const refused = admitSns(delivery, settings);
  if (refused !== undefined) return refused;
  const read = readSnsMessage(delivery.body);
  if (read.kind === "unreadable") return "unsigned";
  const { value: message } = read;
  if (!settings.topics.includes(message.TopicArn)) return "signature";
  const address = certificateAddress(message.SigningCertURL);
  const signedAt = eventTime(message.Timestamp);
  if (address === undefined || signedAt === undefined) return "signature";
  if (delivery.at - signedAt > OLDEST_MS || signedAt - delivery.at > NEWEST_MS) return "time";
  const key = await certificates.keyOf(address, delivery.at);
  if (key === undefined) return "signature";
  const verify = createVerify(message.SignatureVersion === "2" ? "RSA-SHA256" : "RSA-SHA1");
  return verify.update(signedText(message), "utf8").verify(key, message.Signature, "base64") ? undefined : "signature";
}

async function readSns(delivery: Delivery, settings: Settings, fetchText: FetchText): Promise<Reading> {
  const read = readSnsMessage(delivery.body);
  if (read.kind === "unreadable") return read;
  const { value: message } = read;
  const id = deliveryId(message.MessageId, delivery.body);
  switch (message.Type) {
    case "SubscriptionConfirmation":
      return await confirm(message, settings, fetchText);
    case "UnsubscribeConfirmation":
      return readingOf(id, [nothing(`the subscription to ${message.TopicArn} was ended`)]);
    case "Notification":
      return readingOf(id, factsOf(message));
  }
}

/** Who subscribes an address to a topic has to show that it wants that: by asking for the address that Amazon sends. */
async function confirm(message: SnsMessage, { topics }: Settings, fetchText: FetchText): Promise<Reading> {
  const { TopicArn: topic, SubscribeURL: stated = "" } = message;
  const address = topics.includes(topic) ? confirmationAddress(stated, topic) : undefined;
  if (address === undefined) return unreadable("this is no confirmation of a subscription to a topic that counts");
  const answer = await fetchText(address, CONFIRMATION);
  if (answer.kind === "text") return { kind: "handshake", answer: textAnswer(200, "It is confirmed.") };
  return { kind: "handshake", answer: textAnswer(502, "Amazon did not take the confirmation; send it again.") };
}

function factsOf(message: SnsMessage): readonly Fact[] {
  const { TopicArn: topic, Message: text, Subject } = message;
  const parsed = readJsonText(text, "the message");
  const content: Json = parsed.kind === "read" ? parsed.value : text;
  const base: SnsEvent = {
    topic,
    subject: Subject ?? "",
    kind: "message",
    object: NO_OBJECT,
    image: NO_IMAGE,
    message: content,
  };
  if (isJsonMap(content) && isOfObjects(content)) return objectFacts(content, base);
  const image = isJsonMap(content) ? eventBridgeImage(content) : undefined;
  if (image?.kind === "none") return [nothing(image.reason)];
  if (image?.kind === "image") {
    const event: SnsEvent = { ...base, kind: "image", image: image.image };
    return [imagePush(event, { happenedAt: eventTime(message.Timestamp) })];
  }
  const says = oneLine(`${base.subject || "A message"} came by ${topic}`);
  return [
    { kind: "fact", fact: { event: base, content: [topic, content], says, happenedAt: eventTime(message.Timestamp) } },
  ];
}

function isOfObjects(content: JsonMap): boolean {
  if (content["Event"] === "s3:TestEvent" || content["source"] === "aws.s3") return true;
  const { Records: records } = content;
  return Array.isArray(records) && records.every((record: Json) => isJsonMap(record) && "s3" in record);
}

function objectFacts(content: JsonMap, base: SnsEvent): readonly Fact[] {
  return readObjects(content).map((entry): Fact => {
    if (entry.kind !== "object") return entry;
    const { kind, action: _action, object, ...rest } = entry.fact;
    const event: SnsEvent = { ...base, kind, object };
    return { kind: "fact", fact: { event, ...rest } };
  });
}
