import { gzipSync } from "node:zlib";

import type { RepositoryContent } from "./registry-content.ts";

/** An image of Alpine Linux, as far as a scanner looks into it. */
export interface AlpineImage {
  /** Such as `3.22.1`. */
  readonly version: string;
  /** The packages that are installed, by name. */
  readonly packages: Readonly<Record<string, string>>;
  /** Further small text files by their paths, which make one image differ from another. */
  readonly files?: Readonly<Record<string, string>>;
  readonly architecture?: string;
}

const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";

/** Builds an image and pushes it under a tag; the same image always has the same digest, which is returned. */
export function pushAlpine(
  repository: RepositoryContent,
  { tag, image }: { readonly tag: string; readonly image: AlpineImage },
): string {
  const { version, packages, files = {}, architecture = "amd64" } = image;
  const installed = Object.entries(packages).map(
    ([name, installedVersion]) => `P:${name}\nV:${installedVersion}\nA:x86_64\nL:MIT\no:${name}\n`,
  );
  const tar = tarOf({
    "etc/os-release": `NAME="Alpine Linux"\nID=alpine\nVERSION_ID=${version}\nPRETTY_NAME="Alpine Linux v${version}"\n`,
    "etc/alpine-release": `${version}\n`,
    "lib/apk/db/installed": `${installed.join("\n")}\n`,
    ...files,
  });
  const layer = gzipSync(tar);
  const config = jsonOf({
    architecture,
    os: "linux",
    config: { Cmd: ["/app"] },
    rootfs: { type: "layers", diff_ids: [repository.addBlob(tar)] },
  });
  const manifest = jsonOf({
    schemaVersion: 2,
    mediaType: IMAGE,
    config: { mediaType: CONFIG, digest: repository.addBlob(config), size: config.length },
    layers: [{ mediaType: LAYER, digest: repository.addBlob(layer), size: layer.length }],
  });
  const pushed = repository.putManifest(tag, IMAGE, manifest);
  if (pushed.kind === "refused") throw new TypeError(pushed.why);
  return pushed.manifest.digest;
}

function jsonOf(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

const BLOCK = 512;

/** A tar of plain files, all of the same date. */
function tarOf(files: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(files).flatMap(([path, text]) => {
    const content = Buffer.from(text);
    return [headerOf(path, content.length), content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function headerOf(path: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(path, 0, 100);
  header.write("0000644\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  // The sum counts its own place as spaces.
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\u000000", 257, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}
