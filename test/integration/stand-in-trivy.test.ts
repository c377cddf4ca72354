import { gzipSync } from "node:zlib";

import { expect, it, onTestFinished } from "vitest";

import { alpineLayer } from "../../src/demo/alpine-layer.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { trivyImage } from "../../src/steps/trivy/trivy-image.ts";
import { parseReport, vulnerabilitiesOf } from "../../src/steps/trivy/trivy-report.ts";
import { openBlobRegistry } from "../support/blob-registry.ts";
import { standInPrograms } from "../support/stand-in-bench.ts";
import { StepBench } from "../support/step-bench.ts";
import { recording, ToolBench } from "../support/tool-bench.ts";

const MARK = "[stand-in for trivy]";

async function scanned(image: string): Promise<{ readonly outcome: Outcome; readonly bench: StepBench }> {
  const tools = await ToolBench.open();
  onTestFinished(() => tools[Symbol.asyncDispose]());
  const bench = new StepBench(trivyImage({ ...tools.deps, programs: await standInPrograms(["trivy"]) }));
  return { bench, outcome: await bench.run({ image }) };
}

it("finds what is known of the packages in an image, as the step reads it from the real program", async () => {
  const registry = await openBlobRegistry();
  const base = alpineLayer({ version: "3.22.1", packages: { musl: "1.2.5-r10", zlib: "1.3.1-r2" } });
  const clean = registry.image([base]);
  const { outcome } = await scanned(`${registry.host}/shop/checkout@${clean}`);
  expect(outcome).toMatchObject({
    status: "succeeded",
    output: {
      digest: clean,
      counts: { critical: 0 },
      system: { family: "alpine", version: "3.22.1", endOfLife: false },
    },
  });
  const old = gzipSync(alpineLayer({ version: "3.22.1", packages: { musl: "1.1.20-r4", zlib: "1.3.1-r2" } }));
  const { outcome: bad } = await scanned(`${registry.host}/shop/checkout@${registry.image([base, old])}`);
  expect(bad).toMatchObject({
    status: "failed",
    failure: {
      code: "trivy.findings",
      message: expect.stringContaining("CVE-2019-14697 (critical) in musl 1.1.20-r4, fixed in 1.1.20-r5"),
    },
  });
});

it("says on each line and in each finding that it is a stand-in", async () => {
  const registry = await openBlobRegistry();
  const digest = registry.image([alpineLayer({ version: "3.10.2", packages: { "libssl1.1": "1.1.1c-r0" } })]);
  const { bench, outcome } = await scanned(`${registry.host}/shop/checkout@${digest}`);
  expect(outcome).toMatchObject({ failure: { code: "trivy.end-of-life" } });
  const report = parseReport(bench.artifacts.text("trivy-report.json") ?? "");
  expect(vulnerabilitiesOf(report).map(({ title }) => title)).toEqual([expect.stringContaining(MARK)]);
  const lines = (bench.artifacts.text("log") ?? "").trimEnd().split("\n");
  expect(lines.filter((line) => !line.includes(MARK))).toEqual([]);
});

it("says of an image that the registry does not have what the real one says", async () => {
  const registry = await openBlobRegistry();
  const { outcome } = await scanned(`${registry.host}/shop/checkout@sha256:${"0".repeat(64)}`);
  expect(outcome).toMatchObject({ failure: { code: "trivy.not-found" } });
});

it("prints what the real one prints, as far as it is read", async () => {
  const registry = await openBlobRegistry();
  const digest = registry.image([alpineLayer({ version: "3.10.2", packages: { "libssl1.1": "1.1.1c-r0" } })]);
  const { bench } = await scanned(`${registry.host}/shop/checkout@${digest}`);
  const [own, real] = [bench.artifacts.text("trivy-report.json") ?? "", recording("trivy/image-findings.json")].map(
    (text) => parseReport(text),
  );
  const [ours] = own === undefined ? [] : vulnerabilitiesOf(own);
  const theirs = real === undefined ? [] : vulnerabilitiesOf(real);
  const same = theirs.find(({ id }) => id === ours?.id);
  expect({ ...ours, title: "" }).toEqual({ ...same, title: "" });
  expect(own?.Metadata.OS).toEqual(real?.Metadata.OS);
});
