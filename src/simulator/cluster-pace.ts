import { isoTime, type Clock, type Timer } from "../platform/clock.ts";

export interface PaceOptions {
  readonly clock: Clock;
  /** How many times faster than a real cluster everything happens; 1 when absent. The order of events stays the same. */
  readonly speed?: number;
}

/** The simulator's timers: real durations divided by the speed, all cancelled by `stop`. */
export class Pace {
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();
  #speed: number;
  #stopped = false;

  constructor({ clock, speed = 1 }: PaceOptions) {
    this.#clock = clock;
    this.#speed = speed;
  }

  now(): number {
    return this.#clock.now();
  }

  get speed(): number {
    return this.#speed;
  }

  /** Timers that are already running keep the speed they were set at. */
  setSpeed(speed: number): void {
    this.#speed = speed;
  }

  /** Calls `action` once after `delayMs` of a real cluster's time. */
  after(delayMs: number, action: () => void): Timer {
    return this.#set(delayMs / this.#speed, action);
  }

  /** Calls `action` once after `delayMs` of the clock's own time, whatever the speed. */
  afterUnscaled(delayMs: number, action: () => void): Timer {
    return this.#set(delayMs, action);
  }

  /** Never resolves once stopped. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve));
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #set(delayMs: number, action: () => void): Timer {
    if (this.#stopped) return { cancel: () => undefined };
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#timers.delete(entry);
      action();
    });
    const entry: Timer = {
      cancel: () => {
        this.#timers.delete(entry);
        timer.cancel();
      },
    };
    this.#timers.add(entry);
    return entry;
  }
}

/** A moment as Kubernetes writes it: whole seconds, cut off, never rounded up. */
export function kubernetesTime(atMs: number): string {
  return `${isoTime(atMs).slice(0, 19)}Z`;
}
