import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { RunState } from "../../src/domain/run-state.ts";
import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { ANA, AppRig, BEN, DEPLOYS, GUS, MARCO, OLGA, PRIYA } from "../support/app-rig.ts";
import { words } from "../support/bad-day.ts";
import { hasTerraform } from "../support/terraform-program.ts";

const COMMANDS: Readonly<Record<string, string>> = {
  drift: `name: Drift
summary: Look whether anything is otherwise than it should be
on: { slash: "/qd drift [<depth>]" }
inputs:
  depth: { type: choice, values: [quick, full], default: quick }
steps:
  - id: look
    uses: delay
    with: { for: 1500ms }
  - id: tell
    uses: slack/message
    with: { text: "Looked for drift, \${{ depth }}." }
`,
  provision: `name: Provision
summary: Bring what an environment needs to what Git says
on: { slash: /qd provision <environment> }
inputs:
  environment: { type: environment }
steps:
  - lock: cluster/\${{ environment.name }}
    steps:
      - id: make
        uses: delay
        with: { for: 300ms }
outputs:
  where: { value: "\${{ environment.name }}" }
`,
  fleet: `name: Fleet
summary: Bring one revision everywhere a service is
on: { slash: /qd fleet <service> <revision> }
inputs:
  service: { type: service }
  revision: { type: revision, of: service }
steps:
  - for-each: \${{ service.environments }}
    as: target
    steps:
      - id: gate
        if: \${{ has(target.approval) }}
        uses: approval
        with:
          app: \${{ target.app }}
          revision: \${{ revision.sha }}
          prompt: Fleet \${{ service.name }} to \${{ target.name }}?
      - lock: \${{ service.name }}/\${{ target.name }}
        steps:
          - id: sync
            uses: argocd/sync
            with: { app: "\${{ target.app }}", revision: "\${{ revision.sha }}" }
          - id: healthy
            uses: argocd/wait
            with: { app: "\${{ target.app }}", revision: "\${{ revision.sha }}" }
`,
};

const planned = (root: string, gate: string): string => `steps:
  - id: plan
    uses: terraform/plan
    with: { directory: { local: "${root}" } }
${gate}  - id: apply
    uses: terraform/apply
    with: { plan: "\${{ steps.plan.outputs.plan }}" }
`;

const gateOf = (more: string): string => `  - id: gate
    uses: approval
    with: { plan: "\${{ steps.plan.outputs.plan }}", prompt: "Build it?", ${more} }
`;

/** Commands that plan and apply, in an environment and for nothing at all. */
const built = (root: string): Readonly<Record<string, string>> => ({
  build: `name: Build
summary: Make what an environment needs
on: { slash: /qd build <environment> }
inputs: { environment: { type: environment } }
${planned(root, gateOf(`from: [{ user: ${ANA} }]`))}`,
  unasked: `name: Unasked
summary: Make what an environment needs, and ask nobody
on: { slash: /qd unasked <environment> }
inputs: { environment: { type: environment } }
${planned(root, "")}on-failure: [{ id: alert, uses: slack/alert }]
`,
  rebuild: `name: Rebuild
summary: Make everything anew
on: { slash: /qd rebuild }
${planned(root, gateOf("from: [{ group: S0ONCALL01 }]"))}`,
});

// Ben may do all of it where a service or an environment is named, and Ana everywhere.
const GRANTS = `  - { role: team, verbs: [promote, lock, unlock, drift, provision, fleet, build, unasked, rebuild], services: all, environments: all }
  - { role: some, verbs: [drift, provision, fleet], services: [checkout, web], environments: [staging] }`;

let folder: string;
let rig: AppRig;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "quarterdeck-places-")));
  await cp(new URL("../../commands", import.meta.url).pathname, join(folder, "commands"), { recursive: true });
  const root = join(folder, "infra");
  await mkdir(root);
  await writeFile(join(root, "main.tf"), 'resource "terraform_data" "node" { triggers_replace = timestamp() }\n');
  for (const [name, text] of Object.entries({ ...COMMANDS, ...built(root) }))
    await writeFile(join(folder, "commands", `${name}.yaml`), text);
  rig = await AppRig.open({
    environment: { QUARTERDECK_COMMANDS: join(folder, "commands"), QUARTERDECK_TERRAFORM_ROOTS: folder },
    configure: (text) =>
      text
        .replace("  team: [everyone]", `  team: [{ user: ${ANA} }, { user: ${PRIYA} }]\n  some: [{ user: ${BEN} }]`)
        .replace(/ {2}- \{ role: team.*\}/u, GRANTS),
  });
});

afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function privateTo(user: string): readonly SlackMessage[] {
  return rig.world.slack.world.messages.all(DEPLOYS).filter(({ viewer }) => viewer === user);
}

/** What the person reads in the end: what was said at once is replaced by the answer. */
async function ask(user: string, line: string): Promise<string> {
  const before = privateTo(user).length;
  await rig.type(user, line);
  await rig.until(`an answer to ${line}`, () => {
    const last = privateTo(user).slice(before).at(-1);
    return last !== undefined && !last.text.startsWith("Looking into it");
  });
  return privateTo(user)
    .slice(before)
    .map((message) => words(message))
    .join("\n");
}

function runs(command: string): readonly RunState[] {
  const { store, engine } = rig.application;
  const rows = store.events.listRuns({ limit: 50 }).filter((row) => row.command === command);
  return rows.map(({ id }) => engine.runs.state(id));
}

async function ended(command: string): Promise<RunState> {
  await rig.until(`${command} has ended`, () => runs(command)[0]?.finishedAt !== undefined);
  const [run] = runs(command);
  if (run === undefined) throw new Error(`there is no run of ${command}`);
  return run;
}

describe("a command with neither a service nor an environment", () => {
  it("runs without targets, and the same asked again while it runs is led to it", async () => {
    expect(await ask(ANA, "/qd drift")).toContain("Drift");
    expect(await ask(PRIYA, "/qd drift")).toContain("is doing exactly this already: Drift.");
    expect(await ask(PRIYA, "/qd drift full")).toContain("Drift full");
    await rig.card(/^Drift: succeeded/u);
    await rig.card(/^Drift full: succeeded/u);
    const done = runs("drift");
    expect(done.map(({ status, title, targets }) => ({ status, title, targets }))).toEqual([
      { status: "succeeded", title: "Drift full", targets: [] },
      { status: "succeeded", title: "Drift", targets: [] },
    ]);
  });

  it("is refused to whoever has only grants that name services or environments, in words that say which is missing", async () => {
    const refusal = await ask(BEN, "/qd drift");
    expect(refusal).toContain("You may not drift.");
    expect(refusal).toContain("role team");
    expect(await ask(GUS, "/qd drift")).toContain("Guests cannot do this");
  });
});

describe("a command with an environment alone", () => {
  it("runs for it, without targets, and knows its name", async () => {
    expect(await ask(ANA, "/qd provision prod")).toContain("Provision prod");
    const run = await ended("provision");
    expect(run).toMatchObject({
      status: "succeeded",
      title: "Provision prod",
      targets: [],
      outputs: { where: "prod" },
    });
    expect(await ask(ANA, "/qd history in prod")).toContain("Provision prod");
  });

  it("takes every environment of the configuration, and no other", async () => {
    expect(await ask(ANA, "/qd provision prd")).toMatch(/no environment "prd".*staging, qa, prod/su);
    expect(await ask(BEN, "/qd provision staging")).toContain("You may not provision in staging.");
  });
});

describe("a command with a service alone", () => {
  it("has every environment of the service as a target, in order, each with its approval", async () => {
    expect(await ask(BEN, "/qd fleet web bf0f508")).toContain("You may not fleet web in prod.");
    expect(await ask(ANA, "/qd fleet web bf0f508")).toContain("Fleet web bf0f508");
    await rig.press(PRIYA, await rig.gate(), "gate_approve");
    const run = await ended("fleet");
    expect(run.status).toBe("succeeded");
    expect(run.targets.map(({ environment, revision }) => [environment, revision?.sha.slice(0, 7)])).toEqual([
      ["staging", "bf0f508"],
      ["prod", "bf0f508"],
    ]);
    await rig.card(/^Fleet web bf0f508: succeeded/u);
  });

  it("is kept from starting by a hand lock in any of them", async () => {
    await ask(ANA, "/qd lock web in prod because database migration");
    expect(await ask(PRIYA, "/qd fleet web abc123")).toContain("database migration");
    await ask(ANA, "/qd unlock web in prod");
  });
});

describe("who may start such commands", () => {
  it("is told by environment, and beside all of them, and not where a service is named", async () => {
    const answer = await ask(BEN, "/qd who");
    expect(answer).toContain("Who may start what is for no service");
    expect(answer).toMatch(/\*prod\*\n`build`, `provision` and `unasked`: .*\napproval by .*release-approvers/u);
    expect(answer).toMatch(/\*for no environment\*\n`drift` and `rebuild`: /u);
    expect(answer).toContain("You may start nothing here.");
    expect(await ask(ANA, "/qd who in staging")).toContain("You may build, provision and unasked here.");
    expect(await ask(ANA, "/qd who in prd")).toContain('There is no environment "prd"');
    const named = await ask(BEN, "/qd who web in staging");
    expect(named).toContain("You may fleet here.");
    expect(named).not.toMatch(/drift|provision/u);
  });
});

describe("what such commands would do", () => {
  it("is told without doing it", async () => {
    const count = rig.application.store.events.listRuns({ limit: 50 }).length;
    expect(await ask(ANA, "/qd plan drift")).toContain("`look` → `tell`");
    expect(await ask(ANA, "/qd plan provision prod")).toContain("cluster/prod");
    expect(await ask(ANA, "/qd plan fleet checkout abc123")).toContain("*2. prod*");
    expect(await ask(BEN, "/qd plan drift")).toContain("It would be refused now");
    expect(await ask(ANA, "/qd plan build prod")).toContain("approval by `@release-approvers`");
    expect(await ask(ANA, "/qd plan build staging")).toContain(`approval by <@${ANA}>`);
    expect(rig.application.store.events.listRuns({ limit: 50 })).toHaveLength(count);
  });
});

describe.skipIf(!hasTerraform)("a plan that is approved in a run without targets", () => {
  /** The open request of the newest run of a command. */
  async function request(command: string): Promise<SlackMessage> {
    return await rig.message(`the request of ${command}`, ({ threadTs, blocks }) => {
      const text = JSON.stringify(blocks);
      return threadTs !== undefined && text.includes("gate_approve") && text.includes(runs(command)[0]?.id ?? "none");
    });
  }

  it("is asked of those whom its environment names, and never of those whom its command names instead", async () => {
    await ask(PRIYA, "/qd build prod");
    const gate = await request("build");
    expect(JSON.stringify(gate.blocks)).toContain("S0APPROVE1");
    expect(JSON.stringify(gate.blocks)).toContain("*Plan:* 1 to add");
    await rig.press(ANA, gate, "gate_approve");
    await rig.told(ANA, /release-approvers/u);
    await rig.press(PRIYA, gate, "gate_approve");
    await rig.told(PRIYA, /You asked for this/u);
    expect(runs("build")[0]?.steps.get("build/gate")).toMatchObject({ status: "running", gate: { decisions: [] } });
    await rig.press(MARCO, gate, "gate_approve");
    expect(await ended("build")).toMatchObject({ status: "succeeded", title: "Build prod", targets: [] });
    expect(runs("build")[0]?.steps.get("build/apply")?.approval?.gate).toBe("build/gate");
  });

  it("does not start where the environment asks for an approval and the command asks nobody", async () => {
    await ask(ANA, "/qd unasked prod");
    const run = await ended("unasked");
    expect(run.failure?.failure).toMatchObject({
      code: "approval.missing",
      message: expect.stringContaining("prod asks for approval before anything changes there"),
    });
    const alert = await rig.message("an alert", ({ text }) => /Unasked prod failed at step apply/u.test(text));
    expect(JSON.stringify(alert.blocks)).toContain("Retry");
    await ask(ANA, "/qd unasked staging");
    await rig.card(/^Unasked staging: succeeded/u);
  });

  it("is asked of those whom the step names where there is no environment", async () => {
    await ask(PRIYA, "/qd rebuild");
    const gate = await request("rebuild");
    expect(JSON.stringify(gate.blocks)).toContain("S0ONCALL01");
    await rig.press(OLGA, gate, "gate_approve");
    expect(await ended("rebuild")).toMatchObject({ status: "succeeded", title: "Rebuild" });
    expect(runs("rebuild")[0]?.steps.get("rebuild/apply")?.approval?.gate).toBe("rebuild/gate");
  });

  it("waits over a restart, on the Home tab of whoever may decide, and is ended by whoever may start it", async () => {
    await ask(ANA, "/qd build qa");
    await request("build");
    await rig.world.slack.people.openHome({ user: PRIYA });
    const home = (): string => JSON.stringify(rig.world.slack.world.views.home(PRIYA)?.source["blocks"] ?? null);
    await rig.until("the request on the Home tab", () => home().includes("*qa*: a saved plan"));
    await rig.stop();
    await rig.start();
    const run = `run_${runs("build")[0]?.id.slice(-4) ?? ""}`;
    expect(runs("build")[0]).toMatchObject({ status: "running", title: "Build qa" });
    expect(await ask(BEN, `/qd cancel ${run}`)).toContain("You may not build in qa.");
    expect(await ask(PRIYA, `/qd cancel ${run} because it is late`)).toContain("is being cancelled: Build qa.");
    expect((await ended("build")).status).toBe("cancelled");
    expect(await ask(BEN, `/qd retry ${run}`)).toContain("You may not build in qa.");
    expect(await ask(ANA, `/qd retry ${run}`)).toContain("goes on");
    await rig.press(MARCO, await request("build"), "gate_approve");
    expect((await ended("build")).status).toBe("succeeded");
  });
});
