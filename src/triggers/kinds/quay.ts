import { z } from "zod";

import { deliveryId } from "./delivery-id.ts";
import { nothing, readingOf, type Fact } from "./fact.ts";
import { imageFact } from "./image-event.ts";
import { ImageEvent, pushedImage } from "./image-push.ts";
import { webLink } from "./one-line.ts";
import { objectKind } from "./object-kind.ts";
import { OptionalText } from "./vendor-fields.ts";

const Push = z.looseObject({
  docker_url: z.string().min(1).max(300),
  homepage: OptionalText,
  // Names alone, or with what each of them is: the id of an image of the first format in the oldest versions.
  updated_tags: z.union([z.array(z.string()).max(1000), z.record(z.string(), z.string())]).optional(),
});

/** Notifications "Push to Repository" of Quay and Quay.io, which are not signed. */
export const quayKind = objectKind({
  name: "quay",
  summary: "Images pushed to Quay, where its notification names the digest",
  event: ImageEvent,
  proof: { kind: "query", parameter: "token" },
  sent: Push,
  what: "notification of Quay",
  readingOf({ updated_tags: tags, docker_url: repository, homepage }, body) {
    const id = deliveryId(undefined, body);
    if (tags === undefined) return readingOf(id, [nothing("it is no push to a repository")]);
    const pairs = Array.isArray(tags) ? tags.map((tag) => [tag, ""] as const) : Object.entries(tags);
    return readingOf(
      id,
      pairs.map(([tag, digest]) =>
        withLink(pushedImage(imageFact({ repository, tag, digest }), { sender: "" }), homepage),
      ),
    );
  },
});

function withLink(fact: Fact, homepage: string): Fact {
  return fact.kind === "fact" ? { kind: "fact", fact: { ...fact.fact, link: webLink(homepage) } } : fact;
}
