import type { Clock } from "../platform/clock.ts";

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** One bucket that a call draws from. */
export interface Draw {
  readonly key: string;
  readonly rate: Rate;
}

interface Bucket {
  tokens: number;
  filledAt: number;
  frozenUntil: number;
}

/** Token buckets: what may still be sent now, and from when on more. Slack's word (a 429) freezes a bucket over our own count. */
export class RateBudget {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(deps: { readonly clock: Clock }) {
    this.#clock = deps.clock;
  }

  /**
   * Milliseconds until every bucket has a token above `reserve`; 0 when a call may go out now.
   * `reserve` keeps tokens back for calls that matter more.
   */
  waitMs(draws: readonly Draw[], reserve: number): number {
    const now = this.#clock.monotonic();
    return Math.max(0, ...draws.map((draw) => this.#waitFor(draw, reserve, now)));
  }

  take(draws: readonly Draw[]): void {
    for (const draw of draws) this.#fill(draw, this.#clock.monotonic()).tokens -= 1;
  }

  /** Nothing is drawn from the bucket for so long; afterwards it fills from one token. */
  freeze(draw: Draw, forMs: number): void {
    const now = this.#clock.monotonic();
    const bucket = this.#fill(draw, now);
    bucket.frozenUntil = Math.max(bucket.frozenUntil, now + forMs);
    bucket.tokens = Math.min(bucket.tokens, 1);
    bucket.filledAt = bucket.frozenUntil;
  }

  /** Whether some bucket whose key begins with `prefix`, other than `key`, is frozen now. */
  isFrozenBeside(prefix: string, key: string): boolean {
    const now = this.#clock.monotonic();
    for (const [other, { frozenUntil }] of this.#buckets) {
      if (other !== key && other.startsWith(prefix) && frozenUntil > now) return true;
    }
    return false;
  }

  #waitFor(draw: Draw, reserve: number, now: number): number {
    const bucket = this.#fill(draw, now);
    const thawMs = Math.max(0, bucket.frozenUntil - now);
    // A bucket smaller than the reserve would never open.
    const needed = 1 + Math.min(reserve, draw.rate.burst - 1);
    const missing = Math.max(0, needed - bucket.tokens);
    return thawMs + Math.ceil((missing / draw.rate.perSecond) * 1000);
  }

  #fill({ key, rate }: Draw, now: number): Bucket {
    const bucket = this.#buckets.get(key) ?? { tokens: rate.burst, filledAt: now, frozenUntil: 0 };
    this.#buckets.set(key, bucket);
    const gained = (Math.max(0, now - bucket.filledAt) / 1000) * rate.perSecond;
    bucket.tokens = Math.min(rate.burst, bucket.tokens + gained);
    bucket.filledAt = Math.max(now, bucket.filledAt);
    return bucket;
  }
}
