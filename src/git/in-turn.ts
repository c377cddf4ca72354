import { leavable } from "./leavable.ts";

/** Has those who want the same take turns, in the order in which they asked; others do not wait for one another. */
export class InTurn {
  readonly #last = new Map<string, Promise<void>>();

  /** Rejects with the signal's reason when it is aborted before the turn has come. */
  async take<Result>(key: string, signal: AbortSignal | undefined, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(key);
    const own = Promise.withResolvers<void>();
    const last = Promise.all([before, own.promise]).then(() => undefined);
    this.#last.set(key, last);
    try {
      await leavable(before ?? Promise.resolve(), signal);
      return await work();
    } finally {
      own.resolve();
      void last.then(() => this.#last.get(key) === last && this.#last.delete(key));
    }
  }
}
