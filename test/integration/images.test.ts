import { execFile } from "node:child_process";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { describe, expect, it, onTestFinished } from "vitest";

import { systemClock } from "../../src/platform/clock.ts";
import { findProgram } from "../../src/programs/find-program.ts";
import { pushImage } from "../../src/simulator/registry-image.ts";
import { signImage } from "../../src/simulator/registry-signature.ts";
import { RegistrySimulator } from "../../src/simulator/registry-simulator.ts";
import { cosignVerify } from "../../src/steps/cosign/cosign-verify.ts";
import { imageResolve } from "../../src/steps/image/image-resolve.ts";
import { manifestsValidate } from "../../src/steps/manifests/manifests-validate.ts";
import { systemLookup } from "../../src/steps/network/checked-addresses.ts";
import { httpSender } from "../../src/steps/network/http-call.ts";
import { FakeArgocd } from "../support/fake-argocd.ts";
import { hasRegistry, LoopbackRegistry } from "../support/loopback-registry.ts";
import { pushIndex } from "../support/push-index.ts";
import { StepBench } from "../support/step-bench.ts";
import { machinePrograms } from "../support/terraform-program.ts";
import { ToolBench } from "../support/tool-bench.ts";
import { anApplication, SHA_B } from "../unit/argocd/application-builder.ts";

async function has(program: string): Promise<boolean> {
  const isThere = await findProgram(program, process.env["PATH"]).then(
    () => true,
    () => false,
  );
  if (!isThere) console.warn(`NO ${program} IS INSTALLED: nothing is tried with ${program}.`);
  return isThere;
}

const [hasCosign, hasKubeconform] = [await has("cosign"), await has("kubeconform")];

type Registry = AsyncDisposable & { readonly host: string };

async function openUntilEnd(open: () => Promise<Registry>): Promise<Registry> {
  const own = await open();
  onTestFinished(() => own[Symbol.asyncDispose]());
  return own;
}

// What is true of a real registry is true of the simulated one, which stands in for it where none is installed.
const REGISTRIES = [
  { name: "a real registry", isThere: hasRegistry, open: () => LoopbackRegistry.open() },
  { name: "the simulated registry", isThere: true, open: () => RegistrySimulator.start() },
];

async function tools(): Promise<ToolBench> {
  const opened = await ToolBench.open();
  onTestFinished(() => opened[Symbol.asyncDispose]());
  return opened;
}

describe.each(REGISTRIES)("image/resolve on $name", ({ isThere, open }) => {
  const bench = (): StepBench =>
    new StepBench(
      imageResolve({
        send: httpSender({ clock: systemClock, lookup: systemLookup }),
        networkPolicy: () => ({ privateAddresses: "allow", allow: [] }),
      }),
    );

  it.skipIf(!isThere)(
    "names the index by its digest, takes the image for a platform, and follows a moved tag",
    async () => {
      const own = await openUntilEnd(open);
      const architectures = ["amd64", "arm64"];
      const { index, images } = await pushIndex(
        { host: own.host, repository: "team/checkout" },
        { tag: "1.4.2", architectures },
      );
      const image = `${own.host}/team/checkout:1.4.2`;
      expect(await bench().output({ image })).toMatchObject({
        digest: index,
        reference: `${own.host}/team/checkout@${index}`,
        platforms: [
          { platform: "linux/amd64", digest: images[0] },
          { platform: "linux/arm64", digest: images[1] },
        ],
      });
      expect(await bench().output({ image, platform: "linux/arm64" })).toMatchObject({ digest: images[1], index });
      const single = { image: `${own.host}/team/checkout@${images[0]}`, platform: "linux/amd64" };
      expect(await bench().output(single)).toMatchObject({ digest: images[0] });
      const moved = await pushIndex(
        { host: own.host, repository: "team/checkout" },
        { tag: "1.4.2", architectures: ["arm64"] },
      );
      expect(await bench().output({ image })).toMatchObject({ digest: moved.index });
      expect(await bench().failure({ image: `${own.host}/team/nothing:1` })).toMatchObject({ code: "image.not-found" });
    },
  );
});

describe.each(REGISTRIES)("cosign/verify on real signatures in $name", ({ isThere, open }) => {
  it.skipIf(!isThere || !hasCosign)(
    "tells what is signed from what is only attested, by another key, or not at all",
    async () => {
      const [own, bench] = [await openUntilEnd(open), await tools()];
      const pushed = await pushIndex(
        { host: own.host, repository: "team/checkout" },
        { tag: "1", architectures: ["amd64", "arm64", "s390x"] },
      );
      const [attestedOnly = "", unsigned = ""] = pushed.images;
      const run = promisify(execFile);
      const env = { PATH: process.env["PATH"], HOME: bench.folder, COSIGN_PASSWORD: "" };
      const cosign = (...args: readonly string[]): Promise<unknown> => run("cosign", args, { cwd: bench.folder, env });
      await cosign("generate-key-pair");
      await cosign("generate-key-pair", "--output-key-prefix=other");
      await writeFile(join(bench.folder, "tests.json"), '{"result":"ok"}');
      const at = (digest: string): string => `${own.host}/team/checkout@${digest}`;
      const type = "https://example.com/tests/v1";
      const offline = ["--yes", "--key=cosign.key", "--use-signing-config=false", "--tlog-upload=false"];
      await cosign("sign", ...offline, at(pushed.index));
      for (const digest of [pushed.index, attestedOnly]) {
        await cosign("attest", ...offline, `--type=${type}`, "--predicate=tests.json", at(digest));
      }
      await using programs = machinePrograms(join(bench.folder, "own"));
      const step = new StepBench(cosignVerify({ ...bench.deps, programs }));
      const key = await readFile(join(bench.folder, "cosign.pub"), "utf8");
      const input = { key, "insecure-ignore-tlog": true };
      const asked = {
        ...input,
        image: at(pushed.index),
        attestations: [{ type, condition: 'predicate.result == "ok"' }],
      };
      expect(await step.output(asked)).toMatchObject({
        digest: pushed.index,
        signatures: 1,
        attestations: [{ type, count: 1 }],
      });
      const bad = { ...asked, attestations: [{ type, condition: 'predicate.result == "bad"' }] };
      expect(await step.failure(bad)).toMatchObject({ code: "cosign.condition" });
      expect(await step.failure({ ...input, image: at(attestedOnly) })).toMatchObject({ code: "cosign.unsigned" });
      expect(await step.failure({ ...input, image: at(unsigned) })).toMatchObject({ code: "cosign.unsigned" });
      const other = { ...asked, key: await readFile(join(bench.folder, "other.pub"), "utf8") };
      expect(await step.failure(other)).toMatchObject({ code: "cosign.not-verified" });
      await own[Symbol.asyncDispose]();
      expect(await step.failure(asked)).toMatchObject({ code: "cosign.unreachable", retry: "backoff" });
    },
  );
});

describe.skipIf(!hasCosign)("an image that was signed without Cosign", () => {
  it("is signed for Cosign as well, by that key and no other", async () => {
    const [own, bench] = [await RegistrySimulator.start(), await tools()];
    onTestFinished(() => own[Symbol.asyncDispose]());
    const name = `${own.host}/team/checkout`;
    const [one, other] = [1, 2].map(() => generateKeyPairSync("ec", { namedCurve: "P-256" }));
    const content = own.repository("team/checkout");
    const digest = pushImage(content, { tag: "1", image: { layer: Buffer.alloc(1024) } });
    if (one === undefined || other === undefined) throw new Error("there are two keys");
    signImage(content, { name, digest, privateKey: one.privateKey });
    await using programs = machinePrograms(join(bench.folder, "own"));
    const step = new StepBench(cosignVerify({ ...bench.deps, programs }));
    const input = (key: KeyObject) => ({
      image: `${name}@${digest}`,
      key: key.export({ type: "spki", format: "pem" }).toString(),
      "insecure-ignore-tlog": true,
    });
    expect(await step.output(input(one.publicKey))).toMatchObject({ digest, signatures: 1 });
    expect(await step.failure(input(other.publicKey))).toMatchObject({ code: "cosign.not-verified" });
  });
});

describe.skipIf(!hasKubeconform)("manifests/validate with kubeconform itself", () => {
  it("finds what breaks a schema of the folder, and what has none in it", async () => {
    const bench = await tools();
    const argocd = new FakeArgocd(anApplication());
    const deployment = (spec: object) =>
      JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "a" }, spec });
    const schema = JSON.stringify({
      type: "object",
      properties: { spec: { properties: { replicas: { type: "integer" } }, additionalProperties: false } },
    });
    const tar = promisify(execFile);
    await writeFile(join(bench.folder, "deployment-apps-v1.json"), schema);
    await tar("tar", ["-cf", "schemas.tar", "deployment-apps-v1.json"], { cwd: bench.folder });
    const content = await readFile(join(bench.folder, "schemas.tar"));
    await using programs = machinePrograms(join(bench.folder, "own"));
    const put = (): ReturnType<StepBench["artifacts"]["put"]> =>
      step.artifacts.put({ name: "s.tar", mediaType: "application/x-tar", content });
    const preparation = { ...bench.preparation, exportFolder: put };
    const step: StepBench = new StepBench(
      manifestsValidate({ ...bench.deps, programs, preparation, servers: argocd.servers }),
    );
    const schemas = { repository: "https://git.test/schemas.git", revision: SHA_B };
    const input = { app: "main/argocd/checkout-prod", revision: SHA_B, schemas };
    argocd.manifests = () => [deployment({ replicas: 1 })];
    expect(await step.output(input)).toMatchObject({ objects: 1 });
    argocd.manifests = () => [
      deployment({ replicas: "x" }),
      '{"apiVersion":"x.io/v1","kind":"Foo","metadata":{"name":"b"}}',
    ];
    const { message } = await step.failure({ ...input });
    expect(message).toContain("Deployment/a (schema): /spec/replicas: got string, want integer");
    expect(message).toContain("Foo/b (schema): there is no schema for it");
  });
});
