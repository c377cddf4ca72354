import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import type { Outcome } from "../../src/domain/outcome.ts";
import type { Programs } from "../../src/programs/program-order.ts";
import type { Program } from "../../src/steps/terraform/terraform-input.ts";
import { standInPrograms } from "../support/stand-in-bench.ts";
import { TerraformBench } from "../support/terraform-bench.ts";
import { describeFamily, machinePrograms } from "../support/terraform-program.ts";

const CONFIGURATION = {
  terraform: { required_version: ">= 1.9", backend: { local: {} } },
  variable: { release: { type: "string", default: "one" } },
  resource: {
    terraform_data: {
      network: { input: "10.0.0.0/8" },
      machine: {
        for_each: { a: { cpus: 2 }, b: { cpus: 4 } },
        input: { network: "${terraform_data.network.output}", cpus: "${each.value.cpus}" },
        triggers_replace: "${var.release}",
        provisioner: [{ "local-exec": { command: "echo made $NAME >> made", environment: { NAME: "${each.key}" } } }],
      },
    },
  },
  output: {
    machines: { value: { b: '${terraform_data.machine["b"].output.cpus}' } },
    password: { value: "correct-horse", sensitive: true },
  },
};

type Configuration = typeof CONFIGURATION;

interface Stage {
  readonly bench: TerraformBench;
  readonly configure: (change: (configuration: Configuration) => object) => Promise<void>;
  readonly made: () => Promise<string>;
}

async function open(createPrograms: (folder: string) => Programs, program?: Program): Promise<Stage> {
  const bench = await TerraformBench.open(createPrograms, program);
  onTestFinished(() => bench[Symbol.asyncDispose]());
  const configure = async (change: (configuration: Configuration) => object): Promise<void> => {
    await bench.write({ "main.tf.json": JSON.stringify(change(structuredClone(CONFIGURATION))) });
  };
  await configure((configuration) => configuration);
  const made = (): Promise<string> => readFile(join(bench.config, "made"), "utf8").catch(() => "");
  return { bench, configure, made };
}

/** What of a plan does not depend on when, where and by which of the two programs it was made. */
function shapeOf(bench: TerraformBench, outcome: Outcome): object {
  const { add, change, destroy, replace, resources, drift, outputs, workspace } = bench.planOf(outcome);
  return { add, change, destroy, replace, resources, drift, outputs, workspace };
}

function outputOf(outcome: Outcome): Readonly<Record<string, unknown>> {
  if (outcome.status !== "succeeded") throw new Error(JSON.stringify(outcome));
  return outcome.output;
}

function failureOf(outcome: Outcome): object {
  if (outcome.status !== "failed") throw new Error(JSON.stringify(outcome));
  const { code, retry } = outcome.failure;
  return { code, retry };
}

/** A life of a state, with all that the steps ask of the program. */
async function live({ bench, configure, made }: Stage): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  const first = await bench.plan();
  seen.push(shapeOf(bench, first));
  bench.checkpointed = undefined;
  const applied = outputOf(await bench.apply(bench.planOf(first)));
  seen.push({ ...applied, state: undefined }, (await made()).split("\n").toSorted());
  seen.push(shapeOf(bench, await bench.plan()));
  await configure((configuration) => {
    configuration.resource.terraform_data.machine.for_each.a.cpus = 8;
    return configuration;
  });
  const update = await bench.plan();
  seen.push(shapeOf(bench, update));
  const replacing = await bench.plan({ variables: { release: "two" } });
  seen.push(shapeOf(bench, replacing));
  bench.checkpointed = undefined;
  seen.push({ ...outputOf(await bench.apply(bench.planOf(replacing))), state: undefined });
  bench.checkpointed = undefined;
  seen.push(failureOf(await bench.apply(bench.planOf(update))), (await made()).split("\n").toSorted());
  await configure((configuration) => {
    Object.assign(configuration.resource.terraform_data.machine, { for_each: { a: { cpus: 8 } } });
    Object.assign(configuration.output, { machines: { value: "none" } });
    return configuration;
  });
  seen.push(shapeOf(bench, await bench.plan({ variables: { release: "two" } })));
  await configure((configuration) => {
    configuration.resource.terraform_data.machine.provisioner = [
      { "local-exec": { command: "exit 7", environment: { NAME: "" } } },
    ];
    return configuration;
  });
  const breaking = await bench.plan({ variables: { release: "three" } });
  bench.checkpointed = undefined;
  const failed = await bench.apply(bench.planOf(breaking));
  seen.push(failureOf(failed));
  const { values, secrets } = outputOf(await bench.output());
  seen.push({ values, secrets });
  await configure((configuration) => {
    configuration.resource.terraform_data.network.input = "${var.nothing}";
    return configuration;
  });
  seen.push(failureOf(await bench.plan()));
  return seen;
}

describeFamily("beside its stand-in", (program) => {
  it("does with a configuration what that does", async () => {
    const real = await open(machinePrograms, program);
    const programs = await standInPrograms(["terraform"]);
    const ours = await open(() => programs);
    const [theirs, own] = await Promise.all([live(real), live(ours)]);
    expect(own).toEqual(theirs);
  });
});

describe("the stand-in for Terraform", () => {
  it("says on each line that it is one, and keeps two from writing a state at once", async () => {
    const programs = await standInPrograms(["terraform"]);
    const { bench } = await open(() => programs);
    const planned = await bench.plan();
    const lines = (bench.artifacts.text("log") ?? "").trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.filter((line) => !line.includes("[stand-in for terraform]"))).toEqual([]);
    const lock = { ID: "1", Who: "ben@laptop", Operation: "OperationTypeApply", Created: "today", pid: process.pid };
    await bench.write({ ".terraform.tfstate.lock.info": JSON.stringify(lock) });
    expect(await bench.plan({ "lock-timeout": "0s" })).toMatchObject({
      status: "postponed",
      code: "terraform.state-locked",
    });
    expect(await bench.apply(bench.planOf(planned), { "lock-timeout": "0s" })).toMatchObject({
      status: "postponed",
      message: expect.stringContaining("ben@laptop"),
    });
  });
});
