import { z } from "zod";

import type { JsonMap } from "../../platform/canonical-json.ts";
import type { TriggerEvent } from "../trigger-kind.ts";
import { nothing, type Fact } from "./fact.ts";
import { EventImage, type ImageFact } from "./image-event.ts";
import { oneLine } from "./one-line.ts";

/** What expressions see of a registry that tells of nothing but images. */
export const ImageEvent = z.strictObject({
  image: EventImage.meta({ description: "The image that was pushed" }),
  sender: z.string().meta({ description: "Who pushed, as the registry knows them; empty where it does not say" }),
});

type Told = Pick<TriggerEvent, "happenedAt" | "link">;

/** The push of an image, or why nothing is started by it, where a registry tells of nothing else. */
export function pushedImage(found: ImageFact, { sender, ...told }: Told & { readonly sender: string }): Fact {
  if (found.kind === "none") return nothing(found.reason);
  const event: z.infer<typeof ImageEvent> = { image: found.image, sender };
  return imagePush(event, told);
}

/** The push of `event.image`. Its content is the same when the same push is told again, by whichever sender. */
export function imagePush(event: JsonMap & { readonly image: EventImage }, told: Told): Fact {
  const { repository, tag, digest } = event.image;
  return {
    kind: "fact",
    fact: {
      event,
      content: ["image", repository, tag, digest],
      says: oneLine(`${repository}:${tag} was pushed as ${digest.slice(0, 19)}`),
      ...told,
    },
  };
}
