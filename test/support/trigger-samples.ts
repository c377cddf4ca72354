import { createHmac, createSign } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";

import { argoEventsKind } from "../../src/triggers/kinds/argo-events.ts";
import { argocdNotificationsKind } from "../../src/triggers/kinds/argocd-notifications.ts";
import { cloudeventsKind } from "../../src/triggers/kinds/cloudevents.ts";
import { dockerHubKind } from "../../src/triggers/kinds/docker-hub.ts";
import { genericKind } from "../../src/triggers/kinds/generic.ts";
import { githubKind } from "../../src/triggers/kinds/github.ts";
import { gitlabKind } from "../../src/triggers/kinds/gitlab.ts";
import { harborKind } from "../../src/triggers/kinds/harbor.ts";
import { ociKind } from "../../src/triggers/kinds/oci.ts";
import { quayKind } from "../../src/triggers/kinds/quay.ts";
import { s3Kind } from "../../src/triggers/kinds/s3.ts";
import { readSnsMessage, signedText } from "../../src/triggers/kinds/sns-message.ts";
import { snsKind } from "../../src/triggers/kinds/sns.ts";
import { terraformCloudKind } from "../../src/triggers/kinds/terraform-cloud.ts";
import type { Delivery, Proofs, Reading, TriggerEvent, TriggerKind } from "../../src/triggers/trigger-kind.ts";
import { createSelfSignedCertificate } from "./self-signed-certificate.ts";

/** When the deliveries of the samples arrive: a few seconds after what they tell of. */
export const ARRIVES_AT = Date.UTC(2026, 0, 1, 10);

export const SECRET = "correct horse battery staple";

/** The bytes of a payload in test/fixtures/triggers. */
export function triggerFixture(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/triggers/${name}.json`, import.meta.url));
}

/** A JSON value that tests reach into and change. */
interface Loose {
  [key: string]: Loose;
}

/** The payload with what a path such as `release.draft` names set to something else; of a fixture by its name. */
export function withPart(of: string | Buffer, path: string, value: unknown): Buffer {
  const payload: Loose = JSON.parse((typeof of === "string" ? triggerFixture(of) : of).toString("utf8"));
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let part = payload;
  for (const key of keys) part = part[key] ?? {};
  Object.assign(part, { [last]: value });
  return Buffer.from(JSON.stringify(payload));
}

/** How one vendor sends: a true delivery, and the headers with which it would send any body. */
export interface TriggerSample {
  readonly title: string;
  readonly kind: TriggerKind;
  /** What stands under `with:`. */
  readonly with: unknown;
  readonly body: Buffer;
  readonly headers: (body: Buffer, secret: string) => IncomingHttpHeaders;
  readonly query?: (secret: string) => string;
  /** The headers without which it proves nothing; none where the proof stands in the address. */
  readonly proofHeaders: readonly string[];
  /** The header whose value says nothing but which delivery it is. */
  readonly deliveryHeader?: string;
  /** Whether a true delivery starts nothing, because the vendor does not send what is needed. */
  readonly isIdle?: boolean;
  /** Whether what proves it stands in the body, which is made anew for it. */
  readonly signs?: (body: Buffer, secret: string) => Buffer;
  /** Whether the moment of signing is a part of what is signed. */
  readonly isTimed?: boolean;
}

const JSON_TYPE = { "content-type": "application/json" };
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
const hmac = (algorithm: string, secret: string, ...parts: readonly (string | Buffer)[]) => {
  const digest = createHmac(algorithm, secret);
  for (const part of parts) digest.update(part);
  return digest;
};

export function githubHeaders(event: string) {
  return (body: Buffer, secret: string): IncomingHttpHeaders => ({
    ...JSON_TYPE,
    "user-agent": "GitHub-Hookshot/044aadd",
    "x-github-event": event,
    "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    "x-hub-signature-256": `sha256=${hmac("sha256", secret, body).digest("hex")}`,
  });
}

export function standardHeaders(body: Buffer, secret: string, { isText = false } = {}): IncomingHttpHeaders {
  const seconds = ARRIVES_AT / 1000;
  const id = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
  const key = secret.startsWith("whsec_") && !isText ? Buffer.from(secret.slice(6), "base64") : secret;
  const digest = createHmac("sha256", key).update(`${id}.${seconds}.`).update(body).digest("base64");
  const signature = `v1,${digest}`;
  return { ...JSON_TYPE, "webhook-id": id, "webhook-timestamp": `${seconds}`, "webhook-signature": signature };
}

export const SNS_TOPIC = "arn:aws:sns:eu-central-1:123456789012:releases";
export const SNS_CERTIFICATE_ADDRESS =
  "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";
const amazon = createSelfSignedCertificate("sns.amazonaws.com", ARRIVES_AT);
const somebodyElse = createSelfSignedCertificate("sns.amazonaws.com", ARRIVES_AT);
export const SNS_CERTIFICATE = amazon.cert;

/** Signs a message as Amazon does; with any other secret it is somebody else who signs. A body that is no message stays as it is. */
export function signedByAmazon(body: Buffer, secret: string): Buffer {
  const read = readSnsMessage(body);
  if (read.kind === "unreadable") return body;
  const sign = createSign(read.value.SignatureVersion === "2" ? "RSA-SHA256" : "RSA-SHA1");
  const key = secret === SECRET ? amazon.key : somebodyElse.key;
  const Signature = sign.update(signedText(read.value), "utf8").sign(key, "base64");
  return Buffer.from(JSON.stringify({ ...read.value, Signature }));
}

export function snsHeaders(type = "Notification"): IncomingHttpHeaders {
  return {
    "content-type": "text/plain; charset=UTF-8",
    "x-amz-sns-message-type": type,
    "x-amz-sns-message-id": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
    "x-amz-sns-topic-arn": SNS_TOPIC,
    "user-agent": "Amazon Simple Notification Service Agent",
  };
}

/** One true delivery of every kind, and of every way in which it proves itself. */
export const TRIGGER_SAMPLES: readonly TriggerSample[] = [
  {
    title: "github",
    proofHeaders: ["x-hub-signature-256"],
    kind: githubKind,
    with: {},
    body: triggerFixture("github/workflow_run"),
    headers: githubHeaders("workflow_run"),
    deliveryHeader: "x-github-delivery",
  },
  {
    title: "gitlab with a secret token",
    proofHeaders: ["x-gitlab-token"],
    kind: gitlabKind,
    with: {},
    body: triggerFixture("gitlab/pipeline"),
    headers: (_, secret) => ({
      ...JSON_TYPE,
      "x-gitlab-event": "Pipeline Hook",
      "x-gitlab-event-uuid": "13792a34-cac6-4fda-95a8-c58e00a3954e",
      "idempotency-key": "f5e57c60-4f12-4f8c-8a3b-9d0d1f0f3c11",
      "x-gitlab-token": secret,
    }),
    deliveryHeader: "idempotency-key",
  },
  {
    title: "gitlab with a signing token",
    proofHeaders: ["webhook-id", "webhook-timestamp", "webhook-signature"],
    kind: gitlabKind,
    with: { signed: true },
    body: triggerFixture("gitlab/push"),
    headers: (body, secret) => standardHeaders(body, secret),
    isTimed: true,
  },
  {
    title: "harbor",
    proofHeaders: ["authorization"],
    kind: harborKind,
    with: {},
    body: triggerFixture("harbor/push-artifact"),
    headers: (_, secret) => ({ ...JSON_TYPE, authorization: secret }),
  },
  {
    title: "harbor with CloudEvents",
    proofHeaders: ["authorization"],
    kind: harborKind,
    with: {},
    body: triggerFixture("harbor/push-artifact.cloudevents"),
    headers: (_, secret) => ({ "content-type": "application/cloudevents+json", ...bearer(secret) }),
  },
  {
    title: "oci",
    proofHeaders: ["authorization"],
    kind: ociKind,
    with: { registry: "registry.acme.example" },
    body: triggerFixture("oci/envelope"),
    headers: (_, secret) => ({
      "content-type": "application/vnd.docker.distribution.events.v2+json",
      ...bearer(secret),
    }),
  },
  {
    title: "oci from Azure",
    proofHeaders: ["authorization"],
    kind: ociKind,
    with: { registry: "acme.azurecr.io" },
    body: triggerFixture("oci/azure"),
    headers: (_, secret) => ({ ...JSON_TYPE, ...bearer(secret) }),
  },
  {
    title: "cloudevents, structured",
    proofHeaders: ["authorization"],
    kind: cloudeventsKind,
    with: { proof: { kind: "bearer" } },
    body: triggerFixture("cloudevents/structured"),
    headers: (_, secret) => ({ "content-type": "application/cloudevents+json; charset=UTF-8", ...bearer(secret) }),
  },
  {
    title: "cloudevents of EventBridge with an API key",
    proofHeaders: ["x-api-key"],
    kind: cloudeventsKind,
    with: { proof: { kind: "header", header: "X-Api-Key" } },
    body: triggerFixture("cloudevents/ecr-eventbridge"),
    headers: (_, secret) => ({ ...JSON_TYPE, "x-api-key": secret }),
  },
  {
    title: "cloudevents of Pub/Sub with a token in the address",
    proofHeaders: [],
    kind: cloudeventsKind,
    with: { proof: { kind: "query" } },
    body: triggerFixture("cloudevents/artifact-registry-pubsub"),
    headers: () => JSON_TYPE,
    query: (secret) => new URLSearchParams({ token: secret }).toString(),
  },
  {
    title: "generic with a signature",
    proofHeaders: ["x-signature"],
    kind: genericKind,
    with: {
      proof: { kind: "hmac", header: "X-Signature", algorithm: "sha512", encoding: "base64", prefix: "v1=" },
      "delivery-header": "X-Delivery",
      headers: ["X-Event"],
      identity: ["build.id", "build.state"],
      "happened-at": "build.at",
      "caused-by": ["build.by"],
    },
    body: triggerFixture("generic/build"),
    headers: (body, secret) => ({
      ...JSON_TYPE,
      "x-event": "build",
      "x-delivery": "d-812",
      "x-signature": `v1=${hmac("sha512", secret, body).digest("base64")}`,
    }),
    deliveryHeader: "x-delivery",
  },
  {
    title: "generic with a signature that has a moment",
    proofHeaders: ["x-signature", "x-timestamp"],
    kind: genericKind,
    with: { proof: { kind: "hmac", header: "x-signature", "timestamp-header": "x-timestamp" } },
    body: triggerFixture("generic/build"),
    headers: (body, secret) => ({
      ...JSON_TYPE,
      "x-timestamp": `${ARRIVES_AT / 1000}`,
      "x-signature": hmac("sha256", secret, `${ARRIVES_AT / 1000}.`, body).digest("hex"),
    }),
    isTimed: true,
  },
  {
    title: "docker-hub",
    proofHeaders: [],
    kind: dockerHubKind,
    with: {},
    body: triggerFixture("docker-hub/push"),
    headers: () => JSON_TYPE,
    query: (secret) => new URLSearchParams({ token: secret }).toString(),
    isIdle: true,
  },
  {
    title: "quay",
    proofHeaders: [],
    kind: quayKind,
    with: {},
    body: triggerFixture("quay/repo-push"),
    headers: () => JSON_TYPE,
    query: (secret) => new URLSearchParams({ token: secret }).toString(),
    isIdle: true,
  },
  {
    title: "terraform-cloud",
    proofHeaders: ["x-tfe-notification-signature"],
    kind: terraformCloudKind,
    with: {},
    body: triggerFixture("terraform-cloud/run"),
    headers: (body, secret) => ({
      ...JSON_TYPE,
      "x-tfe-notification-signature": hmac("sha512", secret, body).digest("hex"),
    }),
  },
  {
    title: "argocd-notifications",
    proofHeaders: ["authorization"],
    kind: argocdNotificationsKind,
    with: {},
    body: triggerFixture("argocd-notifications/operation"),
    headers: (_, secret) => ({
      ...JSON_TYPE,
      authorization: `Basic ${Buffer.from(`argocd:${secret}`).toString("base64")}`,
    }),
  },
  {
    title: "argo-events",
    proofHeaders: ["authorization"],
    kind: argoEventsKind,
    with: {},
    body: triggerFixture("argo-events/sensor"),
    headers: (_, secret) => ({ ...JSON_TYPE, ...bearer(secret) }),
  },
  {
    title: "s3 from MinIO",
    proofHeaders: ["authorization"],
    kind: s3Kind,
    with: {},
    body: withPart("s3/minio/put", "Records.0.eventTime", "2026-01-01T09:59:27.000Z"),
    headers: (_, secret) => ({ ...JSON_TYPE, ...bearer(secret) }),
  },
  {
    title: "s3 by EventBridge",
    proofHeaders: ["x-api-key"],
    kind: s3Kind,
    with: { proof: { kind: "header", header: "x-api-key" } },
    body: triggerFixture("s3/eventbridge"),
    headers: (_, secret) => ({ ...JSON_TYPE, "x-api-key": secret }),
  },
  {
    title: "sns",
    proofHeaders: ["x-amz-sns-topic-arn"],
    kind: snsKind({
      fetchText: (address) =>
        Promise.resolve(
          address === SNS_CERTIFICATE_ADDRESS
            ? { kind: "text", text: amazon.cert }
            : { kind: "failed", isPassing: false, reason: "it was answered with 403" },
        ),
    }),
    with: { topics: [SNS_TOPIC] },
    body: triggerFixture("sns/notification"),
    headers: () => snsHeaders(),
    signs: signedByAmazon,
  },
];

/** What the desk gives a kind: the settings as the kind reads them, and the secrets. */
export function proofsOf(sample: Pick<TriggerSample, "kind" | "with">, secrets = [SECRET]): Proofs<unknown> {
  return { settings: sample.kind.settings.parse(sample.with), secrets };
}

/** A delivery as the vendor would send it. */
export function delivered(
  { headers, query, signs, body: trueBody }: Pick<TriggerSample, "headers" | "query" | "body" | "signs">,
  { secret = SECRET, body = trueBody, at = ARRIVES_AT }: { secret?: string; body?: Buffer; at?: number } = {},
): Delivery {
  const sent = signs?.(body, secret) ?? body;
  return { headers: headers(sent, secret), query: query?.(secret) ?? "", body: sent, at };
}

/** The events of a reading; fails when there are none. */
export function eventsOf(reading: Reading): readonly TriggerEvent[] {
  if (reading.kind !== "events") throw new Error(`these are no events: ${JSON.stringify(reading)}`);
  return reading.events;
}
