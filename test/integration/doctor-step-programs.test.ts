import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, it, onTestFinished } from "vitest";

import { examineStepPrograms } from "../../src/app/doctor-step-programs.ts";
import type { Finding } from "../../src/doctor/finding.ts";
import type { PlanNode } from "../../src/domain/plan.ts";
import type { Json } from "../../src/platform/canonical-json.ts";
import { allKinds } from "../support/all-kinds.ts";

// As the real ones say it.
const SAID = { terraform: "Terraform v1.11.4\non linux_amd64", tofu: "OpenTofu v1.10.7\non linux_amd64" };
type Name = keyof typeof SAID;

/** What the doctor says of steps on a machine that has some programs and no others. */
async function look(steps: readonly PlanNode[], installed: readonly Name[]): Promise<readonly Finding[]> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "quarterdeck-doctor-programs-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const name of installed) {
    await writeFile(join(folder, name), `#!/bin/sh\necho '${SAID[name]}'\n`, { mode: 0o755 });
  }
  const plan = { engine: 1 as const, command: "c", title: "t", verb: "c", steps: [...steps], onFailure: [] };
  return await examineStepPrograms({
    environment: { redisUrl: undefined, variables: { PATH: folder } },
    configuration: { programs: {} },
    commands: [{ body: { kind: "plan", plan } }],
    kinds: allKinds,
  });
}

const step = (key: string, given: Readonly<Record<string, Json>> = {}): PlanNode => ({
  type: "step",
  key,
  uses: `terraform/${key}`,
  sort: "action",
  protects: false,
  with: { ...given },
});

const said = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ level, subject, what }) => `${level} ${subject}: ${what.split("/").at(-1) ?? ""}`);

it("names a missing OpenTofu where steps ask for it, with how to get it, though there is a Terraform", async () => {
  const steps = [step("plan", { program: "tofu" }), step("apply"), step("output", { program: "tofu" })];
  const findings = await look(steps, ["terraform"]);
  expect(findings).toMatchObject([
    {
      level: "problem",
      subject: "tofu",
      why: "commands use terraform/output, terraform/plan",
      mend: "install tofu 1.9 or newer: https://opentofu.org/docs/intro/install",
    },
  ]);
  expect(said(await look(steps, ["tofu"]))).toEqual(["ok tofu: tofu, 1.10.7"]);
});

it("names a missing Terraform where steps do not say which, though there is an OpenTofu", async () => {
  expect(said(await look([step("plan"), step("apply")], ["tofu"]))).toEqual([
    "problem terraform: It is in none of the folders of the PATH.",
  ]);
  expect(said(await look([step("plan"), step("output", { program: "tofu" })], ["tofu", "terraform"]))).toEqual([
    "ok tofu: tofu, 1.10.7",
    "ok terraform: terraform, 1.11.4",
  ]);
});

it("takes either where that is known only in a run", async () => {
  const steps = [step("plan", { program: "${{ inputs.program }}" }), step("apply")];
  expect(said(await look(steps, ["tofu"]))).toEqual(["ok terraform or tofu: tofu, 1.10.7"]);
  expect(await look(steps, [])).toMatchObject([{ level: "problem", subject: "terraform or tofu" }]);
});
