import { type Application, type ApplicationSpec, isAutomated, type Operation } from "./argocd-application.ts";
import type { Comparison } from "./argocd-comparison.ts";

export interface Candidate {
  readonly application: Application;
  /** What Git asks for now: the commit of each source. */
  readonly revisions: readonly string[];
  readonly comparison: Comparison;
}

/** The operation that Argo CD starts by itself, or undefined where it has no reason to. */
export function automaticOperation(candidate: Candidate): Operation | undefined {
  const { spec } = candidate.application;
  if (!isDue(candidate)) return undefined;
  const syncOptions = spec.syncPolicy?.syncOptions;
  return {
    sync: {
      ...pinnedSources(spec, candidate.revisions),
      ...(spec.syncPolicy?.automated?.prune === true ? { prune: true } : {}),
      ...(syncOptions === undefined ? {} : { syncOptions }),
    },
    initiatedBy: { automated: true },
    retry: spec.syncPolicy?.retry ?? { limit: 5 },
  };
}

/** The part of an operation that says what is synced: the spec's sources at the given revisions. */
export function pinnedSources(spec: ApplicationSpec, revisions: readonly string[]): Operation["sync"] {
  if (spec.sources !== undefined) return { revisions, sources: spec.sources };
  return { revision: revisions[0] ?? "", ...(spec.source === undefined ? {} : { source: spec.source }) };
}

function isDue({ application, revisions, comparison }: Candidate): boolean {
  const { spec, operation, metadata } = application;
  if (!isAutomated(spec) || operation !== undefined || metadata.deletionTimestamp !== undefined) return false;
  if (comparison.sync === "Synced") return false;
  const { prune, selfHeal } = spec.syncPolicy?.automated ?? {};
  const isPruneOnly = comparison.objects.every(({ isModified, desired }) => !isModified || desired === undefined);
  if (isPruneOnly && prune !== true) return false;
  const attempt = attemptOf(application, revisions);
  return attempt === "none" || (attempt === "succeeded" && selfHeal === true);
}

/** Why Argo CD does not try again by itself, as it stands in the conditions. */
export function syncErrorText(application: Application, revisions: readonly string[]): string | undefined {
  const state = application.status.operationState;
  if (!isAutomated(application.spec) || state === undefined || application.operation !== undefined) return undefined;
  if (attemptOf(application, revisions) !== "failed") return undefined;
  return `Failed last sync attempt to ${revisions.length === 1 ? "" : "one of "}[${revisions.join(" ")}]: ${state.message ?? ""}`;
}

// Argo CD does not sync twice to the same revision with the same parameters.
function attemptOf({ status }: Application, revisions: readonly string[]): "none" | "succeeded" | "failed" {
  const { operationState: state } = status;
  const result = state?.syncResult;
  if (state === undefined || result === undefined) return "none";
  const tried = result.revisions ?? [result.revision];
  if (tried.join(" ") !== revisions.join(" ")) return "none";
  return state.phase === "Succeeded" ? "succeeded" : "failed";
}
