import type { RunEvent } from "../domain/run-event.ts";
import type { Clock } from "../platform/clock.ts";

const MOST_FOLLOWERS = 100;
// So that no one token keeps everybody else from following.
const MOST_OF_ONE = 20;
// Whoever is further behind reads the log.
const LONGEST_TAIL = 100;

/** A run that somebody follows: its newest facts, and whom to tell of more. */
interface Followed {
  readonly listeners: Set<() => void>;
  tail: readonly RunEvent[];
  /** Of the run after the last of them; undefined before there is one. */
  version: number | undefined;
}

/** A place among those who follow runs, to be given back. */
export interface Following extends Disposable {
  /** Resolves with true at the next news of the run, at once where one came since the last time; with false after a while, or when it is aborted. */
  heard(withinMs: number, signal: AbortSignal): Promise<boolean>;
  /** The facts after that one; undefined for those that have to be read in the log. */
  after(version: number): readonly RunEvent[] | undefined;
}

/** Tells those who follow runs that something has happened to one. Nothing is kept for anybody: what happened is in the log. */
export class RunFeed {
  readonly #clock: Pick<Clock, "setTimer">;
  readonly #runs = new Map<string, Followed>();
  /** By token. */
  readonly #counts = new Map<string, number>();
  #count = 0;

  constructor({ clock }: { readonly clock: Pick<Clock, "setTimer"> }) {
    this.#clock = clock;
  }

  /** What was recorded of a run is in the log; it has so many facts after it. */
  recorded(run: string, events: readonly RunEvent[], version: number): void {
    const followed = this.#runs.get(run);
    if (followed === undefined) return;
    const isNext = followed.version === version - events.length;
    followed.tail = [...(isNext ? followed.tail : []), ...events].slice(-LONGEST_TAIL);
    followed.version = version;
    for (const listener of followed.listeners) listener();
  }

  /** Something is to be seen of a run that is no fact. */
  changed(run: string): void {
    for (const listener of this.#runs.get(run)?.listeners ?? []) listener();
  }

  /** Whether there are too many already, in all or of this token. */
  isFullFor(token: string): boolean {
    return this.#count >= MOST_FOLLOWERS || (this.#counts.get(token) ?? 0) >= MOST_OF_ONE;
  }

  follow(run: string, token: string): Following {
    const followed = this.#runs.get(run) ?? { listeners: new Set(), tail: [], version: undefined };
    this.#runs.set(run, followed);
    this.#count += 1;
    this.#counts.set(token, (this.#counts.get(token) ?? 0) + 1);
    const bell = new Bell(this.#clock);
    const listener = (): void => bell.ring();
    followed.listeners.add(listener);
    return {
      heard: (withinMs, signal) => bell.heard(withinMs, signal),
      after: (version) => eventsAfter(followed, version),
      [Symbol.dispose]: () => {
        if (!followed.listeners.delete(listener)) return;
        if (followed.listeners.size === 0) this.#runs.delete(run);
        this.#leave(token);
      },
    };
  }

  #leave(token: string): void {
    this.#count -= 1;
    const left = (this.#counts.get(token) ?? 1) - 1;
    if (left > 0) this.#counts.set(token, left);
    else this.#counts.delete(token);
  }
}

function eventsAfter({ tail, version }: Followed, after: number): readonly RunEvent[] | undefined {
  if (version === undefined || after > version || after < version - tail.length) return undefined;
  return tail.slice(tail.length - (version - after));
}

/** Remembers that it was rung until somebody listens. */
class Bell {
  readonly #clock: Pick<Clock, "setTimer">;
  #isRung = false;
  #wake: (() => void) | undefined;

  constructor(clock: Pick<Clock, "setTimer">) {
    this.#clock = clock;
  }

  ring(): void {
    this.#isRung = true;
    this.#wake?.();
  }

  heard(withinMs: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        signal.removeEventListener("abort", end);
        this.#wake = undefined;
        resolve(this.#isRung);
        this.#isRung = false;
      };
      const timer = this.#clock.setTimer(withinMs, end);
      signal.addEventListener("abort", end, { once: true });
      this.#wake = end;
      if (this.#isRung || signal.aborted) end();
    });
  }
}
