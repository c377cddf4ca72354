import type { Application, Operation } from "../argocd/application.ts";
import { identityOf, summarizeOperation } from "../argocd/operation-identity.ts";
import { tryIsoTime } from "../platform/clock.ts";
import type { Blame } from "./incident-fact.ts";

/** What is known of a run that deployed something. */
export interface DeployingRun {
  readonly run: string;
  readonly title: string;
  /** Pseudonym. */
  readonly requester: string;
  readonly failed: boolean;
}

export interface BlameLookups {
  /** A run by its id; undefined when this log has none. */
  run(id: string): DeployingRun | undefined;
  /** The newest run that wanted this revision there, for what Argo CD's auto-sync did on its behalf. */
  runFor(revision: string): DeployingRun | undefined;
}

/** What was last deployed: the operation that the application shows, which is the one in progress or the last one. */
export function blameOf(application: Application, lookups: BlameLookups): Blame {
  const state = application.status.operationState;
  const operation = application.operation ?? state?.operation;
  const summary = summarizeOperation(application);
  if (operation === undefined || summary === undefined || summary.dryRun) return { kind: "nothing" };
  const revision = summary.revisions[0] ?? "";
  const at = tryIsoTime(summary.startedAt ?? state?.startedAt ?? "") ?? 0;
  const run = runOf(operation, revision, lookups);
  if (run !== undefined) return { kind: "run", ...run, revision, at };
  const { initiatedBy: who, phase } = summary;
  return { kind: "operation", who, automated: isAutomated(operation), phase, revision, at };
}

/** Whether something was deployed after what is blamed. Auto-sync that does the same again is nothing new. */
export function isDeployedAfter(blame: Blame, application: Application): boolean {
  const now = blameOf(application, { run: () => undefined, runFor: () => undefined });
  if (now.kind !== "operation" || blame.kind === "nothing") return now.kind !== blame.kind;
  return now.at > blame.at && !(now.automated && now.revision === blame.revision);
}

function runOf(operation: Operation, revision: string, lookups: BlameLookups): DeployingRun | undefined {
  const identity = identityOf(operation);
  if (identity !== undefined) return lookups.run(identity.run);
  return isAutomated(operation) && revision !== "" ? lookups.runFor(revision) : undefined;
}

function isAutomated({ initiatedBy }: Operation): boolean {
  return initiatedBy.automated && initiatedBy.username === "";
}
