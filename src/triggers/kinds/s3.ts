import { z } from "zod";

import type { TriggerKind } from "../trigger-kind.ts";
import { deliveryId } from "./delivery-id.ts";
import { readingOf, type Fact } from "./fact.ts";
import { ProofSettings } from "./proof-settings.ts";
import { readJsonMap } from "./read-json.ts";
import { EventObject, readObjects, type ObjectReading } from "./s3-object.ts";
import { admitSender, verifySender } from "./sender-proof.ts";

const Settings = z.strictObject({
  proof: ProofSettings.prefault({ kind: "bearer" }).meta({
    description: "How the sender proves that it knows the secret",
  }),
});
type Settings = z.infer<typeof Settings>;

const S3Event = z.strictObject({
  kind: z.enum(["created", "removed"]).meta({ description: "What happened to the object" }),
  action: z.string().meta({ description: "The same as S3 calls it: `ObjectCreated:Put`, `Object Created`…" }),
  object: EventObject.meta({ description: "The object" }),
});

/** Objects in S3 by an API destination of EventBridge, in MinIO, and in whatever sends the same notifications. */
export const s3Kind: TriggerKind<Settings> = {
  name: "s3",
  summary: "Objects in MinIO, and in Amazon S3 by EventBridge",
  settings: Settings,
  event: S3Event,
  proof: "secret",
  contentTypes: ["application/json"],
  admit: (head, { settings }) => admitSender(head, settings.proof),
  verify: (delivery, { settings, secrets }) => verifySender(delivery, settings.proof, secrets),
  read({ body }) {
    const payload = readJsonMap(body);
    if (payload.kind === "unreadable") return payload;
    const { id } = payload.value;
    const stated = "detail-type" in payload.value && typeof id === "string" ? id : undefined;
    return readingOf(
      deliveryId(stated, body),
      readObjects(payload.value).map((entry) => factOf(entry)),
    );
  },
};

function factOf(entry: ObjectReading): Fact {
  if (entry.kind !== "object") return entry;
  const { kind, action, object, ...rest } = entry.fact;
  const event: z.infer<typeof S3Event> = { kind, action, object };
  return { kind: "fact", fact: { event, ...rest } };
}
