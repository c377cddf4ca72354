import { createHash } from "node:crypto";

import { request } from "undici";

const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";

interface Place {
  /** Host and port of the registry. */
  readonly host: string;
  readonly repository: string;
}

/** Pushes an index with an image for each architecture to a registry that lets anybody push, and gives their digests. */
export async function pushIndex(
  place: Place,
  { tag, architectures }: { readonly tag: string; readonly architectures: readonly string[] },
): Promise<{ readonly index: string; readonly images: readonly string[] }> {
  const manifests = [];
  for (const architecture of architectures) {
    const text = JSON.stringify({
      architecture,
      os: "linux",
      config: {},
      rootfs: { type: "layers", diff_ids: [] },
      tag,
    });
    const config = { mediaType: CONFIG, digest: await pushBlob(place, text), size: text.length };
    const image = JSON.stringify({ schemaVersion: 2, mediaType: IMAGE, config, layers: [] });
    const digest = await pushManifest(place, { type: IMAGE, text: image });
    manifests.push({ mediaType: IMAGE, digest, size: image.length, platform: { os: "linux", architecture } });
  }
  const text = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests });
  const index = await pushManifest(place, { type: INDEX, text, tag });
  return { index, images: manifests.map(({ digest }) => digest) };
}

async function pushBlob({ host, repository }: Place, text: string): Promise<string> {
  const base = `http://${host}/v2/${repository}/blobs/uploads/`;
  const begun = await request(base, { method: "POST" });
  await begun.body.dump();
  const url = new URL(String(begun.headers["location"]), base);
  const digest = digestOf(text);
  url.searchParams.set("digest", digest);
  await put(url, "application/octet-stream", text);
  return digest;
}

async function pushManifest(
  { host, repository }: Place,
  { type, text, tag }: { readonly type: string; readonly text: string; readonly tag?: string },
): Promise<string> {
  const digest = digestOf(text);
  await put(new URL(`http://${host}/v2/${repository}/manifests/${tag ?? digest}`), type, text);
  return digest;
}

async function put(url: URL, type: string, body: string): Promise<void> {
  const answer = await request(url, { method: "PUT", headers: { "content-type": type }, body });
  const said = await answer.body.text();
  if (answer.statusCode !== 201) throw new Error(`${url.href}: ${answer.statusCode} ${said}`);
}

function digestOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
