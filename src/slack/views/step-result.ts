import type { StepView } from "../../domain/run-view.ts";
import { stepFindings } from "../../domain/step-findings.ts";
import { isJsonMap, type Json } from "../../platform/canonical-json.ts";
import { code, inert } from "../mrkdwn.ts";
import { stopText } from "./cancel-text.ts";
import { shortSha } from "./gate-evidence.ts";

/** What came with a signal. */
function payloadLines(payload: Json | undefined): readonly string[] {
  const values = isJsonMap(payload) ? Object.entries(payload) : [];
  return values.map(
    ([name, value]) => `${code(name, 50)} ${inert(typeof value === "string" ? value : JSON.stringify(value), 200)}`,
  );
}

/** What came of a step that succeeded, as lines of mrkdwn; by what its kind says in its output, and nothing where it says nothing. */
export function resultLines(view: StepView): readonly string[] {
  const { step } = view;
  if (step.stops !== undefined) return [stopText(view)];
  return step.signal === undefined ? outputLines(view) : payloadLines(step.output?.["payload"]);
}

function outputLines({ uses, step: { output = {} } }: StepView): readonly string[] {
  const { revision } = output;
  const at = typeof revision === "string" ? ` ${code(shortSha(revision))}` : "";
  // Of these the lines below say the rest.
  const found = stepFindings(uses.startsWith("argocd/") ? { notes: output["notes"] ?? [] } : output);
  const said = found.map((line) => inert(line, 400));
  if (output["skipped"] === true) return [`already proven there and live:${at} was not synced again`, ...said];
  if (uses === "argocd/wait") {
    const nothing = output["changedNothing"] === true ? ", which changed nothing there" : "";
    return [`applied and healthy:${at}${nothing}`, ...said];
  }
  if (output["tracked"] === true) return [`nothing was asked of Argo CD for${at}`, ...said];
  return uses === "argocd/sync" || uses === "argocd/rollback" ? [`Argo CD has accepted it:${at}`, ...said] : said;
}
