import { type ImageByDigest, parseImageByDigest, tryImageReference } from "../image/image-reference.ts";
import type { ManifestImage } from "../manifests/manifest-images.ts";

interface Custody {
  readonly scanned: string | readonly string[];
  readonly signed: string | readonly string[];
  readonly images: readonly ManifestImage[];
  readonly besides?: readonly string[] | undefined;
}

/** The images that some step has looked at. Throws `image.unreadable` and `image.no-digest`. */
export function verifiedImages(images: string | readonly string[]): readonly ImageByDigest[] {
  return (typeof images === "string" ? [images] : images).map(parseImageByDigest);
}

/** Where the chain from the scan over the signature to the manifests is broken, a sentence each; empty where it holds. */
export function custodyProblems({ scanned, signed, images, besides = [] }: Custody): readonly string[] {
  const [seen, known] = [verifiedImages(scanned), verifiedImages(signed)];
  const others = new Set(besides.map(repositoryOf));
  return [
    ...seen
      .filter(({ digest }) => !isAmong(known, digest))
      .map((image) => differs(image, known, "was scanned", "is signed")),
    ...known
      .filter(({ digest }) => !isAmong(seen, digest))
      .map((image) => differs(image, seen, "is signed", "was scanned")),
    ...images.flatMap((image) => manifestProblem(image, { seen, known, others })),
    ...seen.flatMap((image) => missing(image, images)),
  ];
}

function isAmong(list: readonly ImageByDigest[], digest: string): boolean {
  return list.some((one) => one.digest === digest);
}

function differs(image: ImageByDigest, others: readonly ImageByDigest[], is: string, isNot: string): string {
  const other = others.find((one) => nameOf(one) === nameOf(image));
  const instead = other === undefined ? "nothing of it" : other.digest;
  return `${nameOf(image)}: ${image.digest} ${is}, and ${instead} ${isNot}`;
}

interface Looked {
  readonly seen: readonly ImageByDigest[];
  readonly known: readonly ImageByDigest[];
  readonly others: ReadonlySet<string>;
}

function manifestProblem({ image, digest, where }: ManifestImage, { seen, known, others }: Looked): readonly string[] {
  const reference = tryImageReference(image);
  if (reference === undefined) return [`${where} has ${JSON.stringify(image)}, which is no image that can be read`];
  const name = nameOf(reference);
  const own = [...seen, ...known].find((one) => nameOf(one) === name);
  if (own === undefined && others.has(name)) return [];
  if (digest === "") {
    return [
      `${where} has ${image}, which is a tag and may mean another image by the time it runs; write its digest there`,
    ];
  }
  const isVerified = [seen, known].every((list) => list.some((one) => one.digest === digest && nameOf(one) === name));
  if (isVerified) return [];
  if (own !== undefined) return [`${name}: ${own.digest} was scanned and signed, and ${where} has ${digest}`];
  return [`${where} has ${image}, which was neither scanned nor is its signature known`];
}

/** What was looked at and runs nowhere: something else runs there instead. */
function missing(image: ImageByDigest, images: readonly ManifestImage[]): readonly string[] {
  const isThere = images.some(({ image: text }) => {
    const reference = tryImageReference(text);
    return reference !== undefined && nameOf(reference) === nameOf(image);
  });
  return isThere ? [] : [`${nameOf(image)}: ${image.digest} was scanned, and no image of it is in the manifests`];
}

function nameOf({ registry, repository }: Pick<ImageByDigest, "registry" | "repository">): string {
  return `${registry}/${repository}`;
}

/** Read as manifests write it, with the short forms. */
function repositoryOf(text: string): string {
  const reference = tryImageReference(text);
  return reference === undefined ? text : nameOf(reference);
}
