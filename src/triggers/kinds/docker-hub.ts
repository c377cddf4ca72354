import { z } from "zod";

import type { TriggerKind } from "../trigger-kind.ts";
import { deliveryId } from "./delivery-id.ts";
import { eventTimeOfSeconds } from "./event-time.ts";
import { readingOf } from "./fact.ts";
import { imageFact } from "./image-event.ts";
import { ImageEvent, pushedImage } from "./image-push.ts";
import { readJsonMap } from "./read-json.ts";
import { readShape } from "./read-shape.ts";
import { admitSender, verifySender, type SenderProof } from "./sender-proof.ts";
import { OptionalText } from "./vendor-fields.ts";

const Settings = z.strictObject({});

const Push = z.looseObject({
  push_data: z.looseObject({
    tag: z.string().max(300),
    pusher: OptionalText,
    pushed_at: z.number().nullish(),
    // Docker Hub does not send it as yet, and nothing can be started before it does.
    digest: OptionalText,
  }),
  repository: z.looseObject({ repo_name: z.string().min(1).max(300) }),
});

const PROOF: SenderProof = { kind: "query", parameter: "token" };

/** Webhooks of Docker Hub, which are not signed, and name no digest. */
export const dockerHubKind: TriggerKind<z.infer<typeof Settings>> = {
  name: "docker-hub",
  summary: "Images pushed to Docker Hub; it names no digest, so that nothing is started as yet",
  settings: Settings,
  event: ImageEvent,
  proof: "secret",
  contentTypes: ["application/json"],
  admit: (head) => admitSender(head, PROOF),
  verify: (delivery, { secrets }) => verifySender(delivery, PROOF, secrets),
  read({ body }) {
    const payload = readJsonMap(body);
    if (payload.kind === "unreadable") return payload;
    const read = readShape(payload.value, Push, "webhook of Docker Hub");
    if (read.kind === "unreadable") return read;
    const { push_data: push, repository } = read.value;
    const found = imageFact({ repository: `docker.io/${repository.repo_name}`, tag: push.tag, digest: push.digest });
    const happenedAt = eventTimeOfSeconds(push.pushed_at ?? 0);
    return readingOf(deliveryId(undefined, body), [pushedImage(found, { sender: push.pusher, happenedAt })]);
  },
};
