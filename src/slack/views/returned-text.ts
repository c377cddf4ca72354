import { rootPath } from "../../domain/plan-walk.ts";
import type { RunView, StageView, StepView } from "../../domain/run-view.ts";
import { code, inert, link } from "../mrkdwn.ts";
import { gateSlot } from "../slot-ids.ts";
import { shortSha } from "./gate-evidence.ts";
import type { ViewLookups } from "./view-lookups.ts";

/** An environment that a run brings back to what was live there, because it failed. */
export interface Return {
  readonly stage: StageView;
  /** The full commit that it goes back to. */
  readonly revision: string;
  readonly status: "asked" | "under way" | "applied" | "healthy" | "failed";
  /** Where people are asked whether it may. */
  readonly gate: StepView | undefined;
}

/** What the steps after the failure bring back; nothing where they bring back nothing. */
export function returnsOf(view: RunView): readonly Return[] {
  const root = `${rootPath(view.state.plan, "on-failure")}/`;
  return view.stages.flatMap((stage) => {
    const steps = stage.steps.filter(({ path, step }) => path.startsWith(root) && step.status !== "skipped");
    const revision = steps.map(({ step }) => step.input["revision"]).find((value) => typeof value === "string");
    if (revision === undefined || revision === view.revision?.sha) return [];
    const gate = steps.find(({ step }) => step.sort === "gate" && step.status === "running");
    return [{ stage, revision, status: statusOf(steps, gate), gate }];
  });
}

function statusOf(steps: readonly StepView[], gate: StepView | undefined): Return["status"] {
  if (gate !== undefined) return "asked";
  if (steps.some(({ step }) => step.status === "failed" || step.status === "cancelled")) return "failed";
  const last = steps.at(-1);
  if (last?.step.status !== "succeeded" || last.step.sort === "gate") return "under way";
  return last.uses === "argocd/wait" ? "healthy" : "applied";
}

const MOST_LINES = 3;

/** A line for each, of mrkdwn. */
export function returnedLines(view: RunView, lookups: ViewLookups): readonly string[] {
  return returnsOf(view)
    .slice(0, MOST_LINES)
    .map((back) => `:leftwards_arrow_with_hook: *${inert(back.stage.environment, 60)}* ${words(view, back, lookups)}`);
}

/** The same for notifications and screen readers. */
export function returnedWords(view: RunView): readonly string[] {
  return returnsOf(view)
    .slice(0, MOST_LINES)
    .map(({ stage, revision, status }) => `${inert(stage.environment, 60)} ${WORDS[status]} ${shortSha(revision)}`);
}

const WORDS: Readonly<Record<Return["status"], string>> = {
  asked: "waits for approval to go back to",
  "under way": "goes back to",
  applied: "was synced back to",
  healthy: "is back, and healthy, at",
  failed: "could not be brought back to",
};

function words({ id }: RunView, { status, revision, gate }: Return, lookups: ViewLookups): string {
  const url = gate && lookups.messages(gateSlot(id, gate.path, gate.step.voided.length));
  return `${WORDS[status]} ${code(shortSha(revision))}${url === undefined ? "" : `: ${link(url, "decide in the thread")}`}`;
}
