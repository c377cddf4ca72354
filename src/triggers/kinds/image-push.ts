import { z } from "zod";

import { nothing, type Fact } from "./fact.ts";
import { EventImage, imageContent, imageSays, type ImageFact } from "./image-event.ts";

/** What expressions see of a registry that tells of nothing but images. */
export const ImageEvent = z.strictObject({
  image: EventImage.meta({ description: "The image that was pushed" }),
  sender: z.string().meta({ description: "Who pushed, as the registry knows them; empty where it does not say" }),
});

/** The push of an image, or why nothing is started by it. */
export function pushedImage(
  found: ImageFact,
  { sender, happenedAt }: { readonly sender: string; readonly happenedAt?: number | undefined },
): Fact {
  if (found.kind === "none") return nothing(found.reason);
  const { image } = found;
  const event: z.infer<typeof ImageEvent> = { image, sender };
  return {
    kind: "fact",
    fact: {
      event,
      content: imageContent(image),
      says: imageSays(image),
      happenedAt,
    },
  };
}
