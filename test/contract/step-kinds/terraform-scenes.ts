import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { onTestFinished } from "vitest";

import type { Artifact } from "../../../src/domain/artifact.ts";
import { JsonValue } from "../../../src/domain/outcome.ts";
import type { StepKind } from "../../../src/engine/step-kind.ts";
import { LocalFolders } from "../../../src/programs/local-folders.ts";
import { sealPlan } from "../../../src/steps/terraform/saved-plan.ts";
import { terraformApply } from "../../../src/steps/terraform/terraform-apply.ts";
import type { TerraformDeps } from "../../../src/steps/terraform/terraform-deps.ts";
import { terraformOutput } from "../../../src/steps/terraform/terraform-output.ts";
import { terraformPlan } from "../../../src/steps/terraform/terraform-plan.ts";
import { FakeTerraform } from "../../support/fake-terraform.ts";
import { MemoryArtifacts } from "../../support/memory-artifacts.ts";
import { aPlan } from "../../unit/steps/terraform/sample-plan.ts";
import { TOKEN, type ActionScene } from "../step-kind.contract.ts";

interface World {
  readonly terraform: FakeTerraform;
  readonly deps: TerraformDeps;
  readonly config: string;
}

async function openWorld(): Promise<World> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "quarterdeck-contract-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const config = join(folder, "config");
  await mkdir(config);
  const terraform = new FakeTerraform();
  const deps: TerraformDeps = {
    programs: terraform,
    folders: new LocalFolders({ root: join(folder, "run") }),
    terraform: { roots: [config] },
    preparation: {
      exportFolder: () => Promise.reject(new Error(`nothing is exported, ${TOKEN} least of all`)),
      ruleOf: () => undefined,
    },
  };
  return { terraform, deps, config };
}

function scene({ terraform }: World, kind: StepKind, subcommand: string, input: ActionScene["input"]): ActionScene {
  return {
    kind,
    input,
    hold: () => {
      const before = terraform.answers.get(subcommand);
      terraform.answers.set(subcommand, { exitCode: 1, ...before, isHeld: true });
      return terraform.held;
    },
  };
}

const SECRET = { secret: "TOKEN" };

export async function planScene(): Promise<ActionScene> {
  const world = await openWorld();
  const directory = { local: world.config };
  const secret = { env: { CLOUD_KEY: SECRET }, "secret-variables": { password: SECRET } };
  return scene(world, terraformPlan(world.deps), "plan", { directory, ...secret });
}

export async function applyScene(): Promise<ActionScene> {
  const world = await openWorld();
  const { terraform, deps, config } = world;
  const artifacts = new MemoryArtifacts();
  const sealed = (name: string, content: string): Promise<Artifact> =>
    artifacts.put({ name, mediaType: "application/json", sealed: true, content: Buffer.from(content) });
  const name = "terraform for the contract";
  const path = await deps.folders.use({ name, signal: new AbortController().signal }, (own) => Promise.resolve(own));
  const { digest: _, ...parts } = aPlan();
  const plan = sealPlan({
    ...parts,
    artifact: await sealed("plan.tfplan", "the plan"),
    setup: await sealed(
      "plan-setup.json",
      JSON.stringify({ backendConfig: {}, variables: { TF_VAR_password: TOKEN } }),
    ),
    path: config,
    folder: { name, path },
  });
  return {
    ...scene(world, terraformApply(deps), "apply", { plan: JsonValue.parse(plan), env: { CLOUD_KEY: SECRET } }),
    artifacts,
    effects: () => terraform.calls.filter((call) => call === "apply").length,
  };
}

export async function outputScene(): Promise<ActionScene> {
  const world = await openWorld();
  const secret = { "backend-config": { access_key: SECRET } };
  const stdout = [JSON.stringify({ kubeconfig: { sensitive: true, type: "string", value: TOKEN } })];
  world.terraform.answers.set("output", { exitCode: 0, stdout });
  return scene(world, terraformOutput(world.deps), "output", { directory: { local: world.config }, ...secret });
}
