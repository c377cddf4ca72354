import { z } from "zod";

import type { TriggerKind } from "../trigger-kind.ts";
import { deliveryId } from "./delivery-id.ts";
import { eventTime, eventTimeOfSeconds } from "./event-time.ts";
import { nothing, readingOf, type Fact } from "./fact.ts";
import { EventImage, imageFact } from "./image-event.ts";
import { imagePush } from "./image-push.ts";
import { oneLine } from "./one-line.ts";
import { readJsonMap } from "./read-json.ts";
import { readShape } from "./read-shape.ts";
import { admitSender, verifySender, type SenderProof } from "./sender-proof.ts";
import { OptionalText } from "./vendor-fields.ts";

const Settings = z.strictObject({});

const HarborEvent = z.strictObject({
  image: EventImage.meta({ description: "The image that was pushed" }),
  project: z.string().meta({ description: "The project" }),
  repository: z.string().meta({ description: "The repository with its project, such as `acme/checkout`" }),
  sender: z.string().meta({ description: "Who pushed, by Harbor user name" }),
});

const Resource = z.looseObject({ digest: OptionalText, tag: OptionalText, resource_url: z.string().max(1000) });

const Pushed = z.looseObject({
  resources: z.array(Resource).max(1000),
  repository: z.looseObject({ namespace: OptionalText, repo_full_name: OptionalText }).nullish(),
});
type Pushed = z.infer<typeof Pushed>;

const Sort = z.looseObject({ type: z.string().max(100), specversion: OptionalText });

const Plain = z.looseObject({ occur_at: z.number().nullish(), operator: OptionalText, event_data: Pushed });

const Cloud = z.looseObject({ id: OptionalText, time: OptionalText, operator: OptionalText, data: Pushed });

const PROOF: SenderProof = { kind: "authorization" };

/** Webhooks of Harbor with the header for authorization, in its own format or as CloudEvents. */
export const harborKind: TriggerKind<z.infer<typeof Settings>> = {
  name: "harbor",
  summary: "Images pushed to Harbor",
  settings: Settings,
  event: HarborEvent,
  proof: "secret",
  contentTypes: ["application/json", "application/cloudevents+json"],
  admit: (head) => admitSender(head, PROOF),
  verify: (delivery, { secrets }) => verifySender(delivery, PROOF, secrets),
  read({ body }) {
    const payload = readJsonMap(body);
    if (payload.kind === "unreadable") return payload;
    const sort = readShape(payload.value, Sort, "webhook of Harbor");
    if (sort.kind === "unreadable") return sort;
    const { type, specversion } = sort.value;
    if (type !== "PUSH_ARTIFACT" && type !== "harbor.artifact.pushed") {
      return readingOf(deliveryId(undefined, body), [nothing(`nothing is read from the event ${oneLine(type)}`)]);
    }
    if (specversion === "") {
      const read = readShape(payload.value, Plain, "push of an artifact");
      if (read.kind === "unreadable") return read;
      const { event_data: pushed, occur_at: seconds, operator } = read.value;
      const happenedAt = eventTimeOfSeconds(seconds ?? 0);
      return readingOf(deliveryId(undefined, body), pushFacts({ pushed, operator, happenedAt }));
    }
    const read = readShape(payload.value, Cloud, "push of an artifact");
    if (read.kind === "unreadable") return read;
    const { data: pushed, time, operator, id } = read.value;
    return readingOf(deliveryId(id, body), pushFacts({ pushed, operator, happenedAt: eventTime(time) }));
  },
};

interface PushPart {
  readonly pushed: Pushed;
  readonly operator: string;
  readonly happenedAt: number | undefined;
}

function pushFacts({ pushed, operator, happenedAt }: PushPart): readonly Fact[] {
  return pushed.resources.map(({ resource_url: url, digest, tag: stated }) => {
    // What was pushed without a tag has its digest there in some versions.
    const tag = stated.startsWith("sha256:") ? "" : stated;
    const found = imageFact({ repository: url.replace(/(?:@sha256)?:[^:/@]*$/u, ""), tag, digest });
    if (found.kind === "none") return nothing(found.reason);
    const { image } = found;
    const { namespace: project = "", repo_full_name: repository = "" } = pushed.repository ?? {};
    const event: z.infer<typeof HarborEvent> = { image, project, repository, sender: operator };
    return imagePush(event, { happenedAt });
  });
}
