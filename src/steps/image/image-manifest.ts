import { z } from "zod";

import { AppError } from "../../platform/errors.ts";
import { tryJson } from "../../platform/try-json.ts";
import { ImageDigest } from "./image-reference.ts";

const INDEX_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
] as const;

const IMAGE_TYPES = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
] as const;

const CONFIG_TYPES: ReadonlySet<string> = new Set([
  "application/vnd.oci.image.config.v1+json",
  "application/vnd.docker.container.image.v1+json",
]);

/** What is asked for: images, and lists of them for several platforms. */
export const ACCEPTED = [...INDEX_TYPES, ...IMAGE_TYPES].join(", ");

const MOST_ENTRIES = 500;

const Platform = z.looseObject({
  os: z.string().max(100),
  architecture: z.string().max(100),
  variant: z.string().max(100).optional(),
});
type Platform = z.infer<typeof Platform>;

const Index = z.looseObject({
  manifests: z
    .array(z.looseObject({ digest: ImageDigest, mediaType: z.string(), platform: Platform.optional() }))
    .max(MOST_ENTRIES),
});

const Image = z.looseObject({ config: z.looseObject({ digest: ImageDigest, mediaType: z.string() }) });

const Config = z.looseObject(Platform.shape);

/** One image of an index, for one platform. */
export interface PlatformImage {
  /** Such as `linux/amd64` or `linux/arm/v7`. */
  readonly platform: string;
  readonly digest: string;
}

/** What a digest of a registry stands for. */
export type ImageManifest =
  | { readonly kind: "index"; readonly mediaType: string; readonly images: readonly PlatformImage[] }
  /** `config` is absent for something that is stored like an image and is none. */
  | { readonly kind: "image"; readonly mediaType: string; readonly config: string | undefined };

/** Reads a manifest by the type that it came with. Throws `image.bad-manifest`. */
export function parseManifest(text: string, contentType: string): ImageManifest {
  const mediaType = (contentType.split(";")[0] ?? "").trim().toLowerCase();
  const value = tryJson(text);
  const own = z.looseObject({ mediaType: z.string().optional() }).safeParse(value).data;
  // The digest is of the bytes: what they are taken for must not depend on who hands them over.
  if (own?.mediaType !== undefined && own.mediaType !== mediaType) {
    throw bad(`it came as ${quoted(mediaType)} and says that it is ${quoted(own.mediaType)}`);
  }
  if (isOneOf(INDEX_TYPES, mediaType)) {
    const index = Index.safeParse(value).data;
    if (index === undefined) throw bad("it is no list of images");
    return { kind: "index", mediaType, images: imagesOf(index) };
  }
  if (!isOneOf(IMAGE_TYPES, mediaType)) throw bad(`its type ${quoted(mediaType)} is that of no image`);
  const image = Image.safeParse(value).data;
  if (image === undefined) throw bad("it is no image");
  const { digest, mediaType: configType } = image.config;
  return { kind: "image", mediaType, config: CONFIG_TYPES.has(configType) ? digest : undefined };
}

/** The platform that the configuration of an image is for. Throws `image.bad-manifest`. */
export function platformOfConfig(text: string): string {
  const config = Config.safeParse(tryJson(text)).data;
  if (config === undefined) throw bad("its configuration names no platform");
  return platformText(config);
}

/** Beside the images there may be statements about them, which are for no platform. */
function imagesOf({ manifests }: z.infer<typeof Index>): readonly PlatformImage[] {
  return manifests.flatMap(({ digest, mediaType, platform }) => {
    if (!isOneOf(IMAGE_TYPES, mediaType) || platform === undefined || platform.os === "unknown") return [];
    return [{ platform: platformText(platform), digest }];
  });
}

function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined || variant === "" ? [] : [variant])].join("/");
}

function isOneOf(types: readonly string[], type: string): boolean {
  return types.includes(type);
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}

function bad(why: string): AppError {
  const message = `What the registry gave cannot be taken for an image: ${why}`;
  return new AppError(message, { code: "image.bad-manifest" });
}
