import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, it, onTestFinished } from "vitest";

import type { Program } from "../../src/steps/terraform/terraform-input.ts";
import { ANA, AppRig, OLGA, PRIYA } from "../support/app-rig.ts";
import { describeFamily, machinePrograms } from "../support/terraform-program.ts";

const SECRET = "correct-horse-battery";

const CONFIGURATION = `
variable "password" {
  type      = string
  sensitive = true
}
resource "terraform_data" "node" {
  for_each         = toset(split(",", file("\${path.module}/nodes")))
  triggers_replace = var.password
}
resource "terraform_data" "count" { input = length(terraform_data.node) }
output "endpoint" { value = "https://prod.example.com" }
output "password" {
  value     = var.password
  sensitive = true
}
`;

const command = (program: Program, directory: string): string => `name: Provision
summary: Bring what an environment needs to what Git says
verb: provision
on:
  slash: /qd provision <service> in <environment>
inputs:
  service: { type: service }
  environment: { type: environment, of: service }
steps:
  - id: plan
    uses: terraform/plan
    with:
      program: ${program}
      directory: { local: ${directory} }
      secret-variables: { password: "\${{ secrets.DB_PASSWORD }}" }
  - id: gate
    if: \${{ steps.plan.outputs.changed }}
    uses: approval
    with:
      app: \${{ environment.app }}
      plan: \${{ steps.plan.outputs.plan }}
      destroy-guard: { above: 0, from: [S0ONCALL01] }
      prompt: Provision \${{ service.name }} in \${{ environment.name }}?
  - id: apply
    if: \${{ steps.plan.outputs.changed }}
    uses: terraform/apply
    with:
      plan: \${{ steps.plan.outputs.plan }}
      app: \${{ environment.app }}
outputs:
  nodes: { value: "\${{ steps.apply.outputs.added }}", summary: how many were made }
`;

interface Stage {
  readonly app: AppRig;
  readonly directory: string;
  /** What is to be there from now on. */
  readonly want: (nodes: string) => Promise<void>;
}

async function openWith(program: Program): Promise<Stage> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "quarterdeck-provision-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [commands, directory] = [join(folder, "commands"), join(folder, "infra")];
  await mkdir(commands);
  await mkdir(directory);
  await writeFile(join(commands, "provision.yaml"), command(program, directory));
  await writeFile(join(directory, "main.tf"), CONFIGURATION);
  const app = await AppRig.open({
    environment: { QUARTERDECK_COMMANDS: commands, QUARTERDECK_TERRAFORM_ROOTS: folder, DB_PASSWORD: SECRET },
    configure: (text) =>
      text
        .replace("verbs: [promote, rollback, sync, signal, lock, unlock]", "verbs: [provision]")
        .replace("secrets:\n", "secrets:\n  DB_PASSWORD: { env: DB_PASSWORD }\n"),
  });
  onTestFinished(() => app[Symbol.asyncDispose]());
  return { app, directory, want: (nodes) => writeFile(join(directory, "nodes"), nodes) };
}

const typed = "/qd provision checkout in prod";

async function ended(app: AppRig): Promise<string> {
  await app.until("the run has ended", () => app.run().finishedAt !== undefined);
  return app.run().status;
}

describeFamily("in a run", (program) => {
  const open = (): Promise<Stage> => openWith(program);

  it("plans, asks about exactly that plan, applies it, and says no secret", async () => {
    const { app, want } = await open();
    await want("a,b");
    await app.type(ANA, typed);
    const gate = await app.gate();
    expect(JSON.stringify(gate.blocks)).toContain("*Plan:* 3 to add, 0 to change, 0 to destroy");
    await app.press(PRIYA, gate, "gate_approve");
    expect(await ended(app)).toBe("succeeded");
    expect(app.run().outputs).toEqual({ nodes: 3 });
    const apply = app.run().steps.get("provision/apply");
    expect(apply?.output).toMatchObject({
      values: { endpoint: "https://prod.example.com" },
      secrets: { password: { sealed: { origin: expect.stringContaining("/provision/apply/1/secrets.password") } } },
    });
    expect(apply?.artifacts?.map(({ name }) => name)).toEqual(["log"]);
    expect(JSON.stringify([app.events(), app.log])).not.toContain(SECRET);
  });

  it("asks a second group where something is destroyed, and starts nothing before somebody of it approved too", async () => {
    const { app, want } = await open();
    await want("a,b");
    await app.type(ANA, typed);
    await app.press(PRIYA, await app.gate(), "gate_approve");
    await ended(app);
    const first = app.run().id;
    await want("a");
    await app.type(ANA, typed);
    const gate = await app.message("the guarded request", ({ blocks }) =>
      JSON.stringify(blocks).includes("2 more of 2 approvals needed"),
    );
    const run = app.application.store.events.listRuns({ limit: 9 }).find(({ id }) => id !== first)?.id ?? "";
    const state = () => app.application.engine.runs.state(run);
    expect(JSON.stringify(gate.blocks)).toContain("is destroyed, because there is no such one any more");
    await app.press(PRIYA, gate, "gate_approve");
    await app.until("one has approved", () => state().steps.get("provision/gate")?.gate?.decisions.length === 1);
    expect(state().steps.get("provision/apply")).toBeUndefined();
    await app.press(OLGA, gate, "gate_approve");
    await app.until("the run has ended", () => state().finishedAt !== undefined);
    expect(state().steps.get("provision/apply")?.output).toMatchObject({ destroyed: 1, changed: 1 });
  });

  it("plans anew and asks again with the difference when the state was changed meanwhile", async () => {
    const { app, directory, want } = await open();
    await want("a,b");
    await app.type(ANA, typed);
    const gate = await app.gate();
    await using programs = machinePrograms(join(directory, "..", "own"));
    await want("a");
    for (const args of [["init"], ["apply", "-auto-approve", "-input=false"]]) {
      const env = { TF_VAR_password: SECRET, TF_DATA_DIR: join(directory, "..", "other") };
      const { signal } = new AbortController();
      expect((await programs.run({ program, args, folder: directory, env, signal })).exitCode).toBe(0);
    }
    await want("a,b");
    await app.press(PRIYA, gate, "gate_approve");
    const again = await app.message("the second request", ({ blocks }) =>
      JSON.stringify(blocks).includes("Planned anew"),
    );
    const text = JSON.stringify(again.blocks);
    expect(text).toContain("*Plan:* 1 to add, 1 to change, 0 to destroy");
    expect(text).toContain("terraform_data.count: update instead of create");
    expect(text).toContain("no longer: create terraform_data.node");
    await app.press(PRIYA, again, "gate_approve");
    expect(await ended(app)).toBe("succeeded");
    expect(app.run().steps.get("provision/apply")?.output).toMatchObject({ added: 1, changed: 1 });
    expect(app.events().filter(({ type }) => type === "gate.voided")).toMatchObject([{ anew: "provision/plan" }]);
  });
});
