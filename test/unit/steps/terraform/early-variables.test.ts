import { describe, expect, it } from "vitest";

import { FakeTerraform, recordedLines } from "../../../support/fake-terraform.ts";
import { TerraformBench } from "../../../support/terraform-bench.ts";
import type { Program } from "../../../../src/steps/terraform/terraform-input.ts";

const GIVEN = { variables: { size: 3 }, "var-files": ["prod.tfvars"] };

interface Rig extends AsyncDisposable {
  readonly bench: TerraformBench;
  readonly terraform: FakeTerraform;
  /** For which calls the program was given the files, in order. */
  readonly given: () => readonly string[];
}

async function open(program: Program): Promise<Rig> {
  const terraform = new FakeTerraform();
  const bench = await TerraformBench.open(() => terraform, program);
  await bench.write({ "prod.tfvars": "", "main.tf": "" });
  const given = (): readonly string[] =>
    terraform.orders.flatMap(({ args }) => {
      const files = args.filter((argument) => argument.startsWith("-var-file="));
      if (files.length === 0) return [];
      expect(files).toEqual([
        `-var-file=${bench.config}/prod.tfvars`,
        expect.stringMatching(/^-var-file=\/.*\/variables\.tfvars\.json$/u),
      ]);
      return [args[0] ?? ""];
    });
  return { bench, terraform, given, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
}

/** As OpenTofu says it of which version it is. */
function planned(version: string): readonly string[] {
  return recordedLines("plan-create.jsonl", "tofu").map((text) => text.replaceAll("1.10.7", version));
}

describe("variables that are not for a plan alone", () => {
  it("go to OpenTofu whenever it looks at the configuration or its state", async () => {
    await using rig = await open("tofu");
    const outcome = await rig.bench.output({ ...GIVEN, "secret-variables": { passphrase: "correct-horse" } });
    expect(outcome).toMatchObject({ status: "succeeded" });
    expect(rig.given()).toEqual(["init", "output", "state"]);
    expect(rig.terraform.envOf("state")).toMatchObject({ TF_VAR_passphrase: "correct-horse" });
    expect(JSON.stringify(rig.terraform.orders.map(({ args }) => args))).not.toContain("correct-horse");
  });

  it.each([
    ["1.9.4", ["init", "plan", "init", "output", "state"]],
    ["1.10.10", ["init", "plan", "init", "output", "state"]],
    ["1.11.0", ["init", "plan", "init", "apply", "output", "state"]],
    ["1.12.6-dev", ["init", "plan", "init", "apply", "output", "state"]],
  ])(
    "go to OpenTofu %s with a saved plan where it compares them, and not where it takes none",
    async (version, calls) => {
      await using rig = await open("tofu");
      rig.terraform.answers.set("plan", { exitCode: 2, stdout: planned(version) });
      await rig.bench.apply(rig.bench.planOf(await rig.bench.plan(GIVEN)));
      expect(rig.terraform.calls).toEqual(["init", "plan", "init", "apply", "output", "state"]);
      expect(rig.given()).toEqual(calls);
      expect(await rig.bench.leftovers()).toEqual([]);
    },
  );

  it.each([
    ["1.11.0", false],
    ["1.12.6", true],
  ])(
    "leave it to the plan in OpenTofu %s what is forgotten when everything is destroyed: %s",
    async (version, isSaid) => {
      await using rig = await open("tofu");
      rig.terraform.answers.set("plan", { exitCode: 2, stdout: planned(version) });
      await rig.bench.apply(rig.bench.planOf(await rig.bench.plan()));
      expect(rig.terraform.argsOf("apply").includes("-suppress-forget-errors")).toBe(isSaid);
    },
  );

  it("go to Terraform with the plan alone, for it has no such option elsewhere", async () => {
    await using rig = await open("terraform");
    await rig.bench.apply(rig.bench.planOf(await rig.bench.plan(GIVEN)));
    await rig.bench.output(GIVEN);
    expect(rig.given()).toEqual(["plan"]);
  });
});
