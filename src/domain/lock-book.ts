import type { HandLock } from "./hand-lock.ts";
import type { RunEvent } from "./run-event.ts";
import type { RunState } from "./run-state.ts";

/** A lock that a run holds or waits for; `sequence` is its place in the order of all requests for locks. */
export interface LockClaim {
  readonly run: string;
  readonly path: string;
  readonly keys: readonly string[];
  readonly status: "requested" | "held";
  readonly sequence: number;
  /** Goes before all that are not, whatever their sequence. */
  readonly isUrgent: boolean;
}

/** A request for locks, all together. */
export interface LockAsk {
  readonly keys: readonly string[];
  readonly isUrgent: boolean;
}

/**
 * What comes of a request: `cycle` when `run` holds one of the keys and waits, itself or through others, for one who asks.
 * `run` of `taken` is undefined where nobody holds a key, but others asked earlier.
 */
export type LockReply =
  | { readonly kind: "free" }
  | { readonly kind: "taken"; readonly run: string | undefined }
  | { readonly kind: "hand-locked"; readonly lock: HandLock }
  | { readonly kind: "cycle"; readonly run: string };

/** Everything that keeps locks from being had. */
interface LockBook {
  readonly claims: readonly LockClaim[];
  readonly handLocks: readonly HandLock[];
}

/** What a run holds and waits for. */
export function claimsOf(state: RunState): readonly LockClaim[] {
  const claims: LockClaim[] = [];
  for (const [path, { status, keys, order, isUrgent }] of state.locks) {
    if (status !== "requested" && status !== "held") continue;
    claims.push({ run: state.id, path, keys, status, sequence: order, isUrgent });
  }
  return claims;
}

/** The locks that these facts took or gave back. */
export function lockKeysTouched(events: readonly RunEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.type === "lock.released" || event.type === "lock.acquired" ? event.keys : [],
  );
}

/** What comes of a new request of a run. */
export function replyTo(book: LockBook, run: string, ask: LockAsk): LockReply {
  const other = cycleWith(book.claims, run, ask);
  if (other !== undefined) return { kind: "cycle", run: other };
  const lock = handLockOn(book.handLocks, ask);
  if (lock !== undefined) return { kind: "hand-locked", lock };
  if (canTake(book.claims, { ...ask, run, sequence: Number.POSITIVE_INFINITY })) return { kind: "free" };
  return { kind: "taken", run: holdersOf(book.claims, run, ask.keys)[0]?.run };
}

/** The hand lock that keeps a request waiting; an urgent one passes holds. */
export function handLockOn(
  locks: readonly HandLock[],
  { keys, isUrgent }: Pick<LockAsk, "keys" | "isUrgent">,
): HandLock | undefined {
  return locks.find((lock) => keys.includes(lock.key) && !(isUrgent && lock.run !== undefined));
}

/**
 * Whether a claim could be granted now as far as other runs go: nobody else holds its keys, and nobody who goes first asked
 * for one of them. A run that holds a lock already waits for holders only: those who asked earlier may be waiting for just
 * what it holds.
 */
export function canTake(
  claims: readonly LockClaim[],
  own: Pick<LockClaim, "run" | "keys" | "sequence" | "isUrgent">,
): boolean {
  const isHolder = claims.some((claim) => claim.run === own.run && claim.status === "held");
  return claims.every(
    (claim) =>
      claim.run === own.run ||
      !shareKey(claim.keys, own.keys) ||
      (claim.status === "requested" && (isHolder || byPrecedence(own, claim) < 0)),
  );
}

/** The waiting claims that can be granted now, in the order in which they are served; all keys of a claim together. */
export function grantable({ claims, handLocks }: LockBook): readonly LockClaim[] {
  const waiting = claims.filter((claim) => claim.status === "requested").toSorted(byPrecedence);
  const granted: LockClaim[] = [];
  for (const claim of waiting) {
    const isTaken = granted.some((other) => other.run !== claim.run && shareKey(other.keys, claim.keys));
    if (!isTaken && handLockOn(handLocks, claim) === undefined && canTake(claims, claim)) granted.push(claim);
  }
  return granted;
}

/**
 * The runs that have to give way to urgent ones: they hold what an urgent run waits for, and are not urgent themselves. None
 * where the urgent run could not go on even then, because a person has locked it.
 */
export function givingWay({ claims, handLocks }: LockBook): readonly { readonly run: string; readonly to: string }[] {
  const urgent = claims.filter((claim) => claim.status === "requested" && claim.isUrgent);
  const free = urgent.filter((claim) => handLockOn(handLocks, claim) === undefined).toSorted(byPrecedence);
  return free.flatMap((claim) =>
    holdersOf(claims, claim.run, claim.keys)
      .filter((holder) => !holder.isUrgent)
      .map(({ run }) => ({ run, to: claim.run })),
  );
}

/** Who is ahead of a waiting claim: its place in the queue (1 is next) and the run that holds what it waits for. */
export function queuePosition(
  claims: readonly LockClaim[],
  own: LockClaim,
): { position: number; holder: string | undefined } {
  const rivals = claims.filter((claim) => claim.run !== own.run && shareKey(claim.keys, own.keys));
  const ahead = rivals.filter((claim) => claim.status === "requested" && byPrecedence(claim, own) < 0);
  return { position: ahead.length + 1, holder: rivals.find((claim) => claim.status === "held")?.run };
}

/** Negative when `left` is served before `right`. */
function byPrecedence(
  left: Pick<LockClaim, "isUrgent" | "sequence">,
  right: Pick<LockClaim, "isUrgent" | "sequence">,
): number {
  if (left.isUrgent !== right.isUrgent) return left.isUrgent ? -1 : 1;
  return left.sequence - right.sequence;
}

/** The run that holds what is asked for while it waits, itself or through others, for the one who asks. */
function cycleWith(claims: readonly LockClaim[], run: string, ask: LockAsk): string | undefined {
  // Those who hold something wait for holders only, so that nobody else can be part of a circle.
  return blockersOf(claims, run, ask).find((holder) => waitsFor(claims, holder, { goal: run, seen: new Set() }));
}

function waitsFor(
  claims: readonly LockClaim[],
  run: string,
  { goal, seen }: { readonly goal: string; readonly seen: Set<string> },
): boolean {
  if (run === goal) return true;
  if (seen.has(run)) return false;
  seen.add(run);
  const waiting = claims.filter((claim) => claim.run === run && claim.status === "requested");
  return waiting.some((claim) =>
    blockersOf(claims, run, claim).some((holder) => waitsFor(claims, holder, { goal, seen })),
  );
}

/** Holders that do not give way to the request. */
function blockersOf(claims: readonly LockClaim[], run: string, { keys, isUrgent }: LockAsk): readonly string[] {
  return holdersOf(claims, run, keys).flatMap((claim) => (isUrgent && !claim.isUrgent ? [] : [claim.run]));
}

function holdersOf(claims: readonly LockClaim[], run: string, keys: readonly string[]): readonly LockClaim[] {
  return claims.filter((claim) => claim.run !== run && claim.status === "held" && shareKey(claim.keys, keys));
}

function shareKey(left: readonly string[], right: readonly string[]): boolean {
  return left.some((key) => right.includes(key));
}
