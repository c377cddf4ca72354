import { readFile } from "node:fs/promises";

import type { ImageRegistry, SimulatedImage } from "./image-registry.ts";
import { type Ended, parseArguments, type SimulatedProgram } from "./program-stage.ts";

interface World {
  readonly registry: ImageRegistry;
  /** The key that counts. */
  readonly key: string;
  readonly isTroubled: () => boolean;
}

/** Cosign, as far as it verifies images by a key. */
export function cosignProgram({ registry, key, isTroubled }: World): SimulatedProgram {
  return async (call) => {
    const { words, options } = parseArguments(call.order.args, {
      joined: ["key", "insecure-ignore-tlog", "allow-http-registry", "output", "timeout"],
    });
    const [command, reference = ""] = words;
    if (command !== "verify" || options.get("output") !== "json") throw new RangeError("nobody expects this of cosign");
    const isKey = (await readFile(options.get("key") ?? "", "utf8")).trim() === key.trim();
    await call.pass(300, 4000);
    const luck = isTroubled() ? call.dice.fraction() : 1;
    if (luck < 0.08) {
      return failed(1, `Get "https://registry.test/v2/": dial tcp 192.0.2.7:443: connect: connection refused`);
    }
    if (luck < 0.11) return failed(1, "loading configuration: an unexpected fault");
    const image = registry.find(reference);
    if (image === undefined) return failed(1, "GET manifests: MANIFEST_UNKNOWN: manifest unknown");
    const { signature } = image;
    if (signature === "none") return failed(10, "no signatures found");
    if (signature === "other" || !isKey)
      return failed(12, "no matching attestations: failed to verify signature: could not verify envelope");
    return { exitCode: 0, stdout: `\n${JSON.stringify([bundle(reference, image)])}\n` };
  };
}

function failed(exitCode: number, why: string): Ended {
  return { exitCode, stderr: `Error: ${why}\nerror during command execution: ${why}` };
}

/** It succeeds as well for an image of which the key has asserted something and that it has not signed. */
function bundle(reference: string, { digest, signature }: SimulatedImage): object {
  const type = signature === "release" ? "https://sigstore.dev/cosign/sign/v1" : "https://example.com/tests/v1";
  return {
    critical: { identity: { "docker-reference": reference }, image: { "docker-manifest-digest": digest }, type },
    optional: {},
  };
}
