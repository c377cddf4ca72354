import { z } from "zod";

import { AppError } from "../../platform/errors.ts";

/** An image as people and manifests write it, taken apart. */
export interface ImageReference {
  /** Host, and port where there is one; `docker.io` where none is written. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | undefined;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string | undefined;
}

export const DIGEST = /^sha256:[0-9a-f]{64}$/u;

/** The digest of an image, as registries write it. */
export const ImageDigest = z.string().regex(DIGEST, "a digest such as sha256:4f2a…, with 64 digits");

const LONGEST = 500;
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?$/u;
const REPOSITORY = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/u;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/u;
const DOCKER_HUB = "docker.io";

/** Reads `registry/repository:tag@digest`, with the short forms of Docker; undefined for what is none. */
export function tryImageReference(text: string): ImageReference | undefined {
  if (text.length > LONGEST) return undefined;
  const [named = "", digest, ...more] = text.split("@");
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return undefined;
  const [path, tag] = tagged(named);
  if (tag !== undefined && !TAG.test(tag)) return undefined;
  const { registry, repository } = placed(path);
  if (!HOST.test(registry) || !REPOSITORY.test(repository)) return undefined;
  return { registry, repository, tag, digest };
}

/** The same, by its tag or its digest. Throws `image.unreadable`. */
export function parseImageReference(text: string): ImageReference {
  const image = tryImageReference(text);
  if (image !== undefined) return image;
  const message = `${JSON.stringify(text.slice(0, 200))} is no image; write registry/repository:tag`;
  throw new AppError(message, { code: "image.unreadable" });
}

/** The reference that means this content and nothing else. */
export function referenceByDigest(image: Pick<ImageReference, "registry" | "repository">, digest: string): string {
  return `${image.registry}/${image.repository}@${digest}`;
}

/** `checkout@sha256:4f2a6c1d9e0b`, for people. */
export function shortReference({ repository, digest }: Pick<ImageReference, "repository" | "digest">): string {
  const name = repository.slice(repository.lastIndexOf("/") + 1);
  return digest === undefined ? name : `${name}@${digest.slice(0, "sha256:".length + 12)}`;
}

/** An image with its digest. */
export type ImageByDigest = ImageReference & { readonly digest: string };

/**
 * Reads an image that is named by its digest; a tag may mean something else a moment later, so it counts for nothing where one is
 * written too. Throws `image.unreadable`, and `image.no-digest` for a tag alone.
 */
export function parseImageByDigest(text: string): ImageByDigest {
  const image = tryImageReference(text);
  if (image?.digest !== undefined) return { ...image, digest: image.digest };
  const written = JSON.stringify(text.slice(0, 200));
  if (image === undefined) {
    throw new AppError(`${written} is no image; write registry/repository@sha256:…`, { code: "image.unreadable" });
  }
  const message = `${written} names an image by its tag, which may mean another one a moment later. Take the digest that it means now with a step that uses image/resolve, and pass on its output "reference"`;
  throw new AppError(message, { code: "image.no-digest" });
}

/** The colon of a port comes before the last slash, that of a tag after it. */
function tagged(named: string): readonly [string, string | undefined] {
  const colon = named.lastIndexOf(":");
  return colon > named.lastIndexOf("/") ? [named.slice(0, colon), named.slice(colon + 1)] : [named, undefined];
}

function placed(path: string): Pick<ImageReference, "registry" | "repository"> {
  const slash = path.indexOf("/");
  const first = path.slice(0, Math.max(slash, 0));
  const hasHost = slash > 0 && (/[.:]/u.test(first) || first === "localhost");
  const [registry, rest] = hasHost ? [first, path.slice(slash + 1)] : [DOCKER_HUB, path];
  if (registry !== DOCKER_HUB && registry !== "index.docker.io") return { registry, repository: rest };
  return { registry: DOCKER_HUB, repository: rest.includes("/") ? rest : `library/${rest}` };
}

/** An image in the input of a step; what it says is read where the step is executed. */
export const ImageText = z.string().min(1).max(LONGEST);
