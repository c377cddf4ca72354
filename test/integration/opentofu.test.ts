import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { describe, expect, it } from "vitest";

import type { Outcome } from "../../src/domain/outcome.ts";
import { StateServer } from "../support/state-server.ts";
import { TerraformBench } from "../support/terraform-bench.ts";
import { hasTofu, isAtLeast, machinePrograms } from "../support/terraform-program.ts";

const PASSPHRASE = "correct-horse-battery-staple";

const ENCRYPTED = `
variable "passphrase" {
  type      = string
  sensitive = true
}
terraform {
  backend "http" {}
  encryption {
    key_provider "pbkdf2" "own" {
      passphrase = var.passphrase
      iterations = 200000
    }
    method "aes_gcm" "own" { keys = key_provider.pbkdf2.own }
    state {
      method   = method.aes_gcm.own
      enforced = true
    }
    plan {
      method   = method.aes_gcm.own
      enforced = true
    }
  }
}
resource "terraform_data" "x" { input = "a-machine" }
output "machine" { value = terraform_data.x.output }
`;

const open = (): Promise<TerraformBench> => TerraformBench.open(machinePrograms, "tofu");

function output(outcome: Outcome): Readonly<Record<string, unknown>> {
  if (outcome.status !== "succeeded") throw new Error(JSON.stringify(outcome));
  return outcome.output;
}

describe.skipIf(!hasTofu)("what OpenTofu has and Terraform has not", () => {
  it("makes its backend and the sources of its modules of variables, in each step", async () => {
    await using bench = await open();
    await mkdir(join(bench.folder, "state"));
    await bench.write({
      "main.tf": `
variable "environment" { type = string }
variable "module" { type = string }
terraform {
  backend "local" { path = "${bench.folder}/state/\${var.environment}.tfstate" }
}
module "node" { source = "./\${var.module}" }
output "size" { value = module.node.size }
`,
      "prod.tfvars": 'environment = "prod"\n',
      "terraform.tfvars": 'environment = "nowhere"\nmodule = "none"\n',
      "large/main.tf":
        'resource "terraform_data" "x" { input = 9 }\noutput "size" { value = terraform_data.x.output }\n',
    });
    const directory = { repository: "r", revision: "a".repeat(40), path: "." };
    const given = { directory, "var-files": ["prod.tfvars"], variables: { module: "large" } };
    const plan = bench.planOf(await bench.plan(given));
    expect(output(await bench.apply(plan))).toMatchObject({ added: 1, values: { size: 9 }, state: { serial: 1 } });
    expect(await readFile(join(bench.folder, "state/prod.tfstate"), "utf8")).toContain('"terraform_data"');
    expect(output(await bench.output(given))).toMatchObject({ values: { size: 9 }, state: { serial: 1 } });
    expect(output(await bench.plan(given))).toMatchObject({ changed: false });
    expect(await bench.leftovers()).toEqual([]);
  });

  it("leaves alone what is to be left alone, where it is replaced and where all is destroyed", async ({ skip }) => {
    await using bench = await open();
    const kept = (release: string): string => `
resource "terraform_data" "kept" {
  triggers_replace = "${release}"
  lifecycle { destroy = false }
}
resource "terraform_data" "other" {}
`;
    await bench.write({ "main.tf": 'resource "terraform_data" "x" {}\n' });
    const { version } = bench.planOf(await bench.plan());
    skip(!isAtLeast(version, "1.12"), `OpenTofu ${version} destroys all that it is to replace`);
    await bench.write({ "main.tf": kept("one") });
    expect(output(await bench.apply(bench.planOf(await bench.plan())))).toMatchObject({ added: 2 });
    await bench.write({ "main.tf": kept("two") });
    const renewing = bench.planOf(await bench.plan());
    expect(renewing).toMatchObject({ add: 1, destroy: 0, replace: 0 });
    expect(renewing.resources).toEqual([
      { address: "terraform_data.kept", action: "forget-and-create", reason: "cannot_update" },
    ]);
    expect(output(await bench.apply(renewing))).toMatchObject({ added: 1, destroyed: 0 });
    const gone = bench.planOf(await bench.plan({ destroy: true }));
    expect(gone.resources.map(({ address, action }) => [action, address])).toEqual([
      ["delete", "terraform_data.other"],
      ["forget", "terraform_data.kept"],
    ]);
    expect(output(await bench.apply(gone))).toMatchObject({ added: 0, destroyed: 1 });
  });

  it("encrypts plan and state with a secret variable, and another key is a fault and not a lock", async () => {
    await using bench = await open();
    await using backend = await StateServer.open();
    await bench.write({ "main.tf": ENCRYPTED });
    const given = { "backend-config": backend.config, "secret-variables": { passphrase: PASSPHRASE } };
    const plan = bench.planOf(await bench.plan(given));
    expect(output(await bench.apply(plan))).toMatchObject({ added: 1, values: { machine: "a-machine" } });
    expect(backend.state).toContain("encrypted_data");
    expect(backend.state).not.toContain("a-machine");
    expect(output(await bench.output(given))).toMatchObject({ values: { machine: "a-machine" }, state: { serial: 1 } });
    const other = { ...given, "secret-variables": { passphrase: `not-${PASSPHRASE}` } };
    const undecrypted = {
      failure: { code: "terraform.failed", message: expect.stringContaining("decryption failed") },
    };
    expect(await bench.plan(other)).toMatchObject(undecrypted);
    expect(await bench.output(other)).toMatchObject(undecrypted);
    for (const { artifact, content } of bench.artifacts.kept) {
      if (!artifact.sealed) expect(content.toString("utf8")).not.toContain(PASSPHRASE);
    }
  });

  it("says how an encrypted state is brought to its backend that it did not take", async () => {
    await using bench = await open();
    await using backend = await StateServer.open();
    await bench.write({ "main.tf": ENCRYPTED });
    const given = { "backend-config": backend.config, "secret-variables": { passphrase: PASSPHRASE } };
    const plan = bench.planOf(await bench.plan(given));
    backend.refusesOnce = true;
    const outcome = await bench.apply(plan);
    expect(outcome).toMatchObject({ failure: { code: "terraform.state-unsaved" } });
    const kept = join(bench.config, "errored.tfstate");
    expect(await readFile(kept, "utf8")).toContain("encrypted_data");
    await bench.write({
      "copy/main.tf": ENCRYPTED.replace('backend "http" {}', 'backend "local" {}'),
      "copy/terraform.tfstate": await readFile(kept, "utf8"),
    });
    const env = { PATH: process.env["PATH"], TF_VAR_passphrase: PASSPHRASE };
    const tofu = async (args: string, cwd: string): Promise<string> =>
      (await promisify(execFile)("tofu", args.split(" "), { cwd, env })).stdout;
    const copy = join(bench.config, "copy");
    await tofu("init -input=false", copy);
    await bench.write({ "plain.tfstate": await tofu("state pull", copy) });
    await tofu(`init -input=false -backend-config=address=${backend.config["address"] ?? ""}`, bench.config);
    await tofu("state push plain.tfstate", bench.config);
    expect(backend.state).toContain("encrypted_data");
    expect(await bench.plan(given)).toMatchObject({ output: { changed: false } });
  });
});
