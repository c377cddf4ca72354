import { rootPath } from "../../domain/plan-walk.ts";
import { stepPlace } from "../../domain/step-place.ts";
import type { RunView, StepView } from "../../domain/run-view.ts";
import { code, inert } from "../mrkdwn.ts";

/** The steps for which a run failed, in the order in which they did; what is done about a failure, or at the end, is no cause. */
export function failedSteps({ state, stages, otherSteps, failure }: RunView): readonly StepView[] {
  const roots = (["on-failure", "finally"] as const).map((branch) => `${rootPath(state.plan, branch)}/`);
  const all = [...stages.flatMap(({ steps }) => steps), ...otherSteps];
  const failed = all.filter(({ step, path }) => {
    return step.status === "failed" && (path === failure?.step?.path || !roots.some((root) => path.startsWith(root)));
  });
  return failed.toSorted((left, right) => (left.step.endedAt ?? 0) - (right.step.endedAt ?? 0));
}

const MOST_NAMED = 5;

/** Each of several with its place and its reason, a line each. */
export function failedLines(steps: readonly StepView[]): string {
  const lines = steps.slice(0, MOST_NAMED).map((view) => {
    const reason = inert(view.step.failure?.message ?? "", 300);
    return `• ${stepName(view)}${reason === "" ? "" : `: ${reason}`}`;
  });
  const more = steps.length - lines.length;
  return [...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join("\n");
}

/** `eu-3 probe`, as code. */
export function stepName(view: StepView): string {
  return code([stepPlace(view), view.name].filter((part) => part !== "").join(" "), 120);
}
