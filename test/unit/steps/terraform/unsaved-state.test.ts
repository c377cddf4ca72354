import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { FakeTerraform } from "../../../support/fake-terraform.ts";
import { TerraformBench } from "../../../support/terraform-bench.ts";

/** Applies a plan whose state its backend does not take, neither then nor a moment later; how that ended. */
async function applyUnsaved(state: object): Promise<unknown> {
  const terraform = new FakeTerraform();
  await using bench = await TerraformBench.open(() => terraform, "tofu");
  const plan = bench.planOf(await bench.plan());
  const run = terraform.run.bind(terraform);
  terraform.run = async (order) => {
    if (order.args[0] === "apply") await writeFile(join(order.folder, "errored.tfstate"), JSON.stringify(state));
    return await run(order);
  };
  terraform.answers.set("apply", { exitCode: 1 });
  terraform.answers.set("state", { exitCode: 1 });
  return await bench.apply(plan);
}

const unsaved = (message: RegExp): object => ({
  status: "failed",
  failure: { code: "terraform.state-unsaved", retry: "never", message: expect.stringMatching(message) },
});

describe("a state that no backend took", () => {
  it("is kept, and pushed by hand", async () => {
    const outcome = await applyUnsaved({ version: 4, resources: [] });
    expect(outcome).toMatchObject(
      unsaved(/kept as \/.*errored\.tfstate .* Bring it there with "tofu state push" before/u),
    );
  });

  it("is told otherwise how to bring where it is encrypted, because such a one is not taken as it is", async () => {
    const outcome = await applyUnsaved({ serial: 2, lineage: "l", meta: {}, encrypted_data: "x" });
    expect(outcome).toMatchObject(
      unsaved(/It is encrypted: .* a copy of the configuration .* "tofu state pull" .* with "tofu state push" before/u),
    );
  });
});
