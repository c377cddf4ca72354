import type { Clock } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";

/** That something which a person could see has changed; what it is now is read from the state. */
export interface SlackChange {
  readonly kind: "message" | "ephemeral" | "view" | "home" | "channel" | "user" | "socket";
  readonly channel?: string;
  readonly user?: string;
  readonly ts?: string;
}

/** Tells listeners about every change, and lets tests and the demo wait for a condition instead of sleeping. */
export class SlackChanges {
  readonly #clock: Clock;
  readonly #listeners = new Set<(change: SlackChange) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  notify(change: SlackChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** Returns the function that ends the subscription. */
  subscribe(listener: (change: SlackChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves with the first value of `probe` that is neither undefined nor false; looks again after every change. */
  until<T>(what: string, probe: () => T | undefined | false, timeoutMs = 10_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): boolean => {
        const found = probe();
        if (found === undefined || found === false) return false;
        stop();
        resolve(found);
        return true;
      };
      const unsubscribe = this.subscribe(() => void look());
      const timer = this.#clock.setTimer(timeoutMs, () => {
        stop();
        const message = `Waited ${String(timeoutMs)} ms in the simulated Slack for: ${what}`;
        reject(new AppError(message, { code: "slack-simulator.wait-timeout" }));
      });
      const stop = (): void => {
        timer.cancel();
        unsubscribe();
      };
      look();
    });
  }
}
