import type { PlannedEntry, PlannedStep } from "../../engine/question-answers.ts";
import { code } from "../mrkdwn.ts";

/**
 * Steps in a line: one after the other with arrows, side by side in brackets, those of a command behind its name. Those that would
 * be skipped are left out, and of many only the first `most` are named.
 */
export function plannedText(entries: readonly PlannedEntry[], most: number): string {
  const reached = withoutSkipped(entries);
  const count = countOf(reached);
  if (count === 0) return "no step would run";
  const more = count > most ? `, and ${count - most} more` : "";
  return `${joined(firstOf(reached, most), " → ")}${more}`;
}

function withoutSkipped(entries: readonly PlannedEntry[]): readonly PlannedEntry[] {
  return entries.flatMap((entry): readonly PlannedEntry[] => {
    if (!("steps" in entry)) return entry.when === "skipped" ? [] : [entry];
    const steps = withoutSkipped(entry.steps);
    return steps.length === 0 ? [] : [{ ...entry, steps }];
  });
}

function countOf(entries: readonly PlannedEntry[]): number {
  return entries.reduce((sum, entry) => sum + ("steps" in entry ? countOf(entry.steps) : 1), 0);
}

function firstOf(entries: readonly PlannedEntry[], most: number): readonly PlannedEntry[] {
  let left = most;
  return entries.flatMap((entry): readonly PlannedEntry[] => {
    if (left <= 0) return [];
    const room = left;
    left -= countOf([entry]);
    return "steps" in entry ? [{ ...entry, steps: firstOf(entry.steps, room) }] : [entry];
  });
}

function joined(entries: readonly PlannedEntry[], between: string): string {
  return entries.map((entry) => entryText(entry)).join(between);
}

function entryText(entry: PlannedEntry): string {
  if (!("steps" in entry)) return stepText(entry);
  const steps = joined(entry.steps, entry.isBeside ? " ∥ " : " → ");
  if (entry.name !== undefined) return `${code(entry.name, 60)} (${steps})`;
  return entry.steps.length === 1 ? steps : `(${steps})`;
}

function stepText({ name, when }: PlannedStep): string {
  return when === "later" ? `${code(name, 60)} (decided when it is reached)` : code(name, 60);
}
