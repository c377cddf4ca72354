import { createPublicKey, verify as isSignedBy } from "node:crypto";
import { readFile } from "node:fs/promises";

import { z } from "zod";

import { type ImageAddress, RegistryReader, tryImageAddress } from "./registry-reader.ts";
import { markOf, optionOf, say, type StandIn, type StandInCall } from "./stand-in.ts";

const NAME = "cosign";
const MARK = markOf(NAME);
const UNSIGNED = 10;
const NO_MATCH = 12;
const SIGNATURE = "dev.cosignproject.cosign/signature";

const Manifest = z.looseObject({
  layers: z.array(z.looseObject({ digest: z.string(), annotations: z.record(z.string(), z.string()).default({}) })),
});
const Payload = z.looseObject({
  critical: z.looseObject({ image: z.looseObject({ "docker-manifest-digest": z.string() }), type: z.string() }),
});

/** Verifies signatures of images with a key, as they lie beside the images in a registry under a tag made of the digest. */
export const cosign: StandIn = {
  name: NAME,
  async run(call) {
    const [command = ""] = call.args;
    if (command === "version") {
      call.out(`GitVersion: v3.0.0 ${MARK}\n`);
      return 0;
    }
    try {
      if (command !== "verify") throw new Error(`this stand-in has no command ${JSON.stringify(command)}`);
      return await verify(call);
    } catch (error) {
      say(NAME, call.err, `Error: ${error instanceof Error ? error.message : String(error)}`);
      return 1;
    }
  },
};

async function verify(call: StandInCall): Promise<number> {
  const { args, out, err } = call;
  const reference = args.at(-1) ?? "";
  const image = tryImageAddress(reference);
  if (image === undefined) throw new Error(`${reference} is no image by its digest`);
  const keyFile = optionOf(args, "--key");
  if (keyFile === undefined) throw new Error("this stand-in verifies with a key alone");
  const key = createPublicKey(await readFile(keyFile, "utf8"));
  const signatures = await signaturesOf(call, image);
  if (signatures.length === 0) {
    say(NAME, err, "Error: no signatures found");
    return UNSIGNED;
  }
  const good = signatures.filter(({ payload, signature }) => {
    const claim = Payload.safeParse(JSON.parse(payload.toString("utf8"))).data;
    const isOfImage = claim?.critical.image["docker-manifest-digest"] === image.digest;
    return isOfImage && isSignedBy("sha256", payload, key, Buffer.from(signature, "base64"));
  });
  if (good.length === 0) {
    say(NAME, err, "Error: no matching signatures: invalid signature when validating ASN.1 encoded signature");
    return NO_MATCH;
  }
  say(NAME, err, `Verification for ${reference} --\nThe signatures were verified against the specified public key`);
  const shown = good.map(({ payload }) => {
    const { critical } = Payload.parse(JSON.parse(payload.toString("utf8")));
    return { critical, optional: {}, stand_in: MARK };
  });
  out(`\n${JSON.stringify(shown)}\n`);
  return 0;
}

interface SignedPayload {
  readonly payload: Buffer;
  readonly signature: string;
}

async function signaturesOf(call: StandInCall, image: ImageAddress): Promise<readonly SignedPayload[]> {
  const registry = new RegistryReader(call, image, call.args.includes("--allow-http-registry=true"));
  const manifest = await tryManifest(registry, `${image.digest.replace(":", "-")}.sig`);
  const found: SignedPayload[] = [];
  for (const { digest, annotations } of manifest?.layers ?? []) {
    const signature = annotations[SIGNATURE];
    if (signature !== undefined) found.push({ payload: await registry.blob(digest), signature });
  }
  return found;
}

/** Undefined where the registry has nothing under that tag. */
async function tryManifest(registry: RegistryReader, tag: string): Promise<z.infer<typeof Manifest> | undefined> {
  try {
    return Manifest.parse(JSON.parse((await registry.manifest(tag)).toString("utf8")));
  } catch (error) {
    if (error instanceof Error && /MANIFEST_UNKNOWN|NAME_UNKNOWN|status code 404/u.test(error.message))
      return undefined;
    throw error;
  }
}
