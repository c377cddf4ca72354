import { describe, expect, it } from "vitest";

import type { ProgramEnd } from "../../../../src/programs/program-order.ts";
import { trivyConfig } from "../../../../src/steps/trivy/trivy-config.ts";
import { StepBench } from "../../../support/step-bench.ts";
import { ToolBench } from "../../../support/tool-bench.ts";

const DIRECTORY = {
  repository: "https://git.test/checkout.git",
  revision: "4f2a6c1d9e0b7a35c8d4e6f1a2b3c4d5e6f7a8b9",
  path: "deploy",
};

/** As Trivy prints it for a folder with one manifest. */
const REPORT = {
  SchemaVersion: 2,
  ArtifactName: "/checked/files",
  ArtifactType: "filesystem",
  Metadata: {},
  Results: [
    {
      Target: "deployment.yaml",
      Class: "config",
      Type: "kubernetes",
      MisconfSummary: { Successes: 113, Failures: 2 },
      Misconfigurations: [
        {
          Type: "Kubernetes Security Check",
          ID: "KSV-0014",
          Title: "Root file system",
          Message: "Container 'web' should set readOnlyRootFilesystem",
          Severity: "HIGH",
          Status: "FAIL",
        },
        {
          Type: "Kubernetes Security Check",
          ID: "KSV-0011",
          Title: "CPU",
          Message: "no CPU limit",
          Severity: "LOW",
          Status: "FAIL",
        },
      ],
    },
  ],
};

async function bench(answer: Partial<ProgramEnd>): Promise<{ tools: ToolBench; step: StepBench } & AsyncDisposable> {
  const tools = await ToolBench.open(() => answer);
  // An archive without anything in it: two blocks of zeros.
  const source = { name: "source.tar", mediaType: "application/x-tar", content: Buffer.alloc(1024) };
  tools.preparation = { ...tools.preparation, exportFolder: () => step.artifacts.put(source) };
  const step: StepBench = new StepBench(trivyConfig(tools.deps));
  return { tools, step, [Symbol.asyncDispose]: () => tools[Symbol.asyncDispose]() };
}

describe("trivy/config", () => {
  it("fails on what is beyond a threshold, and says where it is", async () => {
    await using rig = await bench({ exitCode: 3, stdout: JSON.stringify(REPORT) });
    const failure = await rig.step.failure({ directory: DIRECTORY });
    expect(failure.code).toBe("trivy.findings");
    expect(failure.message).toContain("deploy of https://git.test/checkout.git at 4f2a6c1 has 1 high (0 allowed)");
    expect(failure.message).toContain("KSV-0014 (high) in deployment.yaml");
  });

  it("lets a finding of one file pass that is on the list", async () => {
    await using rig = await bench({ exitCode: 3, stdout: JSON.stringify(REPORT) });
    const ignore = [{ id: "KSV-0014", in: "deployment.yaml", reason: "it writes to its cache", until: "2026-11-30" }];
    expect(await rig.step.output({ directory: DIRECTORY, ignore })).toMatchObject({
      counts: { high: 0, low: 1 },
      ignored: 1,
      checks: 115,
      check: { result: "1 low; 1 ignored, of 115 checks" },
    });
    const elsewhere = [{ ...ignore[0], in: "other.yaml" }];
    expect(await rig.step.failure({ directory: DIRECTORY, ignore: elsewhere })).toMatchObject({
      code: "trivy.findings",
    });
  });

  it("looks at the folder from outside of it, where no settings of its own are found", async () => {
    await using rig = await bench({ exitCode: 3, stdout: JSON.stringify(REPORT) });
    await rig.step.run({ directory: DIRECTORY });
    const { args, folder } = rig.tools.last.order;
    expect(args[0]).toBe("config");
    expect(args.at(-1)).toBe(`${folder}/files`);
  });

  it.each([
    ["a folder without anything to check", { ...REPORT, Results: null }],
    ["files for which nothing was checked", { ...REPORT, Results: [{ Target: "a", Class: "config" }] }],
  ])("does not take %s for clean", async (_what, report) => {
    await using rig = await bench({ exitCode: 0, stdout: JSON.stringify(report) });
    expect(await rig.step.failure({ directory: DIRECTORY })).toMatchObject({ code: "trivy.nothing-scanned" });
  });
});
