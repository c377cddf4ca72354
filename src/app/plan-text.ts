import type { Outlined, OutlinedWhen } from "../domain/plan-outline.ts";
import type { ApprovalRule } from "../domain/target.ts";
import type { RoleEntry } from "../inventory/authorize.ts";
import { durationText } from "../platform/duration.ts";
import type { Forecast } from "./plan-forecast.ts";

/** A forecast as lines of plain text. */
export function planText(forecast: Forecast): string {
  const { title, command, inputs, steps, onFailure, finally: last, outputs } = forecast;
  const width = Math.max(0, ...inputs.map(({ name }) => name.length));
  const sections = [
    { title: "Inputs", lines: inputs.map(({ name, says }) => `${name.padEnd(width)}  ${says}`) },
    { title: "Steps", lines: outlineLines(steps) },
    { title: "If it fails", lines: outlineLines(onFailure) },
    { title: "At the end, whatever came of it", lines: outlineLines(last) },
    { title: "Gives", lines: outputs.length === 0 ? [] : [outputs.join(", ")] },
    { title: "Approvals", lines: forecast.approvals.map(approvalLine) },
    { title: "Locks", lines: forecast.locks.map(lockLine) },
    { title: "Secrets", lines: forecast.secrets.map(({ name, kept }) => `${name}, from ${kept}`) },
    { title: "Who may start it", lines: forecast.starters.map(starterLine) },
    { title: "What could block it", lines: forecast.blocks },
  ];
  const shown = sections.filter(({ lines }) => lines.length > 0);
  const texts = shown.map((section) => [section.title, ...section.lines.map((line) => `  ${line}`)].join("\n"));
  return [`${title} (${command}): what would run. Nothing was done.`, ...texts].join("\n\n");
}

function outlineLines(entries: readonly Outlined[]): readonly string[] {
  return entries.flatMap((entry) => {
    if (entry.type === "block") return [blockLine(entry), ...outlineLines(entry.nodes).map((line) => `  ${line}`)];
    const { name, uses, app, when } = entry;
    return [[name, uses, ...(app === undefined ? [] : [app])].join("  ") + whenText(when)];
  });
}

function blockLine(entry: Extract<Outlined, { readonly type: "block" }>): string {
  switch (entry.of) {
    case "lock":
      return `with the lock ${entry.keys.length === 0 ? "that is known when it is reached" : entry.keys.join(", ")}${whenText(entry.when)}`;
    case "parallel":
      return `side by side${rest(entry.failFast)}${whenText(entry.when)}`;
    case "for-each":
      return `for each ${entry.as}${atATimeText(entry.atATime)}${rest(entry.failFast)}${whenText(entry.when)}`;
    case "iteration":
      return entry.name ?? "each of a list that is known when it is reached";
    case "command":
      return `${entry.name}  command/${entry.command}${whenText(entry.when)}`;
    case "group":
      return `together${whenText(entry.when)}`;
  }
}

function atATimeText(atATime: number | undefined): string {
  if (atATime === undefined) return "";
  return atATime === 1 ? ", one at a time" : `, ${atATime} at a time`;
}

function rest(failFast: boolean): string {
  return failFast ? "" : ", all of them also when one fails";
}

function whenText(when: OutlinedWhen): string {
  if (when === "runs") return "";
  return when === "skipped" ? "  (skipped)" : "  (decided when it is reached)";
}

function approvalLine({ environment, gates, rule }: Forecast["approvals"][number]): string {
  return `${environment === undefined ? "" : `${environment}, `}asked by ${gates.join(" and ")}: ${ruleText(rule)}`;
}

/** `@release-approvers or user U012: 2 approvals, not by the person who asked, within 1d` */
function ruleText({ from, quorum, requesterMayApprove, expiresMs }: ApprovalRule): string {
  const many = quorum === 1 ? "one approval" : `${quorum} approvals`;
  const self = requesterMayApprove ? "" : ", not by the person who asked";
  return `${from.map(personText).join(" or ")}: ${many}${self}, within ${durationText(expiresMs)}`;
}

function personText(one: RoleEntry): string {
  if (one.kind === "everyone") return "every full member";
  if (one.kind === "machine") return one.machine;
  if (one.kind === "user") return `user ${one.user}`;
  return one.handle === undefined ? `group ${one.group}` : `@${one.handle}`;
}

function lockLine({ key, whenLocked, hold }: Forecast["locks"][number]): string {
  const held = whenLocked === "queue" ? "waits while another run has it" : "fails while another run has it";
  return `${key}: ${held}${hold ? "; held afterwards until somebody unlocks it" : ""}`;
}

function starterLine({ environment, from }: Forecast["starters"][number]): string {
  const who = from.length === 0 ? "nobody" : from.map(personText).join(" or ");
  return environment === undefined ? who : `${environment}: ${who}`;
}
