import type { Clock } from "../platform/clock.ts";

/** How often something may be done: a steady rate, and how many may come at once after a pause. */
interface SlackRateLimit {
  readonly perMinute: number;
  readonly burst: number;
}

/**
 * Slack's documented floors per method and workspace. Slack does not publish its bursts: these are small enough that a
 * client which relies on them is found out, and large enough for one that keeps to the rate with a little jitter.
 */
const SLACK_RATE_LIMITS = {
  tier1: { perMinute: 1, burst: 1 },
  tier2: { perMinute: 20, burst: 8 },
  tier3: { perMinute: 50, burst: 15 },
  tier4: { perMinute: 100, burst: 30 },
  /** auth.test and getPermalink: hundreds a minute. */
  special: { perMinute: 600, burst: 100 },
  /** Documented as tier 1, yet ten connections may be opened one after the other. */
  connections: { perMinute: 20, burst: 20 },
  /** One message a second in each channel, however it is posted. */
  postInChannel: { perMinute: 60, burst: 4 },
  /** Several hundred messages a minute in the whole workspace. */
  postInWorkspace: { perMinute: 300, burst: 30 },
} as const satisfies Readonly<Record<string, SlackRateLimit>>;

export type SlackRateLimitName = keyof typeof SLACK_RATE_LIMITS;

/** One bucket that a call draws from; `key` tells buckets of the same limit apart. */
export interface SlackRateDraw {
  readonly key: string;
  readonly limit: SlackRateLimitName;
}

/** Token buckets with Slack's rates. `multiplier` makes them wider; Infinity turns them off. */
export class SlackRateLimits {
  multiplier: number;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(deps: { readonly clock: Clock; readonly multiplier: number }) {
    this.#clock = deps.clock;
    this.multiplier = deps.multiplier;
  }

  /** Takes one token from every bucket, or none: then it answers the whole seconds until all of them have one. */
  take(draws: readonly SlackRateDraw[]): number | undefined {
    if (this.multiplier === Infinity) return undefined;
    const filled = draws.map((draw) => this.#fill(draw));
    const waitMs = Math.max(0, ...filled.map((bucket) => ((1 - bucket.tokens) / bucket.perMinute) * 60_000));
    if (waitMs > 0) return Math.max(1, Math.ceil(waitMs / 1000));
    for (const { key, tokens } of filled) this.#buckets.set(key, { tokens: tokens - 1, atMs: this.#clock.monotonic() });
    return undefined;
  }

  /** Fills all buckets again. */
  reset(): void {
    this.#buckets.clear();
  }

  #fill(draw: SlackRateDraw): { readonly key: string; readonly tokens: number; readonly perMinute: number } {
    const limit = SLACK_RATE_LIMITS[draw.limit];
    const perMinute = limit.perMinute * this.multiplier;
    const most = Math.max(1, limit.burst * this.multiplier);
    const bucket = this.#buckets.get(draw.key) ?? { tokens: most, atMs: this.#clock.monotonic() };
    const gained = ((this.#clock.monotonic() - bucket.atMs) / 60_000) * perMinute;
    return { key: draw.key, tokens: Math.min(most, bucket.tokens + gained), perMinute };
  }
}
