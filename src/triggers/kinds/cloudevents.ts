import { z } from "zod";

import type { Json } from "../../platform/canonical-json.ts";
import type { TriggerKind } from "../trigger-kind.ts";
import { BATCH, isBinary, readCloudEvents, STRUCTURED, type CloudEvent } from "./cloud-event.ts";
import { cloudImage } from "./cloud-image.ts";
import { deliveryId } from "./delivery-id.ts";
import { eventTime } from "./event-time.ts";
import { nothing, readingOf, type Fact } from "./fact.ts";
import { EventImage, NO_IMAGE } from "./image-event.ts";
import { imagePush } from "./image-push.ts";
import { oneLine } from "./one-line.ts";
import { ProofSettings } from "./proof-settings.ts";
import { unreadable } from "./read-json.ts";
import { admitSender, verifySender } from "./sender-proof.ts";

const Settings = z.strictObject({ proof: ProofSettings });
type Settings = z.infer<typeof Settings>;

const CloudEventsEvent = z.strictObject({
  type: z.string().meta({ description: "What happened, such as `ECR Image Action`" }),
  source: z.string().meta({ description: "Where, such as `aws.ecr`" }),
  subject: z.string().meta({ description: "To what; of EventBridge the first of `resources`" }),
  id: z.string().meta({ description: "The id of the event" }),
  time: z.string().meta({ description: "When, as it is written there" }),
  data: z.custom<Json>().meta({ description: "What the event has besides; of EventBridge its `detail`" }),
  image: EventImage.meta({ description: "The image, where ECR or Artifact Registry tell of one" }),
});

/** CloudEvents over HTTP from anywhere, and what Amazon EventBridge and Google Pub/Sub post. */
export const cloudeventsKind: TriggerKind<Settings> = {
  name: "cloudevents",
  summary: "CloudEvents, Amazon EventBridge (ECR) and Google Pub/Sub (Artifact Registry)",
  settings: Settings,
  event: CloudEventsEvent,
  proof: "secret",
  contentTypes: [STRUCTURED, BATCH, "application/json"],
  admit: (head, { settings }) => admitSender(head, settings.proof),
  verify: (delivery, { settings, secrets }) => verifySender(delivery, settings.proof, secrets),
  read(delivery, { proof }) {
    const isSigned = proof.kind === "hmac" || proof.kind === "standard-webhooks";
    if (isSigned && isBinary(delivery)) {
      return unreadable(
        "in the binary form what happened stands in headers, and those are not signed; send it structured",
      );
    }
    const read = readCloudEvents(delivery);
    if (read.kind === "unreadable") return read;
    // Source and id name an event together.
    const ids = read.value.map(({ source, id }) => `${source} ${id}`);
    return readingOf(
      deliveryId(ids.join(" "), delivery.body),
      read.value.map((event) => factOf(event)),
    );
  },
};

function factOf(cloudEvent: CloudEvent): Fact {
  const found = cloudImage(cloudEvent);
  if (found?.kind === "none") return nothing(found.reason);
  const image = found?.image ?? NO_IMAGE;
  const { id, source, type, subject, time, data } = cloudEvent;
  const event: z.infer<typeof CloudEventsEvent> = { id, source, type, subject, time, data, image };
  const happenedAt = eventTime(time);
  if (found !== undefined) return imagePush(event, { happenedAt });
  const says = oneLine(`${type} of ${source}${subject === "" ? "" : ` about ${subject}`}`);
  return { kind: "fact", fact: { event, content: [source, type, subject, data], says, happenedAt } };
}
