import { z } from "zod";

/** An image as expressions see it. Every text is empty where an event is about none. */
export const EventImage = z.strictObject({
  repository: z.string().meta({ description: "The repository with its registry, such as `ghcr.io/acme/checkout`" }),
  tag: z.string().meta({ description: "The tag that was pushed" }),
  digest: z.string().meta({ description: "`sha256:…`: exactly what was pushed" }),
  reference: z.string().meta({ description: "`REPOSITORY@DIGEST`: what to deploy" }),
});
export type EventImage = z.infer<typeof EventImage>;

export const NO_IMAGE: EventImage = { repository: "", tag: "", digest: "", reference: "" };

const DIGEST = /^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/u;
const REPOSITORY = /^[a-z0-9][a-z0-9._:/-]{0,400}$/u;
const TAG = /^\w[\w.-]{0,127}$/u;

/** What a push of an image is, or why nothing can be started by it. */
export type ImageFact =
  | { readonly kind: "image"; readonly image: EventImage }
  | { readonly kind: "none"; readonly reason: string };

/** A tag can be moved between the push and the deployment, so an image without a digest is none. */
export function imageFact(stated: {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}): ImageFact {
  const { repository, tag, digest } = stated;
  if (!REPOSITORY.test(repository)) return { kind: "none", reason: "it names no repository of images" };
  if (!DIGEST.test(digest)) return { kind: "none", reason: "it has no digest, and a tag alone starts nothing" };
  // Of an image for several platforms each part is pushed without a tag before the whole.
  if (tag === "") return { kind: "none", reason: "it has no tag: a part of an image for several platforms" };
  if (!TAG.test(tag)) return { kind: "none", reason: "its tag is none" };
  return { kind: "image", image: { repository, tag, digest, reference: `${repository}@${digest}` } };
}
