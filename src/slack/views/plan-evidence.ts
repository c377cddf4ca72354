import type { PlanEvidence } from "../../domain/gate.ts";
import { section, type MessageBlock } from "../blocks.ts";
import { code, inert } from "../mrkdwn.ts";

type PlannedResource = PlanEvidence["resources"][number];

const MOST_HARMED = 8;
const MOST_OTHERS = 5;
const MOST_DRIFT = 5;
const MOST_DIFFERENCES = 6;

// What is gone, or is made anew without what was in it, or is nobody's any more.
const HARM: Readonly<Record<string, string>> = {
  delete: "destroyed",
  replace: "replaced",
  forget: "forgotten, not destroyed",
};

const REASONS: Readonly<Record<string, string>> = {
  cannot_update: "it cannot be changed in place",
  tainted: "it is damaged (tainted)",
  requested: "it was asked for",
  replace_triggered_by: "something that it depends on changes",
  delete_because_no_resource_config: "the configuration has it no more",
  delete_because_no_module: "the configuration has its module no more",
  delete_because_wrong_repetition: "it is counted in another way",
  delete_because_count_index: "there are fewer of it",
  delete_because_each_key: "there is no such one any more",
  delete_because_no_move_target: "what it was to be moved to is not there",
};

/** What a saved plan would do: the counts, and by name what it destroys or replaces, and why. */
export function planBlocks(plan: PlanEvidence): readonly MessageBlock[] {
  const harmed = plan.resources.filter(({ action }) => Object.hasOwn(HARM, action));
  const others = plan.resources.filter(({ action }) => !Object.hasOwn(HARM, action));
  return [
    section(`${headText(plan)}${othersText(plan, others)}${driftText(plan)}`),
    ...(harmed.length === 0 ? [] : [section(harmText(harmed))]),
    ...(plan.difference === undefined ? [] : [section(differenceText(plan.difference))]),
  ];
}

/** `3 to add, 1 to change, 3 to destroy` */
export function planCounts({ add, change, destroy }: Pick<PlanEvidence, "add" | "change" | "destroy">): string {
  return `${add} to add, ${change} to change, ${destroy} to destroy`;
}

function headText(plan: PlanEvidence): string {
  const { directory, workspace, replace, outputs } = plan;
  const where = `${inert(directory, 300)}${workspace === "default" ? "" : `, workspace ${code(workspace, 90)}`}`;
  const of = replace === 0 ? "" : ` (${replace} of them ${replace === 1 ? "is" : "are"} replaced)`;
  const changed = outputs.length === 0 ? "" : `\nOutputs that change: ${names(outputs, 5)}`;
  return `*Plan:* ${planCounts(plan)}${of}\n${where}${changed}`;
}

function othersText({ otherResources }: PlanEvidence, others: readonly PlannedResource[]): string {
  const lines = others.slice(0, MOST_OTHERS).map(({ address, action }) => `\n${action} ${code(address, 120)}`);
  const more = others.length - lines.length + otherResources;
  return `${lines.join("")}${more > 0 ? `\n… and ${more} more` : ""}`;
}

function driftText({ drift, otherDrift }: PlanEvidence): string {
  if (drift.length === 0) return "";
  return `\n:warning: changed outside of it since: ${names(drift, MOST_DRIFT, otherDrift)}`;
}

function harmText(harmed: readonly PlannedResource[]): string {
  const lines = harmed.slice(0, MOST_HARMED).map(({ address, action, reason }) => {
    const why = reason === undefined ? "" : `, because ${REASONS[reason] ?? inert(reason, 100)}`;
    return `:boom: ${code(address, 120)} is ${HARM[action]}${why}`;
  });
  const more = harmed.length - lines.length;
  return [...lines, ...(more > 0 ? [`… and ${more} more that are destroyed or replaced`] : [])].join("\n");
}

function differenceText(difference: readonly string[]): string {
  const lines = difference.slice(0, MOST_DIFFERENCES).map((line) => inert(line, 180));
  const more = difference.length - lines.length;
  const rest = more > 0 ? [`… and ${more} more`] : [];
  return ["*Planned anew; since the plan that was shown before:*", ...lines, ...rest].join("\n");
}

function names(all: readonly string[], most: number, others = 0): string {
  const more = all.length - most + others;
  const shown = all.slice(0, most).map((name) => code(name, 100));
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
