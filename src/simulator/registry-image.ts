import type { RepositoryContent } from "./registry-content.ts";

/** An image of one layer, for Linux. */
export interface SimpleImage {
  /** A tar, not compressed. */
  readonly layer: Buffer;
  /** `amd64` when absent. */
  readonly architecture?: string;
}

const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar";

/** Pushes an image under a tag; the same image always has the same digest, which is returned. */
export function pushImage(
  repository: RepositoryContent,
  { tag, image }: { readonly tag: string; readonly image: SimpleImage },
): string {
  const { layer, architecture = "amd64" } = image;
  const digest = repository.addBlob(layer);
  const rootfs = { type: "layers", diff_ids: [digest] };
  const config = jsonOf({ architecture, os: "linux", config: { Cmd: ["/app"] }, rootfs });
  const layers = [{ mediaType: LAYER, digest, size: layer.length }];
  return pushManifest(repository, { tag, config, layers });
}

/** Pushes a manifest with its configuration; its layers have to be there. Returns its digest. */
export function pushManifest(
  repository: RepositoryContent,
  { tag, config, layers }: { readonly tag: string; readonly config: Buffer; readonly layers: readonly object[] },
): string {
  const described = { mediaType: CONFIG, digest: repository.addBlob(config), size: config.length };
  const manifest = jsonOf({ schemaVersion: 2, mediaType: IMAGE, config: described, layers });
  const pushed = repository.putManifest(tag, IMAGE, manifest);
  if (pushed.kind === "refused") throw new TypeError(pushed.why);
  return pushed.manifest.digest;
}

export function jsonOf(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
