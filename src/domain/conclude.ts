import type { JsonMap } from "../platform/canonical-json.ts";
import type { Draft } from "./draft.ts";
import type { RunEnding } from "./run-state.ts";

/** Ends the run; before that comes what its command does at the end in any case, unless that has had its turn. */
export function conclude(
  draft: Draft,
  { status, outputs }: { readonly status: RunEnding; readonly outputs?: JsonMap | undefined },
): void {
  const { plan, conclusion } = draft.state;
  if (conclusion === undefined && (plan.finally ?? []).length > 0) draft.emit({ type: "run.concluding", status });
  else draft.emit({ type: "run.finished", status, ...(outputs !== undefined && { outputs: { ...outputs } }) });
}
