import type { Artifact } from "../domain/artifact.ts";
import type { HttpAnswer } from "../http/http-route.ts";

/** A file as a browser keeps it and never shows it: what a step left may be made by others to be run by who opens it. */
export function fileAnswer({ name, mediaType }: Artifact, bytes: Uint8Array): HttpAnswer {
  return {
    status: 200,
    headers: {
      "content-type": /^[\w.+-]+\/[\w.+-]+(?:; charset=[\w-]+)?$/u.test(mediaType)
        ? mediaType
        : "application/octet-stream",
      "content-disposition": `attachment; filename*=UTF-8''${encoded(name)}`,
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; sandbox",
      "cache-control": "private, no-store",
      "referrer-policy": "no-referrer",
    },
    bytes,
  };
}

/** As RFC 8187 has it, in which an apostrophe and brackets are special beyond what encodeURIComponent encodes. */
function encoded(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/gu,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
}
