import { namesText, shortSha } from "./forge-text.ts";
import type { PullRequest, Standing } from "./pull-request.ts";

/** Whether a pull request may be merged now. */
export type MergeVerdict =
  | { readonly kind: "merged" | "closed" | "conflict" | "red" | "ready" }
  | { readonly kind: "moved" }
  /** It may become ready; `why` for people. `soon` where only the forge has to make up its mind. */
  | { readonly kind: "waiting"; readonly why: string; readonly soon: boolean };

/** What a pull request says; pure. `sha` is the commit that is meant, where one is. */
export function mergeVerdict(
  request: PullRequest,
  standing: Standing,
  wanted: { readonly sha: string | undefined; readonly checks: "all" | "required" },
): MergeVerdict {
  const { state, readiness } = request;
  const { sha, checks } = wanted;
  // What was merged is held against what is meant, as what would be.
  if (sha !== undefined && request.sha !== sha && state !== "closed") return { kind: "moved" };
  if (state !== "open") return { kind: state };
  if (readiness.kind === "conflict") return { kind: "conflict" };
  if (checks === "all" && standing.failed.length > 0) return { kind: "red" };
  const why = waitsFor(standing, checks);
  if (why !== undefined) return { kind: "waiting", why, soon: false };
  switch (readiness.kind) {
    case "ready":
      return { kind: "ready" };
    case "checking":
      return { kind: "waiting", why: "the forge is finding out whether it can be merged", soon: true };
    case "waiting":
      return { kind: "waiting", why: readiness.why, soon: false };
  }
}

function waitsFor({ pending, changesAskedBy }: Standing, checks: "all" | "required"): string | undefined {
  if (changesAskedBy.length > 0) return `${namesText(changesAskedBy)} asked for changes`;
  if (checks === "required" || pending.length === 0) return undefined;
  return `${namesText(pending.map(({ name }) => name))} ${pending.length === 1 ? "is" : "are"} not over`;
}

/** What people see of one that is waited for. */
export function verdictText(verdict: MergeVerdict, request: PullRequest, standing: Standing): string {
  const { approvedBy, failed } = standing;
  const approved = approvedBy.length === 0 ? "" : `; approved by ${namesText(approvedBy)}`;
  switch (verdict.kind) {
    case "waiting":
      return `${verdict.why}${approved}`;
    case "red":
      return `${namesText(failed.map(({ name }) => name))} failed${approved}`;
    case "conflict":
      return `it has conflicts with ${request.base}`;
    case "moved":
      return `its branch has moved to ${shortSha(request.sha)}`;
    case "ready":
      return `it can be merged${approved}`;
    case "merged":
    case "closed":
      return verdict.kind;
  }
}
