import { describe, expect, it } from "vitest";

import type { FetchText, FetchedText } from "../../../../src/triggers/kinds/fetch-text-port.ts";
import { snsKind } from "../../../../src/triggers/kinds/sns.ts";
import type { Reading } from "../../../../src/triggers/trigger-kind.ts";
import {
  ARRIVES_AT,
  eventsOf,
  SECRET,
  signedByAmazon,
  SNS_CERTIFICATE,
  SNS_CERTIFICATE_ADDRESS,
  SNS_TOPIC,
  snsHeaders,
  triggerFixture,
  withPart,
} from "../../../support/trigger-samples.ts";

const MINUTE = 60_000;
const settings = { topics: [SNS_TOPIC] };
const proofs = { settings, secrets: [] };
const CONFIRM = `https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${SNS_TOPIC}&Token=2336412f37fb687f5d51e6e2425e90`;

/** A kind whose requests are answered from a list, and written down. */
function kindWith(answers: Readonly<Record<string, FetchedText>> = {}) {
  const asked: string[] = [];
  const certificate: FetchedText = { kind: "text", text: SNS_CERTIFICATE };
  const all: Readonly<Record<string, FetchedText>> = { [SNS_CERTIFICATE_ADDRESS]: certificate, ...answers };
  const fetchText: FetchText = (address) => {
    asked.push(address);
    return Promise.resolve(all[address] ?? { kind: "failed", isPassing: false, reason: "it was answered with 403" });
  };
  return { kind: snsKind({ fetchText }), asked };
}

function delivery(body: Buffer, { at = ARRIVES_AT, headers = snsHeaders() } = {}) {
  return { headers, query: "", body, at };
}

const signed = (path: string, value: unknown, fixture = "sns/notification") =>
  signedByAmazon(withPart(fixture, path, value), SECRET);

async function read(body: Buffer): Promise<Reading> {
  return kindWith().kind.read(delivery(body), settings);
}

describe("the signature of SNS", () => {
  it.each(["1", "2"])("is checked in version %s", async (version) => {
    const { kind } = kindWith();
    const body = signed("SignatureVersion", version);
    expect(await kind.verify(delivery(body), proofs)).toBeUndefined();
    const changed = Buffer.from(body.toString("utf8").replace("été", "ete").replace("acme-releases", "acme-others"));
    expect(await kind.verify(delivery(changed), proofs)).toBe("signature");
  });

  it("covers a message with and without a subject, and a confirmation", async () => {
    const { kind } = kindWith();
    for (const subject of [null, undefined, "", "Hello"]) {
      expect(await kind.verify(delivery(signed("Subject", subject)), proofs)).toBeUndefined();
    }
    const confirmation = signedByAmazon(triggerFixture("sns/subscription-confirmation"), SECRET);
    expect(await kind.verify(delivery(confirmation), proofs)).toBeUndefined();
    const moved = Buffer.from(confirmation.toString("utf8").replace("Token=2336", "Token=9999"));
    expect(await kind.verify(delivery(moved), proofs)).toBe("signature");
  });

  it.each([
    "http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
    "https://sns.eu-central-1.amazonaws.com.evil.example/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
    "https://evil.example/sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
    "https://mallory.s3.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
    "https://sns.eu-central-1.amazonaws.com@evil.example/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
    "https://user:x@sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
    "https://sns.eu-central-1.amazonaws.com:8443/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
    "https://sns.eu-central-1.amazonaws.com/other.pem",
    "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem?x=1",
    "https://sns.eu-central-1.amazonaws.com/x/../y.pem",
    "file:///etc/passwd",
    "x",
  ])("asks nobody for the certificate %s", async (address) => {
    const { kind, asked } = kindWith();
    expect(await kind.verify(delivery(signed("SigningCertURL", address)), proofs)).toBe("signature");
    expect(asked).toEqual([]);
  });

  it("fetches a certificate once, also for many at the same time", async () => {
    const { kind, asked } = kindWith();
    const body = signed("Subject", "x");
    const all = await Promise.all(Array.from({ length: 20 }, async () => kind.verify(delivery(body), proofs)));
    expect(new Set(all)).toEqual(new Set([undefined]));
    await kind.verify(delivery(body), proofs);
    expect(asked).toEqual([SNS_CERTIFICATE_ADDRESS]);
  });

  it("asks again later where the certificate could not be had, so that Amazon sends the message again", async () => {
    const { kind, asked } = kindWith({ [SNS_CERTIFICATE_ADDRESS]: { kind: "failed", isPassing: true, reason: "503" } });
    const body = signed("Subject", "x");
    await expect(kind.verify(delivery(body), proofs)).rejects.toMatchObject({
      code: "sns.certificate",
      retry: "backoff",
    });
    await expect(kind.verify(delivery(body), proofs)).rejects.toMatchObject({ code: "sns.certificate" });
    expect(asked).toHaveLength(2);
  });

  it("asks for few certificates in a minute that are not there", async () => {
    const { kind, asked } = kindWith();
    const strange = (index: number) =>
      signed("SigningCertURL", SNS_CERTIFICATE_ADDRESS.replace("0123456789abcdef", `${index}`.padStart(16, "0")));
    for (let index = 0; index < 10; index += 1) {
      expect(await kind.verify(delivery(strange(index)), proofs)).toBe("signature");
    }
    await expect(kind.verify(delivery(strange(10)), proofs)).rejects.toMatchObject({ code: "sns.certificate" });
    expect(asked).toHaveLength(10);
    expect(await kind.verify(delivery(strange(11), { at: ARRIVES_AT + MINUTE }), proofs)).toBe("signature");
  });

  it("keeps the newest fifty certificates", async () => {
    const addressOf = (index: number) =>
      SNS_CERTIFICATE_ADDRESS.replace("0123456789abcdef", `${index}`.padStart(16, "0"));
    const indexes = Array.from({ length: 51 }, (_, index) => index);
    const { kind, asked } = kindWith(
      Object.fromEntries(indexes.map((index) => [addressOf(index), { kind: "text", text: SNS_CERTIFICATE }])),
    );
    const verify = async (index: number) => {
      const body = signed("SigningCertURL", addressOf(index));
      return kind.verify(delivery(body, { at: ARRIVES_AT + index * 10_000 }), proofs);
    };
    for (const index of indexes) expect(await verify(index)).toBeUndefined();
    expect(asked).toHaveLength(51);
    await verify(50);
    expect(asked).toHaveLength(51);
    await verify(0);
    expect(asked).toHaveLength(52);
  });

  it("does not take a certificate that is none, or over, or not yet good", async () => {
    const { kind } = kindWith({ [SNS_CERTIFICATE_ADDRESS]: { kind: "text", text: "no certificate" } });
    expect(await kind.verify(delivery(signed("Subject", "x")), proofs)).toBe("signature");
    for (const days of [-2, 2]) {
      const at = ARRIVES_AT + days * 24 * 60 * MINUTE;
      const body = signed("Timestamp", new Date(at).toISOString());
      expect(await kindWith().kind.verify(delivery(body, { at }), proofs)).toBe("signature");
    }
  });

  it("is good for as long as Amazon tries again, and not before its time", async () => {
    const { kind } = kindWith();
    const body = signed("Subject", "x");
    const signedAt = Date.UTC(2026, 0, 1, 9, 59, 28, 500);
    const after = async (minutes: number) => kind.verify(delivery(body, { at: signedAt + minutes * MINUTE }), proofs);
    expect(await after(65)).toBeUndefined();
    expect(await after(65.1)).toBe("time");
    expect(await after(-5)).toBeUndefined();
    expect(await after(-5.1)).toBe("time");
  });

  it("does not count for topics of others, nor for raw messages", async () => {
    const { kind, asked } = kindWith();
    const other = SNS_TOPIC.replace("123456789012", "999999999999");
    const body = signed("TopicArn", other);
    expect(await kind.verify(delivery(body), proofs)).toBe("signature");
    expect(kind.admit({ ...delivery(body), headers: { ...snsHeaders(), "x-amz-sns-topic-arn": other } }, proofs)).toBe(
      "signature",
    );
    expect(
      kind.admit({ ...delivery(body), headers: { ...snsHeaders(), "x-amz-sns-rawdelivery": "true" } }, proofs),
    ).toBe("unsigned");
    expect(asked).toEqual([]);
  });
});

describe("what SNS says", () => {
  it("is an object of S3", async () => {
    expect(eventsOf(await read(triggerFixtureSigned()))).toMatchObject([
      {
        event: {
          topic: SNS_TOPIC,
          subject: "Amazon S3 Notification",
          kind: "created",
          object: { bucket: "acme-releases", key: "checkout/build 7/été.tar.gz", size: 1024 },
          image: { digest: "" },
        },
        says: "acme-releases/checkout/build 7/été.tar.gz was created",
        happenedAt: Date.UTC(2026, 0, 1, 9, 59, 27),
      },
    ]);
  });

  it("is an image of ECR, with its digest or not at all", async () => {
    const ecr = triggerFixture("cloudevents/ecr-eventbridge").toString("utf8");
    expect(eventsOf(await read(signed("Message", ecr)))).toMatchObject([
      {
        event: {
          kind: "image",
          image: { repository: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/checkout", tag: "1.4.0" },
        },
      },
    ]);
    expect(await read(signed("Message", ecr.replace("image-digest", "x")))).toMatchObject({ kind: "nothing" });
  });

  it("is any message, as JSON where it is some", async () => {
    expect(eventsOf(await read(signed("Message", '{"a":1}')))).toMatchObject([
      { event: { kind: "message", message: { a: 1 }, object: { key: "" } } },
    ]);
    expect(eventsOf(await read(signed("Message", "Hello")))).toMatchObject([{ event: { message: "Hello" } }]);
    expect(eventsOf(await read(signed("Message", '{"__proto__":1}')))).toMatchObject([
      { event: { message: '{"__proto__":1}' } },
    ]);
  });

  it("is nothing for a test event and for the end of a subscription", async () => {
    const test = signed("Message", '{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"acme-releases"}');
    expect(await read(test)).toMatchObject({ kind: "nothing", reason: expect.stringContaining("test event") });
    const end = signed("Type", "UnsubscribeConfirmation", "sns/subscription-confirmation");
    expect(await read(end)).toMatchObject({ kind: "nothing", reason: expect.stringContaining("was ended") });
  });

  it("is the same delivery when Amazon sends it again", async () => {
    expect(await read(triggerFixtureSigned())).toMatchObject({ delivery: "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324" });
  });
});

describe("a subscription to a topic", () => {
  const confirmation = () => signedByAmazon(triggerFixture("sns/subscription-confirmation"), SECRET);

  it("is confirmed by asking for the address that Amazon names", async () => {
    const { kind, asked } = kindWith({ [CONFIRM]: { kind: "text", text: "<ConfirmSubscriptionResponse/>" } });
    expect(await kind.read(delivery(confirmation()), settings)).toMatchObject({
      kind: "handshake",
      answer: { status: 200 },
    });
    expect(asked).toEqual([CONFIRM]);
  });

  it("is asked for again where Amazon does not take the confirmation", async () => {
    expect(await kindWith().kind.read(delivery(confirmation()), settings)).toMatchObject({
      kind: "handshake",
      answer: { status: 502 },
    });
  });

  it.each([
    CONFIRM.replace("https:", "http:"),
    CONFIRM.replace("sns.eu-central-1.amazonaws.com", "169.254.169.254"),
    CONFIRM.replace("amazonaws.com", "amazonaws.com.evil.example"),
    CONFIRM.replace("ConfirmSubscription", "DeleteTopic"),
    CONFIRM.replace("Action=ConfirmSubscription", "Action=ConfirmSubscription&Action=DeleteTopic"),
    CONFIRM.replace(SNS_TOPIC, SNS_TOPIC.replace("releases", "others")),
    CONFIRM.replace("/?", "/admin?"),
    "",
  ])("asks nobody for %s", async (address) => {
    const { kind, asked } = kindWith();
    const body = signed("SubscribeURL", address, "sns/subscription-confirmation");
    expect(await kind.read(delivery(body), settings)).toMatchObject({ kind: "unreadable" });
    expect(asked).toEqual([]);
  });

  it.each([{}, { topics: [] }, { topics: ["releases"] }, { topics: ["arn:aws:sqs:eu-central-1:123456789012:x"] }])(
    "is not taken with the settings %j",
    (wrong) => {
      expect(kindWith().kind.settings.safeParse(wrong).success).toBe(false);
    },
  );
});

function triggerFixtureSigned(): Buffer {
  return signedByAmazon(triggerFixture("sns/notification"), SECRET);
}
