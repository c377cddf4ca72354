import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";

import { z } from "zod";

import type { RegistryReader } from "./registry-reader.ts";

const Index = z.looseObject({
  manifests: z.array(
    z.looseObject({
      digest: z.string(),
      platform: z.looseObject({ os: z.string(), architecture: z.string() }).optional(),
    }),
  ),
});
const Manifest = z.looseObject({
  config: z.looseObject({ digest: z.string() }),
  layers: z.array(z.looseObject({ digest: z.string() })),
});

/** What is in an image, as far as it says which packages it has. */
export interface ImageContent {
  readonly configDigest: string;
  readonly layers: readonly string[];
  /** Small text files of all layers by their path; those of later layers win. */
  readonly files: ReadonlyMap<string, string>;
}

/** Reads an image, or the one of an index that is for the platform. Throws where what came is not what its digest says. */
export async function readImage(
  registry: RegistryReader,
  { digest, platform }: { readonly digest: string; readonly platform: string },
): Promise<ImageContent> {
  const manifest = Manifest.parse(await manifestFor(registry, digest, platform));
  const files = new Map<string, string>();
  for (const layer of manifest.layers) {
    const content = checked(await registry.blob(layer.digest), layer.digest);
    for (const [path, text] of tarFiles(unzipped(content))) files.set(path, text);
  }
  return { configDigest: manifest.config.digest, layers: manifest.layers.map((layer) => layer.digest), files };
}

async function manifestFor(registry: RegistryReader, digest: string, platform: string): Promise<unknown> {
  const value: unknown = JSON.parse(checked(await registry.manifest(digest), digest).toString("utf8"));
  const index = Index.safeParse(value).data;
  if (index === undefined) return value;
  const found = index.manifests.find((one) => `${one.platform?.os}/${one.platform?.architecture}` === platform);
  if (found === undefined) throw new Error(`no image for ${platform} in the index`);
  return JSON.parse(checked(await registry.manifest(found.digest), found.digest).toString("utf8"));
}

function checked(content: Buffer, digest: string): Buffer {
  const actual = `sha256:${createHash("sha256").update(content).digest("hex")}`;
  if (actual === digest) return content;
  throw new Error(`${digest} was asked for, and ${actual} came`);
}

function unzipped(content: Buffer): Buffer {
  return content[0] === 0x1f && content[1] === 0x8b ? gunzipSync(content) : content;
}

const BLOCK = 512;

/** The plain files of a tar, as text. */
function* tarFiles(tar: Buffer): Generator<readonly [string, string]> {
  for (let at = 0; at + BLOCK <= tar.length;) {
    const name = textAt(tar, at, 100);
    if (name === "") return;
    const size = Number.parseInt(textAt(tar, at + 124, 12).trim() || "0", 8);
    const kind = textAt(tar, at + 156, 1);
    const prefix = textAt(tar, at + 345, 155);
    const path = (prefix === "" ? name : `${prefix}/${name}`).replace(/^\.?\//u, "");
    const start = at + BLOCK;
    if (kind === "" || kind === "0") yield [path, tar.toString("utf8", start, start + size)];
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
}

function textAt(tar: Buffer, start: number, length: number): string {
  const end = tar.indexOf(0, start);
  return tar.toString("utf8", start, end === -1 || end > start + length ? start + length : end);
}
