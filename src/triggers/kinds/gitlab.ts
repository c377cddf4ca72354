import { z } from "zod";

import type { JsonMap } from "../../platform/canonical-json.ts";
import type { DeliveryHead, TriggerKind } from "../trigger-kind.ts";
import { deliveryId } from "./delivery-id.ts";
import { nothing, readingOf, type Fact } from "./fact.ts";
import { GitlabEvent } from "./gitlab-event.ts";
import { gitlabPipeline, gitlabPush } from "./gitlab-facts.ts";
import { loneHeader } from "./lone-header.ts";
import { oneLine } from "./one-line.ts";
import { readJsonMap } from "./read-json.ts";
import { admitSender, verifySender, type SenderProof } from "./sender-proof.ts";
import { hasStandardSignature } from "./standard-webhooks-proof.ts";

const Settings = z.strictObject({
  signed: z.boolean().default(false).meta({
    description: "Whether only webhooks with a signing token count, and not those that show the secret token",
  }),
});
type Settings = z.infer<typeof Settings>;

const READERS: Readonly<Record<string, (payload: JsonMap) => Fact>> = {
  push: gitlabPush,
  tag_push: gitlabPush,
  pipeline: gitlabPipeline,
};

/** Webhooks of a project or a group of GitLab, with a signing token or with a secret token. */
export const gitlabKind: TriggerKind<Settings> = {
  name: "gitlab",
  summary: "Pushes and pipelines of GitLab",
  settings: Settings,
  event: GitlabEvent,
  proof: "secret",
  contentTypes: ["application/json"],
  admit: (head, { settings }) => admitSender(head, proofOf(head, settings)),
  verify: (delivery, { settings, secrets }) => verifySender(delivery, proofOf(delivery, settings), secrets),
  read(delivery) {
    const payload = readJsonMap(delivery.body);
    if (payload.kind === "unreadable") return payload;
    const { object_kind: kind } = payload.value;
    const name = typeof kind === "string" ? kind : "";
    const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    const fact =
      reader?.(payload.value) ?? nothing(`nothing is read from the event ${oneLine(name) || "without a name"}`);
    return readingOf(idOf(delivery.headers, delivery.body), [fact]);
  },
};

/** A signature that is there has to be right, whatever else the sender shows. */
function proofOf({ headers }: DeliveryHead, { signed }: Settings): SenderProof {
  if (signed || hasStandardSignature(headers)) return { kind: "standard-webhooks" };
  return { kind: "header", header: "x-gitlab-token" };
}

function idOf(headers: DeliveryHead["headers"], body: Buffer): string {
  const same = loneHeader(headers, "webhook-id") ?? loneHeader(headers, "idempotency-key");
  const event = loneHeader(headers, "x-gitlab-event-uuid");
  // Webhooks that cause one another share the id of the event, so that it names a delivery only together with what it says.
  return deliveryId(same ?? (event === undefined ? undefined : `${event}:${deliveryId(undefined, body)}`), body);
}
