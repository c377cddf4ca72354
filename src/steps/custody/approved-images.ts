import { tryManifest } from "../../argocd/manifest-object.ts";
import type { Application } from "../../argocd/application.ts";
import type { AppLocation, ArgocdAccess } from "../../argocd/argocd-server.ts";
import { JsonValue } from "../../domain/outcome.ts";
import { AppError } from "../../platform/errors.ts";
import { DIGEST, parseImageByDigest } from "../image/image-reference.ts";
import { imagesIn } from "../manifests/manifest-images.ts";
import { renderedManifests } from "../manifests/rendered-manifests.ts";

/** The digests of images that are to be approved, once each and in order. Throws `image.unreadable` and `image.no-digest`. */
export function approvedDigests(images: readonly string[]): readonly string[] {
  return [...new Set(images.map((text) => (DIGEST.test(text) ? text : parseImageByDigest(text).digest)))].toSorted();
}

interface Wanted {
  readonly application: Application;
  readonly revision: string;
  readonly digests: readonly string[];
  readonly signal: AbortSignal;
}

/** Those of the digests that the manifests name, as Argo CD renders them now; nothing is rendered where there are none to look for. */
export async function digestsThere(
  location: AppLocation<ArgocdAccess>,
  { application, revision, digests, signal }: Wanted,
): Promise<readonly string[]> {
  if (digests.length === 0) return [];
  const texts = await renderedManifests(location, { application, revision, signal });
  const objects = texts.map((text) => {
    const value = JsonValue.safeParse(tryManifest(text)).data;
    return { kind: tryManifest(text)?.kind ?? "", where: "", value: value ?? null };
  });
  const there = new Set(imagesIn(objects).map(({ digest }) => digest));
  return digests.filter((digest) => there.has(digest));
}

/** Throws `custody.broken` where one of the images that people are to approve is not in what they approve. */
export function refuseMissing(
  wanted: readonly string[],
  { there, app }: { readonly there: readonly string[]; readonly app: string },
): void {
  const missing = wanted.filter((digest) => !there.includes(digest));
  if (missing.length === 0) return;
  const message = `The manifests of ${app} do not have what is to be approved: ${missing.join(", ")} is in none of them. Another image would run there instead`;
  throw new AppError(message, { code: "custody.broken" });
}
