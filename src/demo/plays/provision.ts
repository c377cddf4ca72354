import { z } from "zod";

import { provisionBlueprint } from "../blueprints/provision.ts";
import { finding, type Finding } from "../finding.ts";
import { applicationOf, countSteps, doers, type LeftBehind, posted, same } from "../left-behind.ts";
import { ANA, MARCO, PRIYA } from "../people.ts";
import type { Play } from "../play.ts";
import { isLiveAt, type Story } from "../story.ts";
import { machines } from "../world-parts/machines.ts";

/**
 * Terraform makes two machines, a second person looks and approves, Ansible fails on one of them: the retry repeats Ansible, on
 * that machine alone, and Terraform changes nothing any more. Then the service is synced.
 */
export const provision: Play = {
  name: "provision",
  summary: "machines by Terraform, configured by Ansible, which fails on one of them and alone is repeated",
  settings: { blueprints: [provisionBlueprint] },
  tell,
  check: (left) => [...checkTerraform(left), ...checkMachines(left), ...checkLog(left), ...checkOutcome(left)],
};

async function tell(story: Story): Promise<void> {
  const outside = machines.of(story.world);
  const short = outside.commit.slice(0, 7);
  await story.type(ANA, `/qd provision checkout in prod at ${short}`);
  const card = await story.card(/checkout/u);
  const review = await story.reply(card, /machines of prod/u, "gate_approve");
  await story.press(PRIYA, review, "gate_approve");
  const inspect = await story.reply(card, /Configure the machines/u, "gate_approve");
  await story.press(PRIYA, inspect, "gate_approve");
  await story.told(PRIYA, /a second person/u);
  const spoilt = await outside.spoil("prod-2");
  await story.happens("On the machine prod-2 a file is in the way", () => undefined);
  await story.press(MARCO, inspect, "gate_approve");
  const alert = await story.post(/S0ONCALL01.*failed/iu);
  await story.happens("The file is taken away", () => spoilt());
  await story.ask(ANA, alert, "retry");
  await story.says(card, /: succeeded\./u);
}

/** The state was written by one apply, and nothing has written it since. */
function checkTerraform(left: LeftBehind): readonly Finding[] {
  const outside = machines.of(left.world);
  const state = outside.state("prod");
  const applied = left.runs[0]?.steps.get("provision/apply")?.output?.["state"];
  const before = Applied.safeParse(applied).data;
  const instances = (state?.resources ?? []).flatMap((resource) => resource.instances);
  return [
    finding("Terraform: its state has both machines", instances.length === 2),
    finding(
      "Terraform: the serial of the state is what it was after the apply, before Ansible failed",
      before !== undefined && state !== undefined && state.serial === before.serial && state.lineage === before.lineage,
    ),
    ...outside
      .names("prod")
      .map((name) => finding(`Terraform: ${name} was made exactly once`, same(outside.lines(name, "made"), ["made"]))),
  ];
}

const Applied = z.looseObject({ serial: z.int(), lineage: z.string() });

/** Ansible came once to the machine that was well, and twice to the other. */
function checkMachines({ world }: LeftBehind): readonly Finding[] {
  const outside = machines.of(world);
  const short = outside.commit.slice(0, 7);
  const count = (machine: string, file: string): number => outside.lines(machine, file).length;
  return [
    finding("Ansible: prod-1 was configured once, and left alone by the retry", count("prod-1", "visits") === 1),
    finding("Ansible: prod-2 was come back to", count("prod-2", "visits") === 2),
    ...outside
      .names("prod")
      .flatMap((name) => [
        finding(
          `Ansible: ${name} has its settings`,
          outside.lines(name, "etc/checkout.conf").includes(`release = ${short}`),
        ),
        finding(`Ansible: the service on ${name} was restarted once`, count(name, "restarts") === 1),
      ]),
  ];
}

function checkLog(left: LeftBehind): readonly Finding[] {
  const once = ["plan", "review", "apply", "machines", "preview", "inspect", "sync", "healthy", "summary"];
  return [
    finding("Log: one run, and it succeeded", left.runs.length === 1 && left.runs[0]?.status === "succeeded"),
    finding("Log: Priya approved the plan, Marco what follows", same(doers(left, "gate.decided"), [PRIYA, MARCO])),
    finding("Log: Priya, who approved the plan, was refused the rest", same(doers(left, "gate.refused"), [PRIYA])),
    finding("Log: Ana repeated it", same(doers(left, "run.retried"), [ANA])),
    finding(
      "Log: only Ansible was repeated",
      countSteps(left, "step.started", "/configure") === 2 &&
        once.every((id) => countSteps(left, "step.started", `/${id}`) <= 1),
    ),
  ];
}

function checkOutcome(left: LeftBehind): readonly Finding[] {
  const { commit } = machines.of(left.world);
  return [
    finding("Argo CD: checkout-prod is live at the commit", isLiveAt(commit)(applicationOf(left, "checkout-prod"))),
    finding("Argo CD: it was synced once", applicationOf(left, "checkout-prod").deployments === 2),
    finding(
      "Slack: the summary says what was configured",
      posted(left).some(({ text }) => /is live at.*2 machines/su.test(text)),
    ),
  ];
}
