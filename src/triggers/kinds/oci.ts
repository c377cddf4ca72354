import { z } from "zod";

import type { TriggerKind } from "../trigger-kind.ts";
import { deliveryId } from "./delivery-id.ts";
import { eventTime } from "./event-time.ts";
import { nothing, readingOf, type Fact } from "./fact.ts";
import { EventImage, imageFact } from "./image-event.ts";
import { imagePush } from "./image-push.ts";
import { oneLine } from "./one-line.ts";
import { readJsonMap } from "./read-json.ts";
import { readShape } from "./read-shape.ts";
import { RegistryHost } from "./registry-host.ts";
import { admitSender, verifySender, type SenderProof } from "./sender-proof.ts";
import { OptionalText } from "./vendor-fields.ts";

const Settings = z.strictObject({
  registry: RegistryHost.meta({ description: "The host from which clusters pull the images of this registry" }),
});
type Settings = z.infer<typeof Settings>;

const OciEvent = z.strictObject({
  image: EventImage.meta({ description: "The image that was pushed" }),
  repository: z.string().meta({ description: "The repository without the registry, such as `acme/checkout`" }),
  sender: z.string().meta({ description: "Who pushed, as the registry knows them" }),
});

const Entry = z.looseObject({
  id: OptionalText,
  timestamp: OptionalText,
  action: z.string().max(100),
  target: z
    .looseObject({ mediaType: OptionalText, digest: OptionalText, repository: OptionalText, tag: OptionalText })
    .nullish(),
  actor: z.looseObject({ name: OptionalText }).nullish(),
});
type Entry = z.infer<typeof Entry>;

const Envelope = z.looseObject({ events: z.array(Entry).max(1000) });

const PROOF: SenderProof = { kind: "authorization" };

// The layers and configurations of an image are pushed one by one before it.
const WHOLE = /(?:manifest|index)(?:\.list)?\.v\d\+(?:json|prettyjws)$/u;

/** Notifications of CNCF Distribution (the program of most registries), and the webhooks of Azure Container Registry. */
export const ociKind: TriggerKind<Settings> = {
  name: "oci",
  summary: "Pushes to a registry that sends the notifications of CNCF Distribution",
  settings: Settings,
  event: OciEvent,
  proof: "secret",
  contentTypes: [
    "application/vnd.docker.distribution.events.v2+json",
    "application/vnd.docker.distribution.events.v1+json",
    "application/json",
  ],
  admit: (head) => admitSender(head, PROOF),
  verify: (delivery, { secrets }) => verifySender(delivery, PROOF, secrets),
  read({ body }, { registry }) {
    const payload = readJsonMap(body);
    if (payload.kind === "unreadable") return payload;
    // Azure sends each event by itself.
    const envelope = "events" in payload.value ? payload.value : { events: [payload.value] };
    const read = readShape(envelope, Envelope, "notification of a registry");
    if (read.kind === "unreadable") return read;
    const { events } = read.value;
    const ids = events.map(({ id }) => id);
    const isNamed = ids.length > 0 && ids.every((id) => id !== "");
    return readingOf(
      deliveryId(isNamed ? ids.join(" ") : undefined, body),
      events.map((entry) => pushFact(entry, registry)),
    );
  },
};

function pushFact({ action, target, timestamp, actor }: Entry, registry: string): Fact {
  if (action !== "push") return nothing(`nothing is read from the action ${oneLine(action)}`);
  const { mediaType = "", repository = "", tag = "", digest = "" } = target ?? {};
  if (!WHOLE.test(mediaType)) return nothing("it is a part of an image");
  const found = imageFact({ repository: `${registry}/${repository}`, tag, digest });
  if (found.kind === "none") return nothing(found.reason);
  const event: z.infer<typeof OciEvent> = { image: found.image, repository, sender: actor?.name ?? "" };
  return imagePush(event, { happenedAt: eventTime(timestamp) });
}
