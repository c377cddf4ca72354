import { type Fact, rowText, timeText } from "./fact.ts";
import type { RunBook } from "./run-book.ts";
import { standingOf } from "./side-by-side.ts";
import type { Report } from "./violation.ts";

const CHECK = "locks";
const LATE_MS = 120_000;
// What is free is given in the same moment; so long it takes nobody.
const GIVEN_WITHIN_MS = 2000;

interface Claim {
  readonly run: RunBook;
  readonly path: string;
  readonly keys: readonly string[];
  readonly order: number;
  readonly isUrgent: boolean;
  readonly requested: Fact;
  status: "requested" | "held";
}

interface HandLockBook {
  readonly fact: Fact;
  readonly owner: string;
  readonly until: number | undefined;
  /** The run that left it. */
  readonly run: string | undefined;
}

interface Holding {
  readonly run: string;
  readonly from: number;
  until: number;
}

/** Who held what when, by the rows alone. */
export class LockBooks {
  readonly #report: Report;
  readonly #wasCalm: ((from: number, until: number) => boolean) | undefined;
  /** Since when nothing has kept a claim from being had, true time. */
  readonly #free = new Map<Claim, number>();
  /** Requested or held, by run and path. */
  readonly #claims = new Map<string, Claim>();
  readonly #hands = new Map<string, HandLockBook>();
  readonly #holdings = new Map<string, Holding[]>();
  /** Holds that have to be left, by key, until the row is there. */
  readonly #owed = new Map<string, Fact>();

  constructor(deps: {
    readonly report: Report;
    readonly wasCalm?: ((from: number, until: number) => boolean) | undefined;
  }) {
    this.#report = deps.report;
    this.#wasCalm = deps.wasCalm;
  }

  /** A row of a run about its locks, before it is folded. */
  applyRun(run: RunBook, fact: Fact): void {
    const { type, path = "" } = fact;
    if (type === "lock.requested") this.#request(run, fact);
    else if (type === "lock.acquired") this.#acquire(run, fact);
    else if (type === "lock.released") this.#release(run, fact);
    else if (type === "run.retried" || type === "gate.voided") this.#dropForgotten(run, fact);
    else if (type === "run.cancel-requested" && fact.by !== undefined) this.#giveWay(run, fact, path);
  }

  /** A row of the stream of locks that people set. */
  applyHand(fact: Fact): void {
    const { key = "", type, actor } = fact;
    const before = this.#hands.get(key);
    if (type === "lock.set") {
      if (before !== undefined && before.owner !== actor) this.#checkTaking(before, fact);
      this.#hands.set(key, { fact, owner: actor, until: fact.until, run: fact.run });
      if (fact.run !== undefined) this.#owed.delete(key);
    } else if (type === "lock.lifted" || type === "lock.expired") {
      if (before === undefined) this.#say(`The lock on ${key} was taken away although there was none.`, [fact]);
      else this.#checkEnd(before, fact);
      this.#hands.delete(key);
    }
  }

  #checkEnd(before: HandLockBook, fact: Fact): void {
    const { key, type, at } = fact;
    if (type === "lock.expired" && at < (before.until ?? Infinity))
      this.#say(`The lock on ${key} expired before its time.`, [before.fact, fact]);
    else if (type === "lock.lifted" && this.#isOverdue(before, fact))
      this.#say(`The lock on ${key} was to end long before somebody took it away.`, [before.fact, fact]);
  }

  #isOverdue({ until = Infinity }: HandLockBook, { at, seenAt }: Fact): boolean {
    return at - until > LATE_MS && this.#wasCalm?.(seenAt - LATE_MS, seenAt) === true;
  }

  /** What somebody has set stays theirs; only holds follow one another. */
  #checkTaking(before: HandLockBook, fact: Fact): void {
    const { key, actor, run } = fact;
    if (run === undefined)
      this.#say(`${actor} took over the lock on ${key} that ${before.owner} had set.`, [before.fact, fact]);
    else if (before.run === undefined)
      this.#say(`A hold took the place of the lock on ${key} that ${before.owner} had set.`, [before.fact, fact]);
  }

  /** After all rows of a commit, true time. */
  atRest(now: number): void {
    for (const [key, fact] of this.#owed)
      this.#say(`No hold was left on ${key}, although it was given back with one.`, [fact]);
    this.#owed.clear();
    this.#checkPrecedence();
    this.#checkFree(now);
  }

  /** Everybody who held a key at some moment between, both ends included. */
  holdersBetween(key: string, from: number, until: number): ReadonlySet<string> {
    const holders = new Set<string>();
    for (const holding of this.#holdings.get(key) ?? []) {
      if (holding.from <= until && holding.until >= from) holders.add(holding.run);
    }
    return holders;
  }

  /** Locks whose time was up long ago, in words. */
  overdue(appNow: number): readonly string[] {
    return [...this.#hands].flatMap(([key, { until }]) =>
      until !== undefined && until + LATE_MS < appNow ? [`The lock on ${key} was to end ${appNow - until} ms ago`] : [],
    );
  }

  /** What is held or waited for now, in words; but for what waits for a person to unlock something. */
  left(): readonly string[] {
    const left = Array.from(this.#claims.values()).filter(({ run }) => !this.waitsForPeople(run.id));
    return left.map(
      ({ run, keys, status, requested }) =>
        `${run.id} ${status === "held" ? "holds" : "waits for"} ${keys.join(", ")} since ${timeText(requested.seenAt)}`,
    );
  }

  /** Whether a run cannot go on before somebody unlocks what it waits for, or what another one waits for that comes before it. */
  waitsForPeople(run: string, seen: ReadonlySet<string> = new Set()): boolean {
    const waiting = Array.from(this.#claims.values()).filter(
      (claim) => claim.run.id === run && claim.status === "requested",
    );
    const others = new Set([...seen, run]);
    return waiting.some(
      (claim) =>
        claim.keys.some((key) => this.#isLockedFor(key, claim)) ||
        Array.from(this.#claims.values()).some(
          (other) => !others.has(other.run.id) && isShared(other, claim) && this.waitsForPeople(other.run.id, others),
        ),
    );
  }

  #request(run: RunBook, fact: Fact): void {
    const { path = "", keys = [], order = 0, urgent = false } = fact;
    const before = this.#claims.get(claimKey(run, path));
    if (before !== undefined) this.#say(`${path} was asked for twice.`, [before.requested, fact], run);
    const twin = Array.from(this.#claims.values()).find((claim) => claim.order === order);
    if (twin !== undefined) this.#say(`Two requests for locks have the place ${order}.`, [twin.requested, fact], run);
    if (urgent !== run.isUrgent)
      this.#say(`${path} was asked for as if the run were ${urgent ? "" : "not "}urgent.`, [fact], run);
    const claim: Claim = { run, path, keys, order, isUrgent: urgent, requested: fact, status: "requested" };
    this.#claims.set(claimKey(run, path), claim);
  }

  #acquire(run: RunBook, fact: Fact): void {
    const { path = "" } = fact;
    const claim = this.#claims.get(claimKey(run, path));
    if (claim?.status !== "requested") {
      this.#say(`${path} was had without being asked for.`, [fact], run);
      return;
    }
    this.#checkOthers(claim, fact);
    for (const key of claim.keys) this.#checkHand(key, claim, fact);
    claim.status = "held";
    for (const key of claim.keys) {
      const list = this.#holdings.get(key) ?? [];
      this.#holdings.set(key, list);
      list.push({ run: run.id, from: fact.seenAt, until: Number.POSITIVE_INFINITY });
    }
  }

  /** Nobody else has it, and nobody who goes first asked for it. Whoever holds a lock already waits for holders only. */
  #checkOthers(claim: Claim, fact: Fact): void {
    const { run } = claim;
    const isHolder = Array.from(this.#claims.values()).some(
      (own) => own.run === run && own.status === "held" && !isBeside(own, claim),
    );
    for (const other of this.#claims.values()) {
      if (!isShared(other, claim) || (other.run === run && !isBeside(other, claim))) continue;
      const keys = claim.keys.join(", ");
      if (other.status === "held")
        this.#say(`${keys} was had while ${other.run.id} held it.`, [other.requested, fact], run);
      else if (!isHolder && comesBefore(other, claim))
        this.#say(
          `${keys} was had although ${other.run.id} came before.`,
          [other.requested, claim.requested, fact],
          run,
        );
    }
  }

  /** Whoever waits for what is free gets it. */
  #checkFree(now: number): void {
    for (const [claim, since] of this.#free) {
      const isOver = now - since > GIVEN_WITHIN_MS && this.#wasCalm?.(since, now) === true;
      if (claim.status === "requested" && this.#claims.has(claimKey(claim.run, claim.path)) && isOver)
        this.#say(`${claim.keys.join(", ")} was free, and was not given to who waited.`, [claim.requested], claim.run);
    }
    const free = Array.from(this.#claims.values()).filter((claim) => this.#isFree(claim));
    for (const claim of this.#free.keys()) if (!free.includes(claim)) this.#free.delete(claim);
    for (const claim of free) if (!this.#free.has(claim)) this.#free.set(claim, now);
  }

  #isFree(claim: Claim): boolean {
    if (claim.status !== "requested" || claim.keys.some((key) => this.#isLockedFor(key, claim))) return false;
    return Array.from(this.#claims.values()).every(
      (other) =>
        !isShared(other, claim) || other === claim || (other.status === "requested" && comesBefore(claim, other)),
    );
  }

  #checkHand(key: string, claim: Claim, fact: Fact): void {
    const hand = this.#hands.get(key);
    if (hand !== undefined && this.#isLockedFor(key, claim))
      this.#say(`${key} was had although ${hand.owner} had locked it.`, [hand.fact, fact], claim.run);
  }

  /** What a person has locked is so for everybody; the hold of a rollback is none for another one. */
  #isLockedFor(key: string, { isUrgent }: Claim): boolean {
    const hand = this.#hands.get(key);
    return hand !== undefined && !(isUrgent && hand.run !== undefined);
  }

  #release(run: RunBook, fact: Fact): void {
    const { path = "", keys = [], hold } = fact;
    const claim = this.#claims.get(claimKey(run, path));
    if (claim === undefined) this.#say(`${path} was given back without being had.`, [fact], run);
    if (hold !== undefined && claim?.status !== "held")
      this.#say(`${path} left a hold without being had.`, [fact], run);
    this.#end(run, path, fact.seenAt);
    for (const key of keys) {
      const hand = this.#hands.get(key);
      // It may stand in the log right before, in the same commit.
      const isLeft = hand !== undefined && (hand.run === undefined || hand.run === run.id);
      if (hold !== undefined && !isLeft) this.#owed.set(key, fact);
    }
  }

  #end(run: RunBook, path: string, at: number): void {
    const claim = this.#claims.get(claimKey(run, path));
    this.#claims.delete(claimKey(run, path));
    for (const key of claim?.keys ?? []) {
      for (const holding of this.#holdings.get(key) ?? []) {
        if (holding.run === run.id) holding.until = Math.min(holding.until, at);
      }
    }
  }

  /** What a run still has must not be forgotten. */
  #dropForgotten(run: RunBook, fact: Fact): void {
    for (const path of fact.forgotten ?? []) {
      if (!this.#claims.has(claimKey(run, path))) continue;
      this.#say(`${path} was forgotten while it was had or waited for.`, [fact], run);
      this.#end(run, path, fact.seenAt);
    }
  }

  /** A run ends for another one only when that is urgent and waits for what it holds. */
  #giveWay(run: RunBook, fact: Fact, _path: string): void {
    const own = Array.from(this.#claims.values()).filter((claim) => claim.run === run && claim.status === "held");
    const isWaitedFor = Array.from(this.#claims.values()).some(
      (other) =>
        other.run.id === fact.by &&
        other.isUrgent &&
        other.status === "requested" &&
        own.some((claim) => isShared(other, claim)),
    );
    if (!isWaitedFor || run.isUrgent)
      this.#say(`The run was ended for ${fact.by}, which is not urgent or waits for nothing that it has.`, [fact], run);
  }

  /** Whoever holds what an urgent run waits for has been told to end, unless a person has locked it anyway. */
  #checkPrecedence(): void {
    for (const urgent of this.#claims.values()) {
      if (!urgent.isUrgent || urgent.status !== "requested") continue;
      if (urgent.keys.some((key) => this.#isLockedFor(key, urgent))) continue;
      for (const holder of this.#claims.values()) {
        const isInTheWay = holder.status === "held" && holder.run !== urgent.run && isShared(holder, urgent);
        if (!isInTheWay || holder.isUrgent || holder.run.status === "cancelling") continue;
        const what = `${holder.run.id} goes on with ${holder.keys.join(", ")} although a rollback waits for it.`;
        this.#say(what, [holder.requested, urgent.requested], urgent.run);
      }
    }
  }

  #say(what: string, rows: readonly Fact[], run?: RunBook): void {
    this.#report({ check: CHECK, what, run: run?.id, proof: rows.map(rowText) });
  }
}

function claimKey(run: RunBook, path: string): string {
  return `${run.id} ${path}`;
}

/** Whether two locks of one run are in branches of their own. */
function isBeside(one: Claim, other: Claim): boolean {
  return one.run === other.run && standingOf(one.run, one.path, other.path) === "beside";
}

function isShared(left: Pick<Claim, "keys">, right: Pick<Claim, "keys">): boolean {
  return left.keys.some((key) => right.keys.includes(key));
}

function comesBefore(one: Claim, other: Claim): boolean {
  if (one.isUrgent !== other.isUrgent) return one.isUrgent;
  return one.order < other.order;
}
