import { readFileSync } from "node:fs";

import { AppError } from "../../../src/platform/errors.ts";
import { parseAttestations, parseSignatures, signaturesOf } from "../../../src/steps/cosign/cosign-output.ts";
import { parseManifest } from "../../../src/steps/image/image-manifest.ts";
import { referenceByDigest, tryImageReference } from "../../../src/steps/image/image-reference.ts";
import { tryChallenge } from "../../../src/steps/image/registry-challenge.ts";
import { schemaFindings } from "../../../src/steps/manifests/kubeconform-report.ts";
import { misconfigurationsOf, parseReport, vulnerabilitiesOf } from "../../../src/steps/trivy/trivy-report.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const recorded = (name: string): string =>
  readFileSync(new URL(`../../fixtures/tools/${name}`, import.meta.url), "utf8");

const DIGEST = "sha256:7d5225e2801d8c75facfbd98b49a74b7f73606c6dcae95334add95e6c5bf2e0c";
const INDEX = "application/vnd.oci.image.index.v1+json";

/** What Trivy, Cosign, kubeconform and registries say: one text, read by all of them. */
export const target: FuzzTarget = {
  seeds: [
    recorded("trivy/image-findings.json").slice(0, 20_000),
    recorded("trivy/image-clean.json"),
    recorded("cosign/verify-key.json"),
    recorded("cosign/verify-attested-only.json"),
    recorded("cosign/verify-attestation.jsonl"),
    recorded("kubeconform/report.json"),
    `{"mediaType":"${INDEX}","manifests":[{"mediaType":"${INDEX}","digest":"${DIGEST}","platform":{"os":"linux","architecture":"amd64"}}]}`,
    `registry.example.com:5000/team/checkout:1.4.2@${DIGEST}`,
    'Bearer realm="https://registry.example.com/token",service="registry",scope="repository:a:pull"',
  ],
  words: [
    DIGEST,
    INDEX,
    '"critical":',
    '"Results":',
    '"Severity":"CRITICAL"',
    '"status":"statusValid"',
    "@sha256:",
    "realm=",
    "null",
  ],
  longest: 30_000,
  run(input) {
    const image = tryImageReference(input.trim());
    if (image?.digest !== undefined) {
      const again = tryImageReference(referenceByDigest(image, image.digest));
      must(again?.digest === image.digest && again.repository === image.repository, "a reference names the same image");
    }
    must(image === undefined || !input.trim().startsWith("-"), "no image begins like an option");
    const signatures = orNothing(() => signaturesOf(parseSignatures(input), DIGEST));
    must(
      signatures === undefined ||
        signatures.every(({ critical }) => critical.image["docker-manifest-digest"] === DIGEST),
      "a signature is of the image",
    );
    const report = orNothing(() => parseReport(input));
    const found = report === undefined ? [] : [...vulnerabilitiesOf(report), ...misconfigurationsOf(report)];
    must(
      found.every(({ title, where }) => title.length <= 200 && where.length <= 500),
      "what is shown is short",
    );
    const files = [{ file: "manifests/0001.json", where: "Deployment/a" }];
    return {
      image,
      found,
      signatures: signatures?.length,
      attestations: orNothing(() => parseAttestations(input, DIGEST)),
      manifest: orNothing(() => parseManifest(input, INDEX)),
      challenge: tryChallenge(input),
      schema: orNothing(() => schemaFindings(input, { files, allowed: new Set(["Foo"]) })),
    };
  },
};

/** What cannot be read is refused by an error of ours, and by no other. */
function orNothing<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    must(error instanceof AppError, `refused by an error of its own, not ${String(error)}`);
    return undefined;
  }
}
