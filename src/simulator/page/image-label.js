const DIGEST_DIGITS = 7;

/** The tag of an image, as in `registry:5000/shop/checkout:1.5.0@sha256:...`; the beginning of its digest where it has none. */
export function imageLabel(image) {
  const [name, digest] = image.split("@");
  const tag = /:([^:/]+)$/u.exec(name)?.[1];
  if (tag !== undefined || digest === undefined) return tag ?? image;
  const [, digits = digest] = digest.split(":");
  return digits.slice(0, DIGEST_DIGITS);
}
