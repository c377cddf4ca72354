import { type Effect, effectKey } from "../domain/effect.ts";
import type { Dispatcher, Job, JobReports } from "../engine/ports.ts";
import { Cancelled, executeJob } from "../engine/step-executor.ts";
import { isLetFinish, type StepKind } from "../engine/step-kind.ts";
import type { Clock } from "../platform/clock.ts";
import type { AtEndOfTurn } from "../platform/turn.ts";
import { interrupted } from "./job-entry.ts";

export interface InProcessDispatcherDeps {
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly reports: JobReports;
  readonly clock: Clock;
  readonly atEndOfTurn: AtEndOfTurn;
  /** How many actions are executed at the same time. */
  readonly concurrency: number;
  /** How long `ask` actions may still take when the dispatcher is disposed. */
  readonly shutdownGraceMs: number;
}

/** An effect that is queued or being executed. */
interface Entry {
  job: Job;
  readonly stop: AbortController;
  /** The same effect under a newer token: executed when this execution has stopped, which then reports nothing. */
  successor?: Entry;
}

/** The reason of a signal when the server ends: what stops for it is dispatched anew after the next start. */
class ShuttingDown extends Error {
  override readonly name = "ShuttingDown";
}

// Steps that are over at once must not keep what has arrived in between waiting; a commit for each so many costs little.
const STARTS_UNTIL_PAUSE = 32;

/** Executes actions in the server itself: first come, first served, so many at a time. Keeps nothing: the log has it all. */
export class InProcessDispatcher implements Dispatcher {
  readonly #deps: InProcessDispatcherDeps;
  readonly #entries = new Map<string, Entry>();
  readonly #queue = new Set<Entry>();
  readonly #running = new Map<Entry, Promise<void>>();
  /** Never less than those of this turn of the event loop: who pauses now and then need not know when each turn ends. */
  #startsSincePause = 0;
  #isClosed = false;

  constructor(deps: InProcessDispatcherDeps) {
    this.#deps = deps;
  }

  dispatch(job: Job): void {
    if (this.#isClosed) return;
    const known = this.#entries.get(effectKey(job.effect));
    if (known === undefined && job.mayHaveBegun === true) this.#interrupt(job);
    else if (known === undefined) this.#enqueue(job);
    else if (job.token > (known.successor ?? known).job.token) this.#supersede(known, job);
  }

  cancel(effect: Effect, reason: string): void {
    const entry = this.#entries.get(effectKey(effect));
    if (entry === undefined) return;
    const cancelled = new Cancelled(reason);
    entry.successor?.stop.abort(cancelled);
    entry.stop.abort(cancelled);
    // What is still queued is executed at once, which only says that it was cancelled.
    if (this.#queue.delete(entry)) this.#start(entry);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const entry of this.#queue) this.#entries.delete(effectKey(entry.job.effect));
    this.#queue.clear();
    const stopping = [...this.#running.keys()].filter((entry) => !this.#mustFinish(entry));
    for (const entry of stopping) entry.stop.abort(new ShuttingDown("the server ends"));
    const graceOver = new AbortController();
    const ended = Promise.all(this.#running.values());
    const grace = this.#deps.clock.sleep(this.#deps.shutdownGraceMs, graceOver.signal).catch(() => undefined);
    await Promise.race([ended, grace]);
    graceOver.abort();
    for (const entry of this.#running.keys())
      entry.stop.abort(new ShuttingDown("the server ends and waited long enough"));
  }

  /** Whatever is not under way here is not under way any more. */
  #interrupt(job: Job): void {
    // Whoever dispatches is in the middle of a turn and must not hear back yet.
    queueMicrotask(() => {
      if (!this.#isClosed) this.#deps.reports.outcome(job, interrupted());
    });
  }

  #enqueue(job: Job): void {
    const entry: Entry = { job, stop: new AbortController() };
    this.#entries.set(effectKey(job.effect), entry);
    this.#queue.add(entry);
    this.#fill();
  }

  #supersede(entry: Entry, job: Job): void {
    if (this.#queue.has(entry)) {
      entry.job = job;
      return;
    }
    entry.successor = { job, stop: new AbortController() };
    entry.stop.abort(new Cancelled("it was dispatched anew"));
  }

  #fill(): void {
    for (const entry of this.#queue) {
      if (this.#running.size >= this.#deps.concurrency || this.#startsSincePause >= STARTS_UNTIL_PAUSE) return;
      this.#queue.delete(entry);
      this.#countStart();
      this.#start(entry);
    }
  }

  #countStart(): void {
    this.#startsSincePause += 1;
    if (this.#startsSincePause === STARTS_UNTIL_PAUSE) this.#deps.atEndOfTurn(() => this.#endPause());
  }

  #endPause(): void {
    this.#startsSincePause = 0;
    this.#fill();
  }

  #start(entry: Entry): void {
    this.#running.set(entry, this.#execute(entry));
  }

  async #execute(entry: Entry): Promise<void> {
    const { job, stop } = entry;
    const { kinds, reports } = this.#deps;
    // Not within the call that dispatched it: whoever dispatches is in the middle of a turn and must not hear back yet.
    await Promise.resolve();
    const outcome = await executeJob({
      job,
      kinds,
      signal: stop.signal,
      progress: (progress) => {
        if (!stop.signal.aborted) reports.progress(job, progress);
      },
      checkpoint: (data) => reports.checkpoint(job, data),
    });
    this.#running.delete(entry);
    if (entry.successor !== undefined && !this.#isClosed) {
      this.#entries.set(effectKey(job.effect), entry.successor);
      this.#start(entry.successor);
      return;
    }
    this.#entries.delete(effectKey(job.effect));
    this.#fill();
    if (entry.successor === undefined && !(stop.signal.reason instanceof ShuttingDown)) reports.outcome(job, outcome);
  }

  #mustFinish({ job }: Entry): boolean {
    return isLetFinish(this.#deps.kinds.get(job.uses), job.prepared);
  }
}
