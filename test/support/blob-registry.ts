import { createHash } from "node:crypto";
import { createServer } from "node:http";

import { onTestFinished } from "vitest";

import { listen } from "../../src/platform/listen.ts";

const IMAGE = "application/vnd.oci.image.manifest.v1+json";

/** A registry that gives what it was given, by digest and by tag. */
export interface BlobRegistry {
  readonly host: string;
  readonly add: (content: Buffer | string) => string;
  readonly tag: (name: string, digest: string) => void;
  /** Adds an image of the layers, and gives its digest. */
  readonly image: (layers: readonly Buffer[]) => string;
}

export async function openBlobRegistry(): Promise<BlobRegistry> {
  const contents = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const [, , name = ""] = /\/(manifests|blobs)\/([^/]+)$/u.exec(request.url ?? "") ?? [];
    const found = contents.get(name);
    if (found !== undefined) {
      response.writeHead(200, { "content-type": IMAGE }).end(found);
      return;
    }
    response.writeHead(404, { "content-type": "application/json" });
    response.end(JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }] }));
  });
  const { host, port } = await listen(server, {});
  onTestFinished(() => void server.close());
  const add = (content: Buffer | string): string => {
    const bytes = Buffer.from(content);
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    contents.set(digest, bytes);
    return digest;
  };
  return {
    host: `${host}:${port}`,
    add,
    tag: (name, digest) => void contents.set(name, contents.get(digest) ?? Buffer.alloc(0)),
    image: (layers) => {
      const config = { digest: add("{}"), size: 2, mediaType: "application/vnd.oci.image.config.v1+json" };
      const described = layers.map((layer) => ({
        digest: add(layer),
        size: layer.length,
        mediaType: "application/tar",
      }));
      return add(JSON.stringify({ schemaVersion: 2, mediaType: IMAGE, config, layers: described }));
    },
  };
}
