import { describe, expect, it } from "vitest";

import { readSnsMessage, signedText, type SnsMessage } from "../../../../src/triggers/kinds/sns-message.ts";
import { SNS_TOPIC, triggerFixture, withPart } from "../../../support/trigger-samples.ts";

function messageOf(body: Buffer): SnsMessage {
  const read = readSnsMessage(body);
  if (read.kind === "unreadable") throw new Error(read.reason);
  return read.value;
}

describe("what Amazon signs", () => {
  it("is each field of a notification with its name, in the order of the names", () => {
    const message = messageOf(withPart("sns/notification", "Message", "Hello\nthere"));
    expect(signedText(message)).toBe(
      [
        "Message\nHello\nthere",
        "MessageId\n22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "Subject\nAmazon S3 Notification",
        "Timestamp\n2026-01-01T09:59:28.500Z",
        `TopicArn\n${SNS_TOPIC}`,
        "Type\nNotification\n",
      ].join("\n"),
    );
  });

  it.each([null, undefined])("leaves the subject out where it is %s", (subject) => {
    const text = signedText(messageOf(withPart("sns/notification", "Subject", subject)));
    expect(text).toMatch(/\nMessageId\n22b80b92-[^\n]*\nTimestamp\n/u);
    expect(text).not.toContain("Subject");
  });

  it.each(["SubscriptionConfirmation", "UnsubscribeConfirmation"])("is another list of fields of a %s", (type) => {
    const text = signedText(messageOf(withPart("sns/subscription-confirmation", "Type", type)));
    const lines = text.split("\n");
    const names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
    expect(lines.filter((line) => names.includes(line))).toEqual(names);
    expect(text.endsWith(`\nType\n${type}\n`)).toBe(true);
  });

  it.each(["Signature", "SigningCertURL", "Message", "TopicArn", "Timestamp", "MessageId", "SignatureVersion", "Type"])(
    "cannot be known without %s",
    (name) => {
      expect(readSnsMessage(withPart("sns/notification", name, undefined))).toMatchObject({ kind: "unreadable" });
    },
  );

  it("is read of messages that are there", () => {
    expect(messageOf(triggerFixture("sns/notification"))).toMatchObject({ Type: "Notification" });
    expect(readSnsMessage(withPart("sns/notification", "SignatureVersion", "3"))).toMatchObject({ kind: "unreadable" });
  });
});
