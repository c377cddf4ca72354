import type { Statement } from "better-sqlite3";

import { type ChainHead, GENESIS } from "../audit/hash-chain.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import type { AtEndOfTurn } from "../platform/turn.ts";
import type { LogDatabase } from "./database.ts";
import { LogStreams } from "./log-streams.ts";
import type { SealedEvent } from "./sealed-event.ts";
import { storeError } from "./store-error.ts";

/** What may be done inside the commit of a turn. */
export interface LogTransaction {
  /** The sequence that the next event will have. */
  readonly nextSequence: number;
  /** The newest event, those of this commit included. */
  readonly head: ChainHead;
  /**
   * Appends to one stream; -1 as `expectedVersion` appends at its end, whatever it is.
   * Returns the sequence of the first event. Throws `store.conflict` when the stream has another version.
   */
  append(stream: string, expectedVersion: number, events: readonly SealedEvent[]): number;
}

/** Something that goes into the next commit without anybody waiting for it. */
export interface Passenger {
  /** Asked at the beginning of every commit. */
  write(transaction: LogTransaction): void;
  /** Told after every commit; what is not on the disk is rolled back and has to be written again. */
  ended(isOnDisk: boolean): void;
}

export interface LogWriterDeps {
  readonly database: LogDatabase;
  readonly clock: Clock;
  readonly atEndOfTurn: AtEndOfTurn;
  /** How long to wait for another program that has the database locked. */
  readonly busyTimeoutMs: number;
  /** For how many turns in a row a commit may gather what still comes in; one unless set. */
  readonly mostTurnsACommit?: number | undefined;
}

interface Work {
  run(transaction: LogTransaction): void;
  resolve(): void;
  reject(error: AppError): void;
}

const BUSY_RETRY_MS = 20;
// About as many pages of the write-ahead log as SQLite itself lets gather: an event is less than one, a commit about two more.
const CHECKPOINT_AT = 1000;
const PAGES_A_COMMIT = 2;
// By then what follows from the commit has happened.
const CHECKPOINT_AFTER_MS = 50;
// In pages: when events come so fast that the timer is late.
const CHECKPOINT_WITHIN_COMMIT_AT = 8000;

// By then each has so small a share of the commit that gathering more would only make them wait.
const MOST_GATHERED = 16;

/**
 * The only writer of the log. What is handed in during one turn of the event loop, or a few in which more and more comes in, is
 * committed together at its end: all of it or, when anything in it fails, nothing of it. Keeps the head of the hash chain.
 */
export class LogWriter implements AsyncDisposable {
  readonly #deps: LogWriterDeps;
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;
  readonly #rollback: Statement<[]>;
  readonly #passengers: Passenger[] = [];
  readonly #streams: LogStreams;
  #head: ChainHead;
  #turn: Work[] = [];
  /** How much there was at the end of the turn before, and how many turns it has been gathered for. */
  #gathered = { works: 0, turns: 0 };
  /** How much the commit before this one held. */
  #lastWorks = 0;
  #isFlushDue = false;
  #busySince: number | undefined;
  #retry: Timer | undefined;
  /** An estimate of the pages in the write-ahead log that are not in the database yet. */
  #uncheckedPages = 0;
  #checkpoint: Timer | undefined;
  #isClosed = false;

  constructor(deps: LogWriterDeps) {
    this.#deps = deps;
    const { sqlite } = deps.database;
    // SQLite's own waiting would stop the event loop, and with it every acknowledgement.
    sqlite.pragma("busy_timeout = 0");
    // A checkpoint takes as long as twenty commits: it must not fall into one that somebody waits for.
    sqlite.pragma(`wal_autocheckpoint = ${CHECKPOINT_WITHIN_COMMIT_AT}`);
    this.#begin = sqlite.prepare("BEGIN IMMEDIATE");
    this.#commit = sqlite.prepare("COMMIT");
    this.#rollback = sqlite.prepare("ROLLBACK");
    this.#streams = new LogStreams(deps.database);
    const newest = sqlite.prepare<[], ChainHead>("SELECT sequence, hash FROM events ORDER BY sequence DESC LIMIT 1");
    this.#head = newest.get() ?? GENESIS;
  }

  /** Runs `work` in the commit of this turn; resolves with its result when that is on the disk. */
  transact<Result>(work: (transaction: LogTransaction) => Result): Promise<Result> {
    if (this.#isClosed) return Promise.reject(closed(this.#deps.database.file));
    return new Promise((resolve, reject) => {
      let result: { readonly value: Result } | undefined;
      this.#turn.push({
        run: (transaction) => void (result = { value: work(transaction) }),
        resolve: () => result && resolve(result.value),
        reject,
      });
      this.flushSoon();
    });
  }

  /** `passenger` rides on every commit from now on. */
  carry(passenger: Passenger): void {
    this.#passengers.push(passenger);
  }

  /** Makes sure that there is a commit at the end of this turn. */
  flushSoon(): void {
    if (this.#isFlushDue || this.#isClosed) return;
    this.#isFlushDue = true;
    this.#deps.atEndOfTurn(() => this.#endTurn());
  }

  /** Commits what is still waiting; refuses everything after that. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#retry?.cancel();
    this.#checkpoint?.cancel();
    if (!this.#isFlushDue) return;
    // Nothing else has to go on now, so the waiting may be left to SQLite.
    this.#deps.database.sqlite.pragma(`busy_timeout = ${this.#deps.busyTimeoutMs}`);
    this.#flush();
  }

  #endTurn(): void {
    if (this.#isGathering()) this.#deps.atEndOfTurn(() => this.#endTurn());
    else this.#flush();
  }

  /**
   * Whoever is alone is not kept waiting. Where several come in at a time, those that arrived while the first were read are only a turn
   * away, and a commit of their own would cost them all more than that turn.
   */
  #isGathering(): boolean {
    const { works: before, turns } = this.#gathered;
    const works = this.#turn.length;
    this.#gathered = { works, turns: turns + 1 };
    const isBusy = works > 1 || this.#lastWorks > 1;
    return isBusy && works > before && works < MOST_GATHERED && turns + 1 < (this.#deps.mostTurnsACommit ?? 1);
  }

  #flush(): void {
    // Not due any more when the store was closed in between.
    if (!this.#isFlushDue || !this.#tryBegin()) return;
    this.#isFlushDue = false;
    const turn = this.#takeTurn();
    try {
      const transaction = new Transaction(this.#streams, this.#head);
      for (const passenger of this.#passengers) passenger.write(transaction);
      for (const work of turn) work.run(transaction);
      this.#commit.run();
      this.#noteWritten(transaction.head.sequence - this.#head.sequence);
      this.#head = transaction.head;
    } catch (error) {
      this.#fail(turn, error);
      return;
    }
    for (const passenger of this.#passengers) passenger.ended(true);
    for (const work of turn) work.resolve();
  }

  #noteWritten(events: number): void {
    this.#uncheckedPages += events + PAGES_A_COMMIT;
    if (this.#uncheckedPages < CHECKPOINT_AT || this.#isClosed) return;
    this.#checkpoint ??= this.#deps.clock.setTimer(CHECKPOINT_AFTER_MS, () => this.#writeBack());
  }

  #writeBack(): void {
    this.#checkpoint = undefined;
    this.#uncheckedPages = 0;
    try {
      this.#deps.database.sqlite.pragma("wal_checkpoint(PASSIVE)");
    } catch {
      // Nothing is lost: it is all in the write-ahead log. A disk that is full or failing shows in the next commit, too.
    }
  }

  #tryBegin(): boolean {
    const { clock, busyTimeoutMs } = this.#deps;
    try {
      this.#begin.run();
      this.#busySince = undefined;
      return true;
    } catch (error) {
      this.#busySince ??= clock.monotonic();
      const isBusy = storeError(error, "").code === "store.busy";
      if (isBusy && !this.#isClosed && clock.monotonic() - this.#busySince < busyTimeoutMs) {
        this.#retry = clock.setTimer(BUSY_RETRY_MS, () => this.#flush());
        return false;
      }
      this.#busySince = undefined;
      this.#isFlushDue = false;
      this.#fail(this.#takeTurn(), error);
      return false;
    }
  }

  #takeTurn(): readonly Work[] {
    const turn = this.#turn;
    this.#turn = [];
    this.#lastWorks = turn.length;
    this.#gathered = { works: 0, turns: 0 };
    return turn;
  }

  #fail(turn: readonly Work[], thrown: unknown): void {
    if (this.#deps.database.sqlite.inTransaction) this.#rollback.run();
    this.#streams.forget();
    for (const passenger of this.#passengers) passenger.ended(false);
    const error = storeError(thrown, this.#deps.database.file);
    for (const work of turn) work.reject(error);
  }
}

/** What one commit appends. */
class Transaction implements LogTransaction {
  readonly #streams: LogStreams;
  #head: ChainHead;

  constructor(streams: LogStreams, head: ChainHead) {
    this.#streams = streams;
    this.#head = head;
  }

  get head(): ChainHead {
    return this.#head;
  }

  get nextSequence(): number {
    return this.#head.sequence + 1;
  }

  append(stream: string, expectedVersion: number, events: readonly SealedEvent[]): number {
    const first = this.nextSequence;
    this.#head = this.#streams.append(this.#head, { stream, expectedVersion, events });
    return first;
  }
}

function closed(file: string): AppError {
  return new AppError(`${file} is closed: the server is ending`, { code: "store.closed" });
}
