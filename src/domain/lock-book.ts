import type { RunState } from "./run-state.ts";

/** A lock that a run holds or waits for; `sequence` is its place in the order of all requests for locks. */
export interface LockClaim {
  readonly run: string;
  readonly path: string;
  readonly keys: readonly string[];
  readonly status: "requested" | "held";
  readonly sequence: number;
}

/** What a run holds and waits for. */
export function claimsOf(state: RunState): readonly LockClaim[] {
  const claims: LockClaim[] = [];
  for (const [path, { status, keys, order }] of state.locks) {
    if (status !== "released") claims.push({ run: state.id, path, keys, status, sequence: order });
  }
  return claims;
}

/**
 * Whether a claim could be granted now: nobody else holds its keys, and nobody asked for one of them earlier. A run that
 * holds a lock already waits for holders only: those who asked earlier may be waiting for just what it holds.
 */
export function canTake(
  claims: readonly LockClaim[],
  { run, keys, sequence }: Pick<LockClaim, "run" | "keys" | "sequence">,
): boolean {
  const isHolder = claims.some((claim) => claim.run === run && claim.status === "held");
  return claims.every(
    (claim) =>
      claim.run === run ||
      !shareKey(claim.keys, keys) ||
      (claim.status === "requested" && (isHolder || claim.sequence > sequence)),
  );
}

/** The waiting claims that can be granted now, in the order in which they were asked for; all keys of a claim together. */
export function grantable(claims: readonly LockClaim[]): readonly LockClaim[] {
  const waiting = claims
    .filter((claim) => claim.status === "requested")
    .toSorted((left, right) => left.sequence - right.sequence);
  const granted: LockClaim[] = [];
  for (const claim of waiting) {
    const isTaken = granted.some((other) => other.run !== claim.run && shareKey(other.keys, claim.keys));
    if (!isTaken && canTake(claims, claim)) granted.push(claim);
  }
  return granted;
}

/** Who is ahead of a waiting claim: its place in the queue (1 is next) and the run that holds what it waits for. */
export function queuePosition(
  claims: readonly LockClaim[],
  own: LockClaim,
): { position: number; holder: string | undefined } {
  const rivals = claims.filter((claim) => claim.run !== own.run && shareKey(claim.keys, own.keys));
  const ahead = rivals.filter((claim) => claim.status === "requested" && claim.sequence < own.sequence);
  return { position: ahead.length + 1, holder: rivals.find((claim) => claim.status === "held")?.run };
}

function shareKey(left: readonly string[], right: readonly string[]): boolean {
  return left.some((key) => right.includes(key));
}
