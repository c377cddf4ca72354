import { type RunInput, startRun, takeTurn, type Turn } from "../domain/decide.ts";
import { claimsOf, lockKeysTouched } from "../domain/lock-book.ts";
import type { Circumstances } from "../domain/draft.ts";
import { nextWork } from "../domain/next-work.ts";
import type { RunEvent, RunEventOf } from "../domain/run-event.ts";
import type { RunState } from "../domain/run-state.ts";
import { isOpen } from "../domain/run-state.ts";
import type { RunView } from "../domain/run-view.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import { AppError, errorText } from "../platform/errors.ts";
import { newId, type Random, shortId } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import { type LoadedRun, LoadedRuns } from "./loaded-runs.ts";
import { LockDesk } from "./lock-desk.ts";
import { LockTable } from "./lock-table.ts";
import type { EventStore } from "./ports.ts";
import { newProofs, rowOf } from "./projection.ts";
import type { RunWork } from "./run-work.ts";

/** A run that is to be started. */
export interface StartRequest extends Omit<RunEventOf<"run.started">, "at" | "type" | "actor"> {
  /** A new id, from `newRunId`. */
  readonly run: string;
  /** Pseudonym of the person who asked. */
  readonly actor: string;
}

interface Deps {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly work: RunWork;
  /** Told, once it is recorded, when a run has to be looked at again; milliseconds since the epoch. */
  readonly onWakeAt: (at: number | undefined) => void;
  /** Told of what is on the disk, with the run as it is after it. */
  readonly onRecorded?: ((state: RunState, events: readonly RunEvent[]) => void) | undefined;
}

// After a failure of the disk: how long until the run is looked at again, as the log then says it is.
const RECOVER_AFTER_MS = 5000;

/**
 * The only door to runs. Every input is decided on the newest state, appended to the log, and only when that is on the disk
 * are its effects let out and its promise resolved. Locks that one run gives back are granted to others in the same commit.
 */
export class RunService {
  readonly #deps: Deps;
  readonly #loaded: LoadedRuns;
  readonly #locks = new LockTable();
  readonly #starting = new Set<string>();
  /** Runs that are to be taken up, and when that is tried the next time. */
  readonly #recovering = new Map<string, Timer>();

  /** Locks that people set. */
  readonly locks: LockDesk;

  constructor(deps: Deps) {
    this.#deps = deps;
    const { store, clock, onWakeAt } = deps;
    this.#loaded = new LoadedRuns({ store });
    this.locks = new LockDesk({
      store,
      clock,
      onWakeAt,
      table: this.#locks,
      grant: () => this.#followUp(),
      onChanged: (keys) => this.#showWaiting(keys),
      onFailed: () => this.#loadLocks(),
    });
  }

  /** Takes up what an earlier process left: locks, and every run that has something to dispatch or watch. */
  async resume(): Promise<void> {
    this.#loadLocks();
    // A crash between two commits can leave a lock that was given back but not yet granted on.
    const granted = this.#followUp();
    const resumed = this.#deps.store.activeRuns().map((run) => this.#redo(run));
    await Promise.all([...granted, ...resumed]);
  }

  newRunId(): string {
    return newId("run", this.#deps.clock.now(), this.#deps.random);
  }

  /** Starts a run; resolves with it once its first facts are on the disk. */
  async start({ run, ...started }: StartRequest): Promise<Turn> {
    const turn = startRun(run, started, this.#circumstances(run));
    const { events, state } = turn;
    const entry = this.#loaded.add(state);
    this.#starting.add(run);
    try {
      const own = this.#commit(entry, events, { state, before: undefined });
      await Promise.all([own, ...this.#followUp()]);
    } finally {
      this.#starting.delete(run);
    }
    return turn;
  }

  /** Runs whose first facts are not on the disk yet, so that no list has them. */
  get starting(): readonly string[] {
    return [...this.#starting];
  }

  /** Lets something happen to a run. No events mean that it was stale, doubled or about nothing. */
  apply(run: string, input: RunInput): Promise<Turn> {
    return this.applyBeside(run, { input });
  }

  /** The same, with what `beside` records in the same commit: it is told what this comes to before any of it is on the disk. */
  async applyBeside(
    run: string,
    { input, beside }: { readonly input: RunInput; readonly beside?: (turn: Turn) => Promise<void> },
  ): Promise<Turn> {
    const entry = this.#loaded.load(run);
    const before = entry.state;
    const turn = takeTurn(before, input, this.#circumstances(run));
    const { events, state } = turn;
    if (events.length === 0) {
      this.#unloadParked(entry);
      await beside?.(turn);
      return turn;
    }
    entry.state = state;
    const own = this.#commit(entry, events, { state, before });
    const others = [...(beside === undefined ? [] : [beside(turn)]), ...this.#followUp()];
    await (others.length === 0 ? own : Promise.all([own, ...others]));
    return turn;
  }

  /** The run as it is now. Throws `run.unknown`. */
  state(run: string): RunState {
    return this.#loaded.state(run);
  }

  /** The same; undefined for a run that is not there, or that this version cannot read. */
  tryState(run: string): RunState | undefined {
    try {
      return this.state(run);
    } catch (error) {
      if (error instanceof AppError && error.retry === "never") return undefined;
      throw error;
    }
  }

  /** What people see of the run now. Throws `run.unknown`. */
  view(run: string): RunView {
    return this.#deps.work.view(this.state(run), this.#locks.queueOf(run));
  }

  /** Everything that is due by now happens. */
  async wakeDue(): Promise<void> {
    const { store, clock, work } = this.#deps;
    const due = store.dueRuns(clock.now());
    const woken = due.map((run) => this.apply(run, { type: "wake", lastWords: work.lastWords(run) }));
    await Promise.all([...woken, this.locks.expireDue()]);
  }

  #circumstances(run: string): Circumstances {
    return {
      at: this.#deps.clock.now(),
      askForLocks: (ask) => this.#locks.reply(run, ask),
      nextLockOrder: () => this.#locks.nextOrder(),
    };
  }

  /** A run that has nothing under way costs no memory. */
  #unloadParked({ state, pending }: LoadedRun): void {
    if (pending === 0 && nextWork(state).length === 0) this.#loaded.delete(state.id);
  }

  async #commit(
    entry: LoadedRun,
    events: readonly RunEvent[],
    turn: { readonly state: RunState; readonly before: RunState | undefined },
  ): Promise<void> {
    const { state, before } = turn;
    const row = rowOf(state);
    this.#locks.update(state);
    entry.pending += 1;
    try {
      const held = this.#leaveHolds(state, events);
      const appended = this.#deps.store.appendRun({
        stream: state.id,
        expectedVersion: before?.version ?? 0,
        events,
        row,
        claims: claimsOf(state),
        proofs: newProofs(before, events),
      });
      await (held.length === 0 ? appended : Promise.all([appended, ...held]));
    } catch (error) {
      this.#forget(state.id, error);
      throw error;
    } finally {
      entry.pending -= 1;
    }
    this.#deps.onWakeAt(row.wakeAt);
    this.#deps.onRecorded?.(state, events);
    this.#letOut(entry, lockKeysTouched(events));
  }

  #leaveHolds({ id: run, requester: owner }: RunState, events: readonly RunEvent[]): readonly Promise<void>[] {
    return events.flatMap((event) => {
      if (event.type !== "lock.released" || event.hold === undefined) return [];
      return [this.locks.hold({ keys: event.keys, owner, reason: event.hold, run })];
    });
  }

  /** Whoever handed in the turn is not told of what goes wrong here: the turn is on the disk. */
  #letOut(entry: LoadedRun, released: readonly string[]): void {
    const run = entry.state.id;
    try {
      this.#follow(entry, released);
    } catch (error) {
      this.#deps.logger.error("what follows from a turn of a run could not be started; it is tried again", {
        run,
        error: errorText(error),
      });
      this.#deps.work.forget(run);
      this.#recover(run);
    }
  }

  /** Lets out what follows from the newest state; older turns of the same run have nothing left to say. */
  #follow(entry: LoadedRun, released: readonly string[]): void {
    if (entry.pending > 0 || this.#loaded.get(entry.state.id) !== entry) return;
    const { state } = entry;
    const recovery = this.#recovering.get(state.id);
    if (recovery === undefined) {
      const isParked = this.#deps.work.follow(state, this.#locks.queueOf(state.id));
      if (isParked) this.#loaded.delete(state.id);
    } else {
      // The disk takes something again. What was handed out before is not begun beside whoever has it: it is handed out anew.
      recovery.cancel();
      void this.#takeUp(state.id);
    }
    this.#showWaiting(released, state.id);
  }

  #showWaiting(keys: readonly string[], but?: string): void {
    if (keys.length === 0) return;
    for (const run of this.#locks.waitingFor(keys)) {
      if (run !== but) this.#deps.work.show(this.state(run), this.#locks.queueOf(run));
    }
  }

  /** What a turn means for the locks of others, in the same commit. */
  #followUp(): readonly Promise<Turn>[] {
    return [...this.#giveWay(), ...this.#grantWaiting()];
  }

  /** Whoever holds what an urgent run waits for ends. */
  #giveWay(): readonly Promise<Turn>[] {
    return this.#locks.givingWay().map(({ run, to }) => {
      const { requester, title } = this.state(to);
      return this.apply(run, {
        type: "cancel",
        actor: requester,
        reason: `${shortId(to)} takes over: ${title}`,
        by: to,
      });
    });
  }

  /** Locks that are free now go to those who wait longest. */
  #grantWaiting(): readonly Promise<Turn>[] {
    return this.#locks.grantable().map(({ run, path }) => this.apply(run, { type: "locks-granted", path }));
  }

  #forget(run: string, error: unknown): void {
    const { logger, work } = this.#deps;
    this.#recover(run);
    logger.error("a turn of a run could not be recorded; it is taken up again from the log", {
      run,
      error: errorText(error),
    });
    this.#loaded.delete(run);
    work.forget(run);
    this.#loadLocks();
  }

  #loadLocks(): void {
    this.#locks.load(this.#deps.store.claims(), this.#deps.store.handLocks());
  }

  #recover(run: string): void {
    if (this.#recovering.has(run)) return;
    const timer = this.#deps.clock.setTimer(RECOVER_AFTER_MS, () => void this.#takeUp(run));
    this.#recovering.set(run, timer);
  }

  async #takeUp(run: string): Promise<void> {
    this.#recovering.delete(run);
    await this.#redo(run);
  }

  async #redo(run: string): Promise<void> {
    try {
      const { state } = await this.apply(run, this.#deps.work.takeUp(this.state(run)));
      const entry = this.#loaded.get(run);
      if (isOpen(state) && entry !== undefined) this.#letOut(entry, []);
    } catch (error) {
      this.#deps.logger.warn("a run could not be taken up", { run, error: errorText(error) });
      // Trying again does not help a run that was never recorded, or that this version cannot read.
      if (!(error instanceof AppError) || error.retry !== "never") this.#recover(run);
    }
  }
}
