import type { Effect } from "../domain/effect.ts";
import type { Dispatcher, Job } from "../engine/ports.ts";
import type { StepKind } from "../engine/step-kind.ts";

interface Deps {
  readonly kinds: ReadonlyMap<string, StepKind>;
  /** Executes what only the server can. */
  readonly here: Dispatcher;
  /** Gets everything else. */
  readonly elsewhere: Dispatcher;
}

/** Hands each job to where its kind is executed: what only the server can do is not for workers. */
export class SplitDispatcher implements Dispatcher {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  dispatch(job: Job): void {
    const { kinds, here, elsewhere } = this.#deps;
    const kind = kinds.get(job.uses);
    const way = kind?.sort === "action" && kind.where === "server" ? here : elsewhere;
    way.dispatch(job);
  }

  /** An effect is not named with its kind; whoever does not have it has nothing to cancel. */
  cancel(effect: Effect, reason: string): void {
    this.#deps.here.cancel(effect, reason);
    this.#deps.elsewhere.cancel(effect, reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { here, elsewhere } = this.#deps;
    await Promise.all([here[Symbol.asyncDispose](), elsewhere[Symbol.asyncDispose]()]);
  }
}
