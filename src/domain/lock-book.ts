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

/** Whether `keys` could be taken now by somebody who asks at `sequence`: nobody holds them, and nobody asked earlier. */
export function canTake(claims: Iterable<LockClaim>, keys: readonly string[], sequence: number): boolean {
  for (const claim of claims) {
    if (!shareKey(claim.keys, keys)) continue;
    if (claim.status === "held" || claim.sequence < sequence) return false;
  }
  return true;
}

/** The waiting claims that can be granted now, in the order in which they were asked for; all keys of a claim together. */
export function grantable(claims: readonly LockClaim[]): readonly LockClaim[] {
  return claims
    .filter((claim) => claim.status === "requested")
    .toSorted((left, right) => left.sequence - right.sequence)
    .filter((claim) =>
      canTake(
        // What a run holds itself is no obstacle to what it asks for inside.
        claims.filter((other) => other.run !== claim.run),
        claim.keys,
        claim.sequence,
      ),
    );
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
