import { generateKeyPairSync } from "node:crypto";

import { onTestFinished } from "vitest";

import type { JsonMap } from "../../../src/platform/canonical-json.ts";
import type { StepKind } from "../../../src/engine/step-kind.ts";
import type { ProgramEnd } from "../../../src/programs/program-order.ts";
import { cosignVerify } from "../../../src/steps/cosign/cosign-verify.ts";
import { imageCustody } from "../../../src/steps/custody/image-custody.ts";
import { imageResolve } from "../../../src/steps/image/image-resolve.ts";
import type { ToolDeps } from "../../../src/steps/image/tool-choice.ts";
import { manifestsValidate } from "../../../src/steps/manifests/manifests-validate.ts";
import type { HttpAnswer } from "../../../src/steps/network/http-call.ts";
import { trivyImage } from "../../../src/steps/trivy/trivy-image.ts";
import { FakeArgocd } from "../../support/fake-argocd.ts";
import { recording, ToolBench } from "../../support/tool-bench.ts";
import { anApplication, SHA_B } from "../../unit/argocd/application-builder.ts";
import { TOKEN, type ActionScene } from "../step-kind.contract.ts";

const IMAGE = "registry.example.com/checkout@sha256:7d5225e2801d8c75facfbd98b49a74b7f73606c6dcae95334add95e6c5bf2e0c";
const REGISTRY = { user: "reader", password: { secret: "TOKEN" } };

/** A program that says everything that it was given, and then prints what was recorded. */
async function toolScene(
  create: (deps: ToolDeps) => StepKind,
  recorded: Partial<ProgramEnd>,
  input: JsonMap,
): Promise<ActionScene> {
  const tools = await ToolBench.open();
  onTestFinished(() => tools[Symbol.asyncDispose]());
  const stderr = (files: unknown): string => `INFO ${TOKEN} ${JSON.stringify(files)}`;
  tools.answer = () => ({ ...recorded, stderr: stderr(tools.last.files) });
  return {
    kind: create(tools.deps),
    input: { image: IMAGE, registry: REGISTRY, ...input },
    hold: () => {
      const begun = Promise.withResolvers<void>();
      tools.answer = ({ signal }) => {
        begun.resolve();
        return new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        });
      };
      return begun.promise;
    },
  };
}

export function scanScene(): Promise<ActionScene> {
  const recorded = { exitCode: 3, stdout: recording("trivy/image-findings.json") };
  return toolScene(trivyImage, recorded, { "fail-on": { critical: 5 }, "end-of-life": "allow" });
}

export function signedScene(): Promise<ActionScene> {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = publicKey.export({ type: "spki", format: "pem" }).toString();
  return toolScene(cosignVerify, { stdout: recording("cosign/verify-key.json") }, { key });
}

const INDEX = "application/vnd.oci.image.index.v1+json";

/** A registry that lets in whoever has the token. */
export async function resolveScene(): Promise<ActionScene> {
  const state = { isHeld: false };
  const asked = Promise.withResolvers<void>();
  const kind = imageResolve({
    networkPolicy: () => ({ privateAddresses: "deny", allow: [] }),
    send: async ({ url, headers, signal }): Promise<HttpAnswer> => {
      if (state.isHeld) {
        const stopped = new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        });
        asked.resolve();
        await stopped;
      }
      const isKnown = headers["authorization"] !== undefined;
      const body = Buffer.from(JSON.stringify({ mediaType: INDEX, manifests: [] }));
      return {
        status: isKnown ? 200 : 401,
        headers: isKnown ? { "content-type": INDEX } : { "www-authenticate": 'Basic realm="r"' },
        body,
        isCut: false,
        url: url.href,
        redirects: 0,
        latencyMs: 1,
      };
    },
  });
  return {
    kind,
    input: { image: "registry.example.com/checkout:1.4.2", registry: REGISTRY },
    hold: () => {
      state.isHeld = true;
      return asked.promise;
    },
  };
}

export async function manifestsScene(): Promise<ActionScene> {
  const tools = await ToolBench.open();
  onTestFinished(() => tools[Symbol.asyncDispose]());
  const argocd = new FakeArgocd(anApplication());
  argocd.manifests = () => ['{"apiVersion":"v1","kind":"Service","metadata":{"name":"checkout"}}'];
  return {
    kind: manifestsValidate({ ...tools.deps, servers: argocd.servers }),
    input: { app: "main/argocd/checkout-prod", revision: SHA_B },
    hold: () => {
      const asked = Promise.withResolvers<void>();
      argocd.before = ({ signal }) => {
        asked.resolve();
        return new Promise((_, reject) => {
          signal?.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
        });
      };
      return asked.promise;
    },
  };
}

export async function custodyScene(): Promise<ActionScene> {
  const images = [{ image: IMAGE, digest: IMAGE.split("@")[1] ?? "", where: "Deployment/checkout" }];
  return { kind: imageCustody, input: { scanned: IMAGE, signed: IMAGE, images } };
}
