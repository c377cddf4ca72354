import { describe, expect, it } from "vitest";

import type { ProgramEnd } from "../../../../src/programs/program-order.ts";
import { manifestsValidate } from "../../../../src/steps/manifests/manifests-validate.ts";
import { FakeArgocd } from "../../../support/fake-argocd.ts";
import { StepBench } from "../../../support/step-bench.ts";
import { recording, ToolBench } from "../../../support/tool-bench.ts";
import { anApplication, SHA_B } from "../../argocd/application-builder.ts";

const APP = "main/argocd/checkout-prod";
const SCHEMAS = { repository: "https://git.test/schemas.git", revision: "4f2a6c1d9e0b7a35c8d4e6f1a2b3c4d5e6f7a8b9" };
const DIGEST = `sha256:${"a".repeat(64)}`;
const REPORT = { exitCode: 1, stdout: recording("kubeconform/report.json") };

const deployment = (name: string, image: string, more: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: { replicas: 1, template: { spec: { containers: [{ name: "web", image }], ...more } } },
});

interface Rig extends AsyncDisposable {
  readonly tools: ToolBench;
  readonly argocd: FakeArgocd;
  readonly step: StepBench;
}

async function rig(objects: readonly object[], answer: Partial<ProgramEnd> = {}): Promise<Rig> {
  const tools = await ToolBench.open(() => answer);
  const argocd = new FakeArgocd(anApplication());
  argocd.manifests = () => objects.map((object) => JSON.stringify(object));
  const source = { name: "schemas.tar", mediaType: "application/x-tar", content: Buffer.alloc(1024) };
  tools.preparation = { ...tools.preparation, exportFolder: () => step.artifacts.put(source) };
  const step: StepBench = new StepBench(manifestsValidate({ ...tools.deps, servers: argocd.servers }));
  return { tools, argocd, step, [Symbol.asyncDispose]: () => tools[Symbol.asyncDispose]() };
}

const THREE = [
  deployment("a", "x:1"),
  deployment("b", "x:1"),
  { apiVersion: "x.io/v1", kind: "Foo", metadata: { name: "b" }, spec: {} },
];

describe("manifests/validate", () => {
  it("asks Argo CD for what it renders at exactly that revision", async () => {
    await using bench = await rig([deployment("checkout", "x:1")]);
    const asked: string[] = [];
    bench.argocd.manifests = (revision) => {
      asked.push(revision);
      return [JSON.stringify(deployment("checkout", "x:1"))];
    };
    await bench.step.output({ app: APP, revision: SHA_B });
    expect(asked).toEqual([SHA_B]);
  });

  it("says which images the manifests name, wherever they do, with their digests", async () => {
    const volumes = { volumes: [{ name: "model", image: { reference: "registry.example.com/model:3" } }] };
    const initContainers = { initContainers: [{ name: "init", image: "redis" }] };
    await using bench = await rig([
      deployment("checkout", `registry.example.com/checkout@${DIGEST}`, { ...volumes, ...initContainers }),
      deployment("again", `registry.example.com/checkout@${DIGEST}`),
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "Prometheus",
        metadata: { name: "p" },
        spec: { image: "prom/prometheus:v3" },
      },
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" }, data: { image: "not-one:1" } },
    ]);
    const output = await bench.step.output({ app: APP, revision: SHA_B });
    expect(output["images"]).toEqual(
      expect.arrayContaining([
        { image: `registry.example.com/checkout@${DIGEST}`, digest: DIGEST, where: "Deployment/checkout" },
        { image: "registry.example.com/model:3", digest: "", where: "Deployment/checkout" },
        { image: "redis", digest: "", where: "Deployment/checkout" },
        { image: "prom/prometheus:v3", digest: "", where: "Prometheus/p" },
      ]),
    );
    expect(output["images"]).toHaveLength(4);
  });

  it("finds what breaks its schema, and what has none", async () => {
    await using bench = await rig(THREE, REPORT);
    const failure = await bench.step.failure({ app: APP, revision: SHA_B, schemas: SCHEMAS });
    expect(failure).toMatchObject({ code: "manifests.invalid", retry: "never" });
    expect(failure.message).toContain("Deployment/b (schema): /spec/replicas: got string, want integer");
    expect(failure.message).toContain("Foo/b (schema): there is no schema for it");
    expect(bench.step.artifacts.text("manifests-report.json")).toContain("oops");
  });

  it("fetches no schema from anywhere, and passes over no object in silence", async () => {
    await using bench = await rig(THREE, REPORT);
    await bench.step.run({ app: APP, revision: SHA_B, schemas: SCHEMAS, "kubernetes-version": "1.34.1" });
    const { order, files } = bench.tools.last;
    expect(order.args).toEqual(
      expect.arrayContaining(["-strict", "-schema-location=schemas", "-kubernetes-version=1.34.1"]),
    );
    expect(order.args.join(" ")).not.toMatch(/https?:|-skip|-ignore/u);
    expect(Object.keys(files)).toEqual(["manifests/0001.json", "manifests/0002.json", "manifests/0003.json"]);
  });

  it("lets kinds be without a schema that are named", async () => {
    const report = JSON.parse(REPORT.stdout);
    report.resources = report.resources.filter(({ filename }: { filename: string }) => !filename.includes("0002"));
    const two = [deployment("a", "x:1"), THREE[2] ?? {}];
    const stdout = JSON.stringify(report).replace("0003", "0002");
    await using bench = await rig(two, { exitCode: 1, stdout });
    const input = { app: APP, revision: SHA_B, schemas: SCHEMAS };
    expect(await bench.step.output({ ...input, "without-schema": ["Foo"] })).toMatchObject({
      objects: 2,
      check: { result: "2 objects, valid by their schemas; 1 image" },
    });
    expect(await bench.step.failure({ ...input, "without-schema": ["Bar"] })).toMatchObject({
      code: "manifests.invalid",
    });
  });

  it.each([
    ["nothing", { exitCode: 0, stdout: "" }, "manifests.failed"],
    ["an object left out", { exitCode: 0, stdout: '{"resources":[]}' }, "manifests.unreadable-output"],
    ["no report", { exitCode: 0, stdout: "ok" }, "manifests.unreadable-output"],
    ["another exit code", { ...REPORT, exitCode: 2 }, "manifests.failed"],
    [
      "an object passed over",
      { exitCode: 0, stdout: '{"resources":[{"filename":"manifests/0001.json","status":"statusSkipped"}]}' },
      "manifests.invalid",
    ],
    [
      "a failure without a reason",
      { exitCode: 1, stdout: '{"resources":[{"filename":"manifests/0001.json","status":"statusValid"}]}' },
      "manifests.unreadable-output",
    ],
  ])("takes %s for no good end of kubeconform", async (_what, answer, code) => {
    await using bench = await rig([deployment("a", "x:1")], answer);
    expect(await bench.step.failure({ app: APP, revision: SHA_B, schemas: SCHEMAS })).toMatchObject({ code });
  });

  it("holds objects against rules, and takes a rule that cannot be evaluated for broken", async () => {
    const rule = {
      name: "replicas",
      kinds: ["Deployment"],
      condition: "manifest.spec.replicas >= 2",
      message: "Run two.",
    };
    await using bench = await rig(THREE);
    const failure = await bench.step.failure({ app: APP, revision: SHA_B, rules: [rule] });
    expect(failure.message).toContain("Deployment/a (replicas): Run two. (manifest.spec.replicas >= 2 does not hold)");
    expect(failure.message).not.toContain("Foo/b");
    const everywhere = { name: "replicas", condition: "manifest.spec.replicas >= 1", message: "Say how many." };
    expect((await bench.step.failure({ app: APP, revision: SHA_B, rules: [everywhere] })).message).toContain("Foo/b");
    const kept = { ...rule, condition: "manifest.spec.replicas == 1" };
    expect(await bench.step.output({ app: APP, revision: SHA_B, rules: [kept] })).toMatchObject({ objects: 3 });
  });

  it("takes nothing rendered, or something that is no object, for no good rendering", async () => {
    await using bench = await rig([]);
    expect(await bench.step.failure({ app: APP, revision: SHA_B })).toMatchObject({ code: "manifests.none" });
    bench.argocd.manifests = () => ["apiVersion: v1"];
    expect(await bench.step.failure({ app: APP, revision: SHA_B })).toMatchObject({ code: "manifests.unreadable" });
  });
});
