import { z } from "zod";

import type { StepView } from "../../domain/run-view.ts";
import type { Json } from "../../platform/canonical-json.ts";
import { code, inert } from "../mrkdwn.ts";
import { stopText } from "./cancel-text.ts";
import { shortSha } from "./gate-evidence.ts";

/** What came of a step that succeeded, as lines of mrkdwn; by what its kind says in its output, and nothing where it says nothing. */
export function resultLines(view: StepView): readonly string[] {
  const { uses, step } = view;
  if (step.stops !== undefined) return [stopText(view)];
  const output = step.output ?? {};
  const { revision, notes } = output;
  const at = typeof revision === "string" ? ` ${code(shortSha(revision))}` : "";
  const lines = Array.isArray(notes) ? notes.filter((note) => typeof note === "string").slice(0, 5) : [];
  const said = lines.map((note) => inert(note, 400));
  if (output["skipped"] === true) return [`already proven there and live:${at} was not synced again`, ...said];
  if (uses === "argocd/wait") {
    const nothing = output["changedNothing"] === true ? ", which changed nothing there" : "";
    return [`applied and healthy:${at}${nothing}`, ...said];
  }
  if (output["tracked"] === true) return [`nothing was asked of Argo CD for${at}`, ...said];
  if (uses === "argocd/sync" || uses === "argocd/rollback") return [`Argo CD has accepted it:${at}`, ...said];
  return said.length > 0 ? said : outputLines(output);
}

/** What a kind found, or without that the outputs that are short enough to read. */
function outputLines(output: Readonly<Record<string, Json>>): readonly string[] {
  const check = CheckOutput.safeParse(output["check"]).data;
  if (check !== undefined) return [`${inert(check.name, 120)}: ${inert(check.result, 400)}`];
  const values = Object.entries(output).flatMap(([name, value]) => {
    const isShown = typeof value === "number" || typeof value === "boolean" || isShort(value);
    return isShown ? [`${inert(name, 40)} ${code(String(value), MOST_LETTERS)}`] : [];
  });
  return values.length === 0 ? [] : [values.slice(0, MOST_OUTPUTS).join(" · ")];
}

function isShort(value: Json): value is string {
  return typeof value === "string" && value.length <= MOST_LETTERS && value.trim() !== "";
}

const MOST_OUTPUTS = 4;
const MOST_LETTERS = 80;

/** How a step says what it found, for people and for approvals. */
const CheckOutput = z.looseObject({ name: z.string(), result: z.string() });
