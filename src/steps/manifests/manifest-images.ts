import { isJsonList, isJsonMap, type Json } from "../../platform/canonical-json.ts";
import { tryImageReference } from "../image/image-reference.ts";

/** An image that a manifest names. */
export interface ManifestImage {
  /** As it is written there. */
  readonly image: string;
  /** Empty where it is named by a tag, or is no image that can be read. */
  readonly digest: string;
  /** Such as `Deployment/checkout`; the first one that names it. */
  readonly where: string;
}

/** A rendered object, of which nothing is known but that it is JSON. */
export interface RenderedObject {
  readonly kind: string;
  /** `kind/name` */
  readonly where: string;
  readonly value: Json;
}

// What they hold is text for others, or a description of fields.
const NO_IMAGES: ReadonlySet<string> = new Set(["ConfigMap", "Secret", "CustomResourceDefinition"]);

/**
 * Every image that the objects name, once each: wherever a member `image` is a text, so that custom resources count too, and images
 * that are mounted as volumes. An operator may put others in beside these, which no manifest shows.
 */
export function imagesIn(objects: readonly RenderedObject[]): readonly ManifestImage[] {
  const found = new Map<string, ManifestImage>();
  for (const { kind, where, value } of objects) {
    if (NO_IMAGES.has(kind)) continue;
    for (const image of namedImages(value)) {
      if (!found.has(image)) found.set(image, { image, digest: tryImageReference(image)?.digest ?? "", where });
    }
  }
  return [...found.values()];
}

function* namedImages(root: Json): Iterable<string> {
  const open: Json[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (isJsonList(value)) {
      open.push(...value.toReversed());
      continue;
    }
    if (!isJsonMap(value)) continue;
    const members = Object.entries(value);
    for (const [key, member] of members) {
      const image = key === "image" ? imageText(member) : undefined;
      if (image !== undefined && image !== "") yield image;
    }
    open.push(...members.map(([, member]) => member).toReversed());
  }
}

/** A volume has its image one level further down. */
function imageText(member: Json): string | undefined {
  if (typeof member === "string") return member.trim();
  if (!isJsonMap(member)) return undefined;
  const { reference } = member;
  return typeof reference === "string" ? reference.trim() : undefined;
}
