import { describe, expect, it } from "vitest";

import { FakeTerraform } from "../../../support/fake-terraform.ts";
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

describe("variables that are not for a plan alone", () => {
  it("go to OpenTofu whenever it looks at the configuration or its state, but not with a plan, which has them", async () => {
    await using rig = await open("tofu");
    const plan = rig.bench.planOf(await rig.bench.plan(GIVEN));
    expect(rig.given()).toEqual(["init", "plan"]);
    await rig.bench.apply(plan);
    expect(rig.terraform.calls).toEqual(["init", "plan", "init", "apply", "output", "state"]);
    expect(rig.given()).toEqual(["init", "plan", "init", "output", "state"]);
    rig.terraform.orders.splice(0);
    const outcome = await rig.bench.output({ ...GIVEN, "secret-variables": { passphrase: "correct-horse" } });
    expect(outcome).toMatchObject({ status: "succeeded" });
    expect(rig.given()).toEqual(["init", "output", "state"]);
    expect(rig.terraform.envOf("state")).toMatchObject({ TF_VAR_passphrase: "correct-horse" });
    expect(JSON.stringify(rig.terraform.orders.map(({ args }) => args))).not.toContain("correct-horse");
  });

  it("go to Terraform with the plan alone, for it has no such option elsewhere", async () => {
    await using rig = await open("terraform");
    await rig.bench.apply(rig.bench.planOf(await rig.bench.plan(GIVEN)));
    await rig.bench.output(GIVEN);
    expect(rig.given()).toEqual(["plan"]);
  });

  it("leave nothing behind", async () => {
    await using rig = await open("tofu");
    await rig.bench.apply(rig.bench.planOf(await rig.bench.plan(GIVEN)));
    expect(await rig.bench.leftovers()).toEqual([]);
  });
});
