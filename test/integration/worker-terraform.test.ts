import { copyFile, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, it, onTestFinished } from "vitest";

import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import type { Program } from "../../src/steps/terraform/terraform-input.ts";
import { ANA, PRIYA } from "../support/app-rig.ts";
import { hasRedis } from "../support/redis-server.ts";
import { describeFamily } from "../support/terraform-program.ts";
import { WorkerRig } from "../support/worker-rig.ts";

// It says that it has begun, and ends only when it is let.
const CONFIGURATION = `
resource "terraform_data" "slow" {
  provisioner "local-exec" {
    command = "echo begun >> \${path.module}/begun; while [ ! -e \${path.module}/go ]; do sleep 0.1; done"
  }
}
`;

const command = (program: Program, directory: string): string => `name: Provision
summary: Apply what Git says
on: { slash: /qd provision <service> in <environment> }
inputs:
  service: { type: service }
  environment: { type: environment, of: service }
steps:
  - id: plan
    uses: terraform/plan
    with: { program: ${program}, directory: { local: ${directory} } }
  - id: gate
    uses: approval
    with: { app: "\${{ environment.app }}", plan: "\${{ steps.plan.outputs.plan }}", prompt: Apply it? }
  - id: apply
    uses: terraform/apply
    with: { plan: "\${{ steps.plan.outputs.plan }}", app: "\${{ environment.app }}" }
on-failure:
  - { id: alert, uses: slack/alert }
`;

interface Stage {
  readonly rig: WorkerRig;
  readonly work: Readonly<Record<string, string>>;
  readonly begun: () => Promise<number>;
  readonly letGo: () => Promise<void>;
}

async function openWith(program: Program): Promise<Stage> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "quarterdeck-worker-terraform-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [commands, infra] = [join(folder, "commands"), join(folder, "infra")];
  await mkdir(commands);
  await mkdir(infra);
  await writeFile(join(commands, "provision.yaml"), command(program, infra));
  await copyFile(new URL("../../commands/retry.yaml", import.meta.url), join(commands, "retry.yaml"));
  await writeFile(join(infra, "main.tf"), CONFIGURATION);
  const rig = await WorkerRig.open();
  onTestFinished(() => rig[Symbol.asyncDispose]());
  await rig.configure((text) => text.replace(/verbs: \[[^\]]*\]/u, "verbs: [provision]"));
  await rig.server({ QUARTERDECK_COMMANDS: commands });
  const lines = (): Promise<string> => readFile(join(infra, "begun"), "utf8").catch(() => "");
  return {
    rig,
    work: { QUARTERDECK_WORK: join(folder, "work"), QUARTERDECK_TERRAFORM_ROOTS: folder },
    begun: async () => (await lines()).split("begun\n").length - 1,
    letGo: () => writeFile(join(infra, "go"), ""),
  };
}

const isGate = ({ blocks }: SlackMessage): boolean => JSON.stringify(blocks).includes("gate_approve");

async function eventually(is: () => Promise<boolean>): Promise<void> {
  await expect.poll(is, { timeout: 60_000, interval: 50 }).toBe(true);
}

describeFamily("on workers", (program) => {
  const open = (): Promise<Stage> => openWith(program);

  it.skipIf(!hasRedis)("applies on one worker what another has planned, in the same folder", async () => {
    const { rig, work, begun, letGo } = await open();
    const planner = await rig.worker(1, work);
    await rig.rig.insist(ANA, "/qd provision checkout in prod");
    const gate = await rig.rig.message("the request", isGate);
    await planner.kill("SIGTERM");
    await rig.worker(2, work);
    await letGo();
    await rig.rig.press(PRIYA, gate, "gate_approve");
    await rig.rig.message("the end", ({ text }) => /^Provision checkout.*: succeeded\./u.test(text));
    expect(await begun()).toBe(1);
  });

  it.skipIf(!hasRedis)("never applies again what a worker was killed over before a new plan was approved", async () => {
    const { rig, work, begun, letGo } = await open();
    const first = await rig.worker(1, work);
    await rig.rig.insist(ANA, "/qd provision checkout in prod");
    const gate = await rig.rig.message("the request", isGate);
    await rig.rig.press(PRIYA, gate, "gate_approve");
    await eventually(async () => (await begun()) === 1);
    await first.kill("SIGKILL");
    await rig.worker(2, work);
    const card = await rig.rig.message("the card", ({ text }) => /^Provision checkout.*: failed\./u.test(text));
    expect(card.text).toContain("was lost while it executed this step, which is not safe to repeat");
    expect(await begun()).toBe(1);
    await letGo();
    const run = /run_[0-9A-Z]{4}/u.exec(card.text)?.[0] ?? "";
    await rig.rig.insist(ANA, `/qd retry ${run}`);
    const again = await rig.rig.message("the second request", (message) => isGate(message) && message.ts !== gate.ts);
    expect(await begun()).toBe(1);
    await rig.rig.press(PRIYA, again, "gate_approve");
    await rig.rig.message("the end", ({ text }) => /^Provision checkout.*: succeeded\./u.test(text));
    expect(await begun()).toBe(2);
  });
});
