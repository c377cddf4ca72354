import type { Clock } from "./clock.ts";

export interface TimeLimit extends Disposable {
  /** Aborted with a `TimeoutError` when the time is over. */
  readonly signal: AbortSignal;
}

/** So many milliseconds of this clock, from now on. Disposed before that, it never aborts; hold it with `using`. */
export function timeLimit(clock: Pick<Clock, "setTimer">, limitMs: number): TimeLimit {
  const over = new AbortController();
  const timer = clock.setTimer(limitMs, () => {
    over.abort(new DOMException(`It took longer than ${limitMs} ms.`, "TimeoutError"));
  });
  return { signal: over.signal, [Symbol.dispose]: () => timer.cancel() };
}
