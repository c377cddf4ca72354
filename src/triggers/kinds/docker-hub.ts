import { z } from "zod";

import { deliveryId } from "./delivery-id.ts";
import { eventTimeOfSeconds } from "./event-time.ts";
import { readingOf } from "./fact.ts";
import { imageFact } from "./image-event.ts";
import { ImageEvent, pushedImage } from "./image-push.ts";
import { objectKind } from "./object-kind.ts";
import { OptionalText } from "./vendor-fields.ts";

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

/** Webhooks of Docker Hub, which are not signed, and name no digest. */
export const dockerHubKind = objectKind({
  name: "docker-hub",
  summary: "Images pushed to Docker Hub; it names no digest, so that nothing is started as yet",
  event: ImageEvent,
  proof: { kind: "query", parameter: "token" },
  sent: Push,
  what: "webhook of Docker Hub",
  readingOf({ push_data: push, repository }, body) {
    const found = imageFact({ repository: `docker.io/${repository.repo_name}`, tag: push.tag, digest: push.digest });
    const happenedAt = eventTimeOfSeconds(push.pushed_at ?? 0);
    return readingOf(deliveryId(undefined, body), [pushedImage(found, { sender: push.pusher, happenedAt })]);
  },
});
