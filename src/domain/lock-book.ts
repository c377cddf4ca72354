import type { HandLock } from "./hand-lock.ts";
import { locksAround } from "./plan-walk.ts";
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
  /** The paths of the locks around it, which are the run's already; all others of the run where undefined. */
  readonly within?: readonly string[] | undefined;
}

/** A request for locks, all together. */
export interface LockAsk {
  readonly keys: readonly string[];
  readonly isUrgent: boolean;
  /** As in a claim. */
  readonly within?: readonly string[] | undefined;
  /** What the run that asks holds and waits for at this moment, where that may be more than the book says. */
  readonly own?: readonly LockClaim[] | undefined;
}

/**
 * What comes of a request: `cycle` when `run` holds one of the keys and waits, itself or through others, for what is around the
 * request. `run` of `taken` is undefined where nobody holds a key, but others asked earlier. Both may be the run that asks: what
 * it does side by side takes turns too.
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
  if (claims.length < 2) return claims;
  // Only beside others it matters in what it stands.
  for (const claim of claims) Object.assign(claim, { within: locksAround(state.plan, claim.path) });
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
  const own = { ...ask, run, path: "", sequence: Number.POSITIVE_INFINITY };
  const claims =
    ask.own === undefined ? book.claims : [...book.claims.filter((claim) => claim.run !== run), ...ask.own];
  const other = cycleWith(claims, own);
  if (other !== undefined) return { kind: "cycle", run: other };
  const lock = handLockOn(book.handLocks, ask);
  if (lock !== undefined) return { kind: "hand-locked", lock };
  if (canTake(claims, own)) return { kind: "free" };
  const holders = holdersOf(claims, own);
  return { kind: "taken", run: (holders.find((claim) => claim.run !== run) ?? holders[0])?.run };
}

/** The hand lock that keeps a request waiting; an urgent one passes holds. */
export function handLockOn(
  locks: readonly HandLock[],
  { keys, isUrgent }: Pick<LockAsk, "keys" | "isUrgent">,
): HandLock | undefined {
  return locks.find((lock) => keys.includes(lock.key) && !(isUrgent && lock.run !== undefined));
}

/** A claim as far as it is compared with others; one that is only asked for has no path yet. */
type Wanted = Omit<LockClaim, "status">;

/**
 * Whether a claim could be granted now as far as others go: none that it cannot stand in holds its keys, and nobody who goes
 * first asked for one of them. What stands in a lock already waits for holders only: those who asked earlier may be waiting for
 * just that one.
 */
export function canTake(claims: readonly LockClaim[], own: Wanted): boolean {
  const isHolder = claims.some((claim) => claim.status === "held" && isAround(claim, own));
  return claims.every(
    (claim) =>
      !isRival(claim, own) ||
      !shareKey(claim.keys, own.keys) ||
      (claim.status === "requested" && (isHolder || byPrecedence(own, claim) < 0)),
  );
}

/** The waiting claims that can be granted now, in the order in which they are served; all keys of a claim together. */
export function grantable({ claims, handLocks }: LockBook): readonly LockClaim[] {
  const waiting = claims.filter((claim) => claim.status === "requested").toSorted(byPrecedence);
  const granted: LockClaim[] = [];
  for (const claim of waiting) {
    const isTaken = granted.some((other) => isRival(other, claim) && shareKey(other.keys, claim.keys));
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
    holdersOf(claims, claim)
      .filter((holder) => !holder.isUrgent)
      .map(({ run }) => ({ run, to: claim.run })),
  );
}

/** Who is ahead of a waiting claim: its place in the queue (1 is next) and the run that holds what it waits for. */
export function queuePosition(
  claims: readonly LockClaim[],
  own: LockClaim,
): { position: number; holder: string | undefined } {
  const rivals = claims.filter((claim) => isRival(claim, own) && shareKey(claim.keys, own.keys));
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

/** The run that holds what is asked for while it waits, itself or through others, for something around the request. */
function cycleWith(claims: readonly LockClaim[], own: Wanted): string | undefined {
  // What stands in a lock waits for holders only, so that nobody else can be part of a circle.
  return blockersOf(claims, own).find((holder) => waitsFor(claims, holder, { own, seen: new Set() }))?.run;
}

function waitsFor(
  claims: readonly LockClaim[],
  holder: LockClaim,
  { own, seen }: { readonly own: Wanted; readonly seen: Set<LockClaim> },
): boolean {
  if (isAround(holder, own)) return true;
  if (seen.has(holder)) return false;
  seen.add(holder);
  const waiting = claims.filter((claim) => claim.status === "requested" && isAround(holder, claim));
  return waiting.some((claim) => blockersOf(claims, claim).some((next) => waitsFor(claims, next, { own, seen })));
}

/** Holders that do not give way to the request. */
function blockersOf(claims: readonly LockClaim[], own: Wanted): readonly LockClaim[] {
  return holdersOf(claims, own).filter((claim) => !own.isUrgent || claim.isUrgent);
}

function holdersOf(claims: readonly LockClaim[], own: Wanted): readonly LockClaim[] {
  return claims.filter((claim) => isRival(claim, own) && claim.status === "held" && shareKey(claim.keys, own.keys));
}

/** Whether two claims keep one another from having the same key: those of one run do not where one stands in the other. */
function isRival(left: Wanted, right: Wanted): boolean {
  if (left.run !== right.run) return true;
  return left.path !== right.path && !isAround(left, right) && !isAround(right, left);
}

function isAround(outer: Wanted, inner: Wanted): boolean {
  // What is only asked for is around nothing yet.
  if (outer.run !== inner.run || outer.path === inner.path || outer.path === "") return false;
  return inner.within === undefined || inner.within.includes(outer.path);
}

function shareKey(left: readonly string[], right: readonly string[]): boolean {
  return left.some((key) => right.includes(key));
}
