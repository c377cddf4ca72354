import { z } from "zod";

import { readJsonMap, type Read } from "./read-json.ts";
import { readShape } from "./read-shape.ts";

/** What Amazon SNS posts to an HTTP endpoint; names are those of Amazon. */
const SnsMessageSchema = z.looseObject({
  Type: z.enum(["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]),
  MessageId: z.string().min(1).max(200),
  TopicArn: z.string().min(1).max(500),
  Message: z.string(),
  Subject: z.string().nullish(),
  Timestamp: z.string().min(1).max(100),
  Token: z.string().max(4000).optional(),
  SubscribeURL: z.string().max(4000).optional(),
  SignatureVersion: z.enum(["1", "2"]),
  Signature: z.string().min(1).max(4000),
  SigningCertURL: z.string().min(1).max(2000),
});
export type SnsMessage = z.infer<typeof SnsMessageSchema>;

export function readSnsMessage(body: Uint8Array): Read<SnsMessage> {
  const payload = readJsonMap(body);
  return payload.kind === "unreadable" ? payload : readShape(payload.value, SnsMessageSchema, "message of SNS");
}

/**
 * What is signed: names and values of these fields, each on a line, in this order. A subject is left out where there is none.
 */
export function signedText(message: SnsMessage): string {
  const { Type, MessageId, TopicArn, Message, Subject, Timestamp, Token, SubscribeURL } = message;
  const fields =
    Type === "Notification"
      ? { Message, MessageId, Subject, Timestamp, TopicArn, Type }
      : { Message, MessageId, SubscribeURL, Timestamp, Token, TopicArn, Type };
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}\n${value}\n`)
    .join("");
}
