import type { Application } from "./application.ts";
import { newestHistoryId } from "./application-facts.ts";
import { type OperationIdentity, operationFingerprint } from "./operation-identity.ts";

/** The full commit that one source of the application has to be at. */
export interface ExpectedRevision {
  /** From 0, in the order of `spec.sources`; 0 for an application with one source. */
  readonly sourceIndex: number;
  readonly sha: string;
}

/** What an application looked like before the sync was posted; plain data, to be kept with the step. */
export interface ApplicationBefore {
  readonly uid: string;
  /** The largest history id, -1 for none. */
  readonly historyId: number;
  /** `operationFingerprint` of the operation that was shown then. */
  readonly operation?: string | undefined;
  readonly reconciledAt?: string | undefined;
}

export interface AssessTiming {
  /** How long the application has to stay Healthy, seen at least twice, before it counts. */
  readonly settleMs: number;
  /** How long Degraded is watched before it counts as failed. */
  readonly degradedGraceMs: number;
  /** How long an accepted operation may wait for the controller. */
  readonly startDeadlineMs: number;
}

/**
 * What a wait expects of an application; plain data.
 * `pin`: an operation put it at the revision, whatever its branch says now, so being OutOfSync is no failure.
 * `track`: its target revision leads to the revision, by our operation, by an automated one, or by none where nothing changes.
 * `proven`: it is already there and healthy, and nobody is expected to do anything.
 */
export interface Expectation {
  readonly mode: "pin" | "track" | "proven";
  readonly revisions: readonly ExpectedRevision[];
  /** Our operation. Absent: none was posted. */
  readonly operation?: OperationIdentity;
  readonly before: ApplicationBefore;
  /** When the sync was posted, on our clock. */
  readonly postedAtMs?: number;
  readonly timing: AssessTiming;
}

/** Takes down what `Expectation.before` needs; to be called before the sync is posted. */
export function rememberBefore(application: Application): ApplicationBefore {
  return {
    uid: application.metadata.uid,
    historyId: newestHistoryId(application),
    operation: operationFingerprint(application),
    reconciledAt: application.status.reconciledAt,
  };
}

/** Whether `revisions` (one per source) are exactly the expected ones; an abbreviated expectation is compared as a prefix. */
export function matchesExpected(expected: readonly ExpectedRevision[], revisions: readonly string[]): boolean {
  return (
    expected.length > 0 &&
    expected.every(({ sourceIndex, sha }) => sha !== "" && (revisions[sourceIndex] ?? "").startsWith(sha))
  );
}
