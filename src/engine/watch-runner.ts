import { type Effect, effectKey } from "../domain/effect.ts";
import type { Work } from "../domain/next-work.ts";
import type { Outcome, Progress } from "../domain/outcome.ts";
import type { GateOpening, StepFacts, StepKind } from "./step-kind.ts";
import { noArtifacts } from "./artifacts.ts";
import { outcomeBeforeEffect } from "./step-kind.ts";

/** A wait or a gate that is to be watched or gathered, with what the server knows about it. */
export interface WatchOrder {
  readonly work: Work;
  readonly facts: StepFacts;
  readonly planDigest: string;
}

export interface WatchReports {
  progress(effect: Effect, progress: Progress): void;
  ended(work: Work, outcome: Outcome): void;
  opened(work: Work, opening: GateOpening): void;
}

interface Deps {
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly reports: WatchReports;
}

/** Runs waits, and gathers what gates show, on the server. Holds nothing durable: after a start everything is watched anew. */
export class WatchRunner implements AsyncDisposable {
  readonly #deps: Deps;
  readonly #running = new Map<string, { token: number; abort: AbortController; ended: Promise<void> }>();
  #isClosed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Starts watching; does nothing when this very work is watched already, or when the server ends. */
  start(order: WatchOrder): void {
    if (this.#isClosed) return;
    const { effect, token } = order.work;
    const key = effectKey(effect);
    const before = this.#running.get(key);
    if (before?.token === token) return;
    before?.abort.abort();
    const abort = new AbortController();
    const ended = this.#watch(order, abort.signal).finally(() => {
      if (this.#running.get(key)?.abort === abort) this.#running.delete(key);
    });
    this.#running.set(key, { token, abort, ended });
  }

  /** Stops watching what is no longer wanted; nothing is reported of it. */
  stop(effect: Effect): void {
    this.#running.get(effectKey(effect))?.abort.abort();
    this.#running.delete(effectKey(effect));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const running = [...this.#running.values()];
    for (const { abort } of running) abort.abort();
    await Promise.allSettled(running.map(({ ended }) => ended));
  }

  async #watch({ work, facts, planDigest }: WatchOrder, signal: AbortSignal): Promise<void> {
    const kind = this.#deps.kinds.get(work.uses);
    const { effect, startedAt } = work;
    const progress = (news: Progress): void => {
      if (!signal.aborted) this.#deps.reports.progress(effect, news);
    };
    const context = { effect, facts, signal, startedAt, artifacts: noArtifacts, progress, planDigest };
    if (kind?.sort === "wait") {
      const outcome = await kind.run(work.input, context);
      if (!signal.aborted) this.#deps.reports.ended(work, outcome);
      return;
    }
    try {
      if (kind?.sort !== "gate") throw new TypeError(`"${work.uses}" is not a wait or a gate of this program`);
      const opening = await kind.open(work.input, context);
      if (!signal.aborted) this.#deps.reports.opened(work, opening);
    } catch (error) {
      // What a gate shows comes from Argo CD and Git: while one of them is away, it is gathered again.
      if (!signal.aborted) this.#deps.reports.ended(work, outcomeBeforeEffect(error));
    }
  }
}
