import { type Effect, effectKey } from "../domain/effect.ts";
import { noArtifacts } from "./artifacts.ts";
import type { Dispatcher, Job, JobReports } from "./ports.ts";
import { Cancelled, cancelled } from "./step-executor.ts";
import { outcomeBeforeEffect, type StepKind } from "./step-kind.ts";

interface Deps {
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly reports: JobReports;
  /** Gets each job once it is prepared. */
  readonly inner: Dispatcher;
}

interface Preparation {
  readonly job: Job;
  readonly stop: AbortController;
}

type Prepare = NonNullable<Extract<StepKind, { sort: "action" }>["prepare"]>;

/**
 * Lets the server gather what a worker cannot know before a job is handed on. A preparation that fails is the job's outcome; where
 * that passes by itself it is put off and costs no attempt, because nothing was done yet.
 */
export class PreparingDispatcher implements Dispatcher {
  readonly #deps: Deps;
  readonly #preparing = new Map<string, Preparation>();
  readonly #running = new Set<Promise<void>>();
  #isClosed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  dispatch(job: Job): void {
    if (this.#isClosed) return;
    const kind = this.#deps.kinds.get(job.uses);
    const prepare = kind?.sort === "action" ? kind.prepare : undefined;
    if (prepare === undefined) return this.#deps.inner.dispatch(job);
    const key = effectKey(job.effect);
    const older = this.#preparing.get(key);
    if (older !== undefined && older.job.token >= job.token) return;
    // What is not begun here needs nothing.
    if (job.mayHaveBegun === true) return this.#deps.inner.dispatch(job);
    older?.stop.abort(new Cancelled("it was dispatched anew"));
    const preparation: Preparation = { job, stop: new AbortController() };
    this.#preparing.set(key, preparation);
    const running = this.#prepare(preparation, prepare);
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  cancel(effect: Effect, reason: string): void {
    // An earlier dispatch of the same effect may be under way beside the preparation of this one.
    this.#deps.inner.cancel(effect, reason);
    this.#preparing.get(effectKey(effect))?.stop.abort(new Cancelled(reason));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const { stop } of this.#preparing.values()) stop.abort(new Error("the server ends"));
    await Promise.all([...this.#running, this.#deps.inner[Symbol.asyncDispose]()]);
  }

  async #prepare(preparation: Preparation, prepare: Prepare): Promise<void> {
    const { job, stop } = preparation;
    const { effect, facts, input, startedAt } = job;
    const { reports, inner } = this.#deps;
    const progress = (told: Parameters<JobReports["progress"]>[1]): void => {
      if (!stop.signal.aborted) reports.progress(job, told);
    };
    // Whoever dispatches is in the middle of a turn and must not hear back yet.
    await Promise.resolve();
    try {
      stop.signal.throwIfAborted();
      const context = { effect, facts, startedAt, artifacts: noArtifacts, signal: stop.signal, progress };
      const prepared = await prepare(input, context);
      // It may have been stopped while what it waited for came to its end all the same.
      if (stop.signal.aborted) this.#reportStopped(preparation);
      else if (this.#isLast(preparation)) inner.dispatch({ ...job, prepared });
    } catch (error) {
      if (stop.signal.aborted) this.#reportStopped(preparation);
      else if (this.#isLast(preparation)) reports.outcome(job, outcomeBeforeEffect(error));
    }
  }

  #reportStopped(preparation: Preparation): void {
    const { job, stop } = preparation;
    if (!this.#isLast(preparation) || this.#isClosed) return;
    this.#deps.reports.outcome(job, { status: "failed", failure: cancelled(stop.signal) });
  }

  /** Whether nothing newer has taken its place; it is forgotten with that. */
  #isLast(preparation: Preparation): boolean {
    const key = effectKey(preparation.job.effect);
    return this.#preparing.get(key) === preparation && this.#preparing.delete(key);
  }
}
