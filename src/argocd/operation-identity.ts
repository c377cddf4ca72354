import type { Application, Operation, OperationState } from "./application.ts";
import { revisionList } from "./application-facts.ts";

/** Which effect of Quarterdeck an Argo CD operation is: the only handle that survives the whole life of the operation. */
export interface OperationIdentity {
  readonly run: string;
  readonly step?: string;
  readonly attempt?: number;
}

const RUN_INFO = "quarterdeck.run";
const STEP_INFO = "quarterdeck.step";
const ATTEMPT_INFO = "quarterdeck.attempt";

export interface OperationInfo {
  readonly name: string;
  readonly value: string;
}

/** The `infos` that carry the identity in a sync request; Argo CD echoes them in the operation and shows them in its UI. */
export function infosOf(identity: OperationIdentity): readonly OperationInfo[] {
  const infos = [{ name: RUN_INFO, value: identity.run }];
  if (identity.step !== undefined) infos.push({ name: STEP_INFO, value: identity.step });
  if (identity.attempt !== undefined) infos.push({ name: ATTEMPT_INFO, value: String(identity.attempt) });
  return infos;
}

/** The identity that an operation carries; undefined when Quarterdeck did not start it. */
export function identityOf(operation: Operation): OperationIdentity | undefined {
  const read = (name: string): string | undefined => operation.info.find((info) => info.name === name)?.value;
  const run = read(RUN_INFO);
  const step = read(STEP_INFO);
  const attempt = Number(read(ATTEMPT_INFO));
  if (run === undefined) return undefined;
  return { run, ...(step === undefined ? {} : { step }), ...(Number.isInteger(attempt) ? { attempt } : {}) };
}

/** Whether the operation carries `identity`. A part that `identity` leaves open is not compared. */
export function isOwn(operation: Operation, identity: OperationIdentity): boolean {
  const found = identityOf(operation);
  if (found === undefined || found.run !== identity.run) return false;
  if (identity.step !== undefined && found.step !== identity.step) return false;
  return identity.attempt === undefined || found.attempt === identity.attempt;
}

/**
 * Whether an operation is the rollback of Argo CD's own that `username` has asked for, to these revisions. Argo CD gives it neither our
 * identity nor the id of the entry, so this is as much as can be told.
 */
export function isRollbackTo(
  operation: Operation,
  { username, revisions }: { readonly username: string; readonly revisions: readonly string[] },
): boolean {
  const { sync, initiatedBy, info } = operation;
  const isApplied = sync.syncStrategy?.apply !== undefined && sync.syncStrategy.apply !== null;
  const isSame = revisionList(sync).join(" ") === revisions.join(" ");
  return isApplied && isSame && info.length === 0 && initiatedBy.username === username;
}

export type OwnOperation =
  | { readonly kind: "requested"; readonly operation: Operation }
  | { readonly kind: "active"; readonly state: OperationState }
  | { readonly kind: "finished"; readonly state: OperationState };

/**
 * Our operation in the application, at whatever point of its life, or undefined when it is not the one shown.
 * `requested`: accepted, not yet picked up by the controller. `finished` follows Argo CD's rule: no operation present and a final phase;
 * `finishedAt` alone means nothing, it is also set between the tries of a retry.
 */
export function findOwnOperation(application: Application, identity: OperationIdentity): OwnOperation | undefined {
  const { operation } = application;
  const state = currentState(application);
  if (state !== undefined) {
    if (!isOwn(state.operation, identity)) return undefined;
    return { kind: isFinalPhase(state.phase) ? "finished" : "active", state };
  }
  return operation !== undefined && isOwn(operation, identity) ? { kind: "requested", operation } : undefined;
}

/**
 * The state of the operation that the application shows now. A requested operation has none yet: a sync through the API clears the
 * state of the one before, but the ApplicationSet controller leaves it standing until its own operation starts.
 */
export function currentState(application: Application): OperationState | undefined {
  const state = application.status.operationState;
  const isOfOneBefore = application.operation !== undefined && state !== undefined && isFinalPhase(state.phase);
  return isOfOneBefore ? undefined : state;
}

/** Whether some operation, anyone's, is requested or running. */
export function hasOperationInProgress(application: Application): boolean {
  const state = application.status.operationState;
  if (application.operation !== undefined) return true;
  return state !== undefined && !isFinalPhase(state.phase);
}

function isFinalPhase(phase: string): boolean {
  return phase === "Succeeded" || phase === "Failed" || phase === "Error";
}

/** What people are told about an operation, ours or not. */
export interface OperationSummary {
  readonly phase: string;
  readonly initiatedBy: string;
  readonly revisions: readonly string[];
  readonly dryRun: boolean;
  readonly partial: boolean;
  readonly startedAt?: string | undefined;
  readonly finishedAt?: string | undefined;
}

/** The operation that the application shows: the one in progress, otherwise the last one. */
export function summarizeOperation(application: Application): OperationSummary | undefined {
  const state = currentState(application);
  const operation = application.operation ?? state?.operation;
  if (operation === undefined) return undefined;
  const { sync } = operation;
  const resolved = syncedRevisions(state);
  return {
    phase: state?.phase ?? "Pending",
    initiatedBy: initiatorOf(operation),
    revisions: resolved.length > 0 ? resolved : revisionList(sync),
    dryRun: sync.dryRun,
    partial: sync.resources.length > 0,
    startedAt: state?.startedAt,
    finishedAt: state?.finishedAt,
  };
}

function initiatorOf({ initiatedBy }: Operation): string {
  return initiatedBy.username || (initiatedBy.automated ? "auto-sync" : "unknown");
}

/** The revisions that an operation really synced, one per source; none before manifests were generated. */
export function syncedRevisions(state: OperationState | undefined): readonly string[] {
  return state?.syncResult === undefined ? [] : revisionList(state.syncResult);
}

/** Tells two operations apart without an id: Argo CD gives them none. Undefined when none was ever picked up. */
export function operationFingerprint(application: Application): string | undefined {
  const state = application.status.operationState;
  if (state === undefined) return undefined;
  const infos = state.operation.info.map((info) => `${info.name}=${info.value}`).join(",");
  const asked = revisionList(state.operation.sync).join(",");
  return [state.startedAt ?? "", asked, state.operation.initiatedBy.username, infos].join("|");
}
