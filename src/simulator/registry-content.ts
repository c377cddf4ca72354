import { createHash } from "node:crypto";

import { z } from "zod";

import { tryJson } from "../platform/try-json.ts";

export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** What a push of a manifest comes to. */
export type ManifestPush =
  | { readonly kind: "stored"; readonly manifest: StoredManifest; readonly subject: string | undefined }
  | {
      readonly kind: "refused";
      readonly code: "MANIFEST_INVALID" | "MANIFEST_BLOB_UNKNOWN" | "DIGEST_INVALID";
      readonly why: string;
    };

const Descriptor = z.looseObject({ digest: z.string(), mediaType: z.string().optional(), size: z.number().optional() });
const Manifest = z.looseObject({
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  config: Descriptor.optional(),
  layers: z.array(Descriptor).optional(),
  manifests: z.array(Descriptor).optional(),
  subject: Descriptor.optional(),
});

const TAG = /^\w[\w.-]{0,127}$/u;
const DIGEST = /^sha256:[0-9a-f]{64}$/u;

/** One repository of a registry: blobs and manifests by their digests, and the tags that point to manifests. */
export class RepositoryContent {
  readonly #blobs = new Map<string, Buffer>();
  readonly #manifests = new Map<string, StoredManifest>();
  readonly #tags = new Map<string, string>();

  get tags(): readonly string[] {
    return [...this.#tags.keys()].toSorted();
  }

  blob(digest: string): Buffer | undefined {
    return this.#blobs.get(digest);
  }

  addBlob(bytes: Buffer): string {
    const digest = sha256(bytes);
    this.#blobs.set(digest, bytes);
    return digest;
  }

  /** By its digest, or by a tag as it is now. */
  manifest(reference: string): StoredManifest | undefined {
    return this.#manifests.get(this.#tags.get(reference) ?? reference);
  }

  /** Keeps a manifest whose parts are there, and points a tag to it where `reference` is one. */
  putManifest(reference: string, mediaType: string, bytes: Buffer): ManifestPush {
    const digest = sha256(bytes);
    const isDigest = DIGEST.test(reference);
    if (isDigest ? reference !== digest : !TAG.test(reference)) {
      return { kind: "refused", code: "DIGEST_INVALID", why: `${reference} does not match ${digest}` };
    }
    const read = Manifest.safeParse(tryJson(bytes.toString("utf8"))).data;
    if (read === undefined) return { kind: "refused", code: "MANIFEST_INVALID", why: "it is no manifest" };
    const missing = this.#missing(read);
    if (missing !== undefined) return { kind: "refused", code: "MANIFEST_BLOB_UNKNOWN", why: `${missing} is not here` };
    const manifest = { digest, mediaType, bytes };
    this.#manifests.set(digest, manifest);
    if (!isDigest) this.#tags.set(reference, digest);
    return { kind: "stored", manifest, subject: read.subject?.digest };
  }

  /** Points a tag to a manifest that is here; undefined where it is not. */
  tag(name: string, digest: string): StoredManifest | undefined {
    const manifest = this.#manifests.get(digest);
    if (manifest !== undefined) this.#tags.set(name, digest);
    return manifest;
  }

  /** Takes away a tag, or a manifest with all tags that point to it; false where there is none. */
  deleteManifest(reference: string): boolean {
    if (this.#tags.delete(reference)) return true;
    for (const [tag, digest] of this.#tags) if (digest === reference) this.#tags.delete(tag);
    return this.#manifests.delete(reference);
  }

  /** The descriptors of the manifests that are about another one, such as its signatures. */
  referrers(subject: string): readonly object[] {
    return [...this.#manifests.values()].flatMap(({ digest, mediaType, bytes }) => {
      const read = Manifest.safeParse(tryJson(bytes.toString("utf8"))).data;
      if (read?.subject?.digest !== subject) return [];
      const artifactType = read.artifactType ?? read.config?.mediaType;
      const { annotations } = read;
      return [
        {
          mediaType,
          digest,
          size: bytes.length,
          ...(artifactType && { artifactType }),
          ...(annotations && { annotations }),
        },
      ];
    });
  }

  /** Layers that others keep (`foreign`) are not asked for, and neither is what a manifest is about. */
  #missing({ config, layers = [], manifests = [] }: z.infer<typeof Manifest>): string | undefined {
    const blobs = [...(config === undefined ? [] : [config]), ...layers];
    const lost = blobs.find(({ digest, mediaType = "" }) => !mediaType.includes("foreign") && !this.#blobs.has(digest));
    return (lost ?? manifests.find(({ digest }) => !this.#manifests.has(digest)))?.digest;
  }
}

export function sha256(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
