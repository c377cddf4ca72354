import { type KeyObject, sign } from "node:crypto";

import type { RepositoryContent } from "./registry-content.ts";
import { jsonOf, pushManifest } from "./registry-image.ts";

/** Signs an image as Cosign does with a key of one's own: a manifest beside it, under a tag made of its digest. */
export function signImage(
  repository: RepositoryContent,
  {
    name,
    digest,
    privateKey,
  }: {
    /** `127.0.0.1:5000/harbor/checkout` */
    readonly name: string;
    readonly digest: string;
    /** On the curve P-256. */
    readonly privateKey: KeyObject;
  },
): void {
  const image = { "docker-manifest-digest": digest };
  const critical = { identity: { "docker-reference": name }, image, type: "cosign container image signature" };
  const payload = jsonOf({ critical, optional: null });
  const signature = sign("sha256", payload, privateKey).toString("base64");
  const layer = {
    mediaType: "application/vnd.dev.cosign.simplesigning.v1+json",
    digest: repository.addBlob(payload),
    size: payload.length,
    annotations: { "dev.cosignproject.cosign/signature": signature },
  };
  const config = jsonOf({
    architecture: "",
    os: "",
    config: {},
    rootfs: { type: "layers", diff_ids: [layer.digest] },
  });
  pushManifest(repository, { tag: `${digest.replace(":", "-")}.sig`, config, layers: [layer] });
}
