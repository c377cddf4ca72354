import { linkText } from "./forge-text.ts";
import type { CheckRun, CommitStatus, WorkflowRun } from "./github-api.ts";

/** Something that says of a commit whether it is good. */
export interface CommitCheck {
  readonly name: string;
  readonly kind: "check" | "status" | "workflow";
  readonly state: "passed" | "failed" | "pending";
  /** As GitHub has it: `success`, `timed_out`; of one that is not over, its status. */
  readonly conclusion: string;
  /** Empty where there is none that can be opened. */
  readonly url: string;
}

// A required check that was skipped or is neutral does not hold GitHub up either.
const PASSED: ReadonlySet<string> = new Set(["success", "neutral", "skipped"]);

/**
 * The newest run of each check within its suite. Checks of the same name in different suites are different ones, such as the jobs
 * called `build` of two workflows: a newer one says nothing of the older.
 */
export function checksOfRuns(runs: readonly CheckRun[]): readonly CommitCheck[] {
  const newest = new Map<string, CheckRun>();
  for (const run of runs) {
    const key = `${run.check_suite?.id ?? ""}/${run.name}`;
    const before = newest.get(key);
    if (before === undefined || before.id < run.id) newest.set(key, run);
  }
  return Array.from(newest.values(), (run) => ({
    name: run.name,
    kind: "check",
    ...stateOf(run),
    url: linkText(run.html_url) || linkText(run.details_url),
  }));
}

/** The newest status of each context; they come with the newest first or not, so that is not relied upon. */
export function checksOfStatuses(statuses: readonly CommitStatus[]): readonly CommitCheck[] {
  const newest = new Map<string, CommitStatus>();
  for (const status of statuses) {
    const before = newest.get(status.context);
    if (before === undefined || before.id < status.id) newest.set(status.context, status);
  }
  return Array.from(newest.values(), ({ context, state, target_url: target }) => ({
    name: context,
    kind: "status",
    state: stateOfStatus(state),
    conclusion: state,
    url: linkText(target),
  }));
}

/** The newest run of the workflow with this name or file; one that is run again keeps its number. */
export function checkOfWorkflow(runs: readonly WorkflowRun[], workflow: string): CommitCheck | undefined {
  const own = runs.filter(({ name, path }) => name === workflow || isFile(path ?? "", workflow));
  const newest = own.toSorted((left, right) => right.id - left.id)[0];
  if (newest === undefined) return undefined;
  return { name: workflow, kind: "workflow", ...stateOf(newest), url: linkText(newest.html_url) };
}

function isFile(path: string, workflow: string): boolean {
  const [file = ""] = path.split("@");
  return file === workflow || file === `.github/workflows/${workflow}`;
}

/** A conclusion that is not known is no good one. */
function stateOf(
  run: Pick<CheckRun, "conclusion"> & { readonly status?: string | null | undefined },
): Pick<CommitCheck, "state" | "conclusion"> {
  if (run.status !== "completed") return { state: "pending", conclusion: run.status ?? "unknown" };
  const conclusion = run.conclusion ?? "unknown";
  return { state: PASSED.has(conclusion) ? "passed" : "failed", conclusion };
}

function stateOfStatus(state: string): CommitCheck["state"] {
  if (state === "success") return "passed";
  return state === "pending" ? "pending" : "failed";
}
