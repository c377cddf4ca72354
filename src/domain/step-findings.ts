import { z } from "zod";

import type { Json } from "../platform/canonical-json.ts";

const MOST_NOTES = 5;
const MOST_OUTPUTS = 4;
const MOST_LETTERS = 80;

/** How a step says what it found, for people and for approvals. */
const CheckOutput = z.looseObject({ name: z.string(), result: z.string() });

/**
 * What a step found, as lines of plain text: the `notes` of its output, or its `check`; of a kind that has neither, the outputs that
 * are short enough to read.
 */
export function stepFindings(output: Readonly<Record<string, Json>>): readonly string[] {
  const { notes } = output;
  const said = Array.isArray(notes) ? notes.filter((note) => typeof note === "string").slice(0, MOST_NOTES) : [];
  if (said.length > 0 || Array.isArray(notes)) return said;
  const check = CheckOutput.safeParse(output["check"]).data;
  if (check !== undefined) return [`${check.name}: ${check.result}`];
  // By name: an output that was read back from the log has its members in another order than a new one.
  const members = Object.entries(output).toSorted(([left], [right]) => (left < right ? -1 : 1));
  const values = members.flatMap(([name, value]) => (isShort(value) ? [`${name} ${brief(value)}`] : []));
  return values.length === 0 ? [] : [values.slice(0, MOST_OUTPUTS).join(" · ")];
}

function isShort(value: Json): value is string | number | boolean {
  if (typeof value === "string") return value.length <= MOST_LETTERS && value.trim() !== "";
  return typeof value === "number" || typeof value === "boolean";
}

/** Commits and digests by as much of them as people compare. */
function brief(value: string | number | boolean): string {
  const text = String(value);
  if (/^[0-9a-f]{40}$/u.test(text)) return text.slice(0, 7);
  return /^sha256:[0-9a-f]{64}$/u.test(text) ? text.slice(0, 19) : text;
}
