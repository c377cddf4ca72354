import { countsText } from "./plan-summary.ts";
import type { SavedPlan } from "./saved-plan.ts";

/** A plan as a text for people, without any value: where it stands, what it would do with which resource, and what was found otherwise. */
export function planReport(plan: SavedPlan): string {
  const { directory, workspace, program, version, resources, otherResources, drift, otherDrift, outputs, warnings } =
    plan;
  const actions = resources.map(({ address, action, reason, from }) => {
    const why = reason === undefined ? "" : ` (${reason})`;
    return `${action.padEnd(8)} ${address}${from === undefined ? "" : `, before ${from}`}${why}`;
  });
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ["What it would do", [...actions, ...more(otherResources, "resources")]],
    ["What was found otherwise than the state has it", [...drift, ...more(otherDrift, "resources")]],
    ["Outputs that would change", outputs],
    ["Warnings", warnings],
  ];
  const told = sections.filter(([, lines]) => lines.length > 0);
  return [
    `${directory}, workspace ${workspace}, ${program} ${version}`,
    countsText(plan),
    ...told.map(([title, lines]) => `\n${title}:\n${lines.map((line) => `  ${line}`).join("\n")}`),
    "",
  ].join("\n");
}

function more(count: number, what: string): readonly string[] {
  return count > 0 ? [`… and ${count} more ${what}`] : [];
}
