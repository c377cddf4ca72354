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
  const values = Object.entries(output).flatMap(([name, value]) => (isShort(value) ? [`${name} ${value}`] : []));
  return values.length === 0 ? [] : [values.slice(0, MOST_OUTPUTS).join(" · ")];
}

function isShort(value: Json): value is string | number | boolean {
  if (typeof value === "string") return value.length <= MOST_LETTERS && value.trim() !== "";
  return typeof value === "number" || typeof value === "boolean";
}
