import type { Clock } from "../platform/clock.ts";

const PER_HOUR = 5000;
const HOUR_MS = 3_600_000;

export interface LimitedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** How many requests a forge takes: GitHub's hourly limit, and one that comes out of the blue. */
export class ForgeLimits {
  readonly #clock: Clock;
  #remaining = PER_HOUR;
  #resetAtMs: number;
  #secondary: { readonly untilMs: number; readonly isSaid: boolean } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#resetAtMs = clock.now() + HOUR_MS;
  }

  /** So many requests are left for so long. */
  leave(remaining: number, forMs: number): void {
    this.#remaining = remaining;
    this.#resetAtMs = this.#clock.now() + forMs;
  }

  /** No request is taken for so long; `isSaid` says whether the answer tells how long. */
  pause(forMs: number, isSaid = true): void {
    this.#secondary = { untilMs: this.#clock.now() + forMs, isSaid };
  }

  /** What is answered instead of the request, if anything is. */
  refusal(): LimitedAnswer | undefined {
    const now = this.#clock.now();
    if (now >= this.#resetAtMs) [this.#remaining, this.#resetAtMs] = [PER_HOUR, now + HOUR_MS];
    const { untilMs = 0, isSaid = false } = this.#secondary ?? {};
    if (now < untilMs) {
      const after = { "retry-after": String(Math.ceil((untilMs - now) / 1000)) };
      const body = {
        message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
      };
      return { status: 403, headers: { ...(isSaid && after) }, body };
    }
    if (this.#remaining > 0) return undefined;
    return { status: 403, headers: this.headers(), body: { message: "API rate limit exceeded for user." } };
  }

  /** A request was answered; 304 costs nothing. */
  spend(status: number): void {
    if (status !== 304) this.#remaining = Math.max(0, this.#remaining - 1);
  }

  headers(): Readonly<Record<string, string>> {
    return {
      "x-ratelimit-limit": String(PER_HOUR),
      "x-ratelimit-remaining": String(this.#remaining),
      "x-ratelimit-reset": String(Math.ceil(this.#resetAtMs / 1000)),
    };
  }
}
