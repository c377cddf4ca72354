/** How often something may be done: a steady rate, and how many may come at once after a pause. */
interface Limit {
  readonly perMinute: number;
  readonly burst: number;
}

/** Slack's documented floors by method and workspace. It does not publish its bursts: these are small enough to be met. */
const LIMITS = {
  tier2: { perMinute: 20, burst: 8 },
  tier3: { perMinute: 50, burst: 15 },
  tier4: { perMinute: 100, burst: 30 },
  special: { perMinute: 600, burst: 100 },
  /** Several hundred messages a minute in the whole workspace. */
  posts: { perMinute: 300, burst: 30 },
} as const satisfies Record<string, Limit>;

/** One message a second in each channel, threads included. */
const CHANNEL: Limit = { perMinute: 60, burst: 4 };

const BY_METHOD: Readonly<Record<string, keyof typeof LIMITS>> = {
  "auth.test": "special",
  "chat.postMessage": "posts",
  "chat.update": "tier3",
  "chat.postEphemeral": "tier4",
  "conversations.history": "tier3",
  "conversations.replies": "tier3",
  "users.info": "tier4",
  "usergroups.users.list": "tier2",
  "views.open": "tier4",
  "views.update": "tier4",
  "views.publish": "tier4",
};

class Bucket {
  readonly #perMs: number;
  readonly #most: number;
  #tokens: number;
  #filledAt = 0;

  constructor({ perMinute, burst }: Limit, multiplier: number) {
    this.#perMs = (perMinute * multiplier) / 60_000;
    this.#most = Math.max(1, burst * multiplier);
    this.#tokens = this.#most;
  }

  /** Until there is something to take; 0 for now. */
  waitMs(now: number): number {
    this.#tokens = Math.min(this.#most, this.#tokens + (now - this.#filledAt) * this.#perMs);
    this.#filledAt = now;
    return this.#tokens >= 1 ? 0 : (1 - this.#tokens) / this.#perMs;
  }

  take(): void {
    this.#tokens -= 1;
  }
}

/** Slack's limits, each method and each channel for itself. A call that is one too many takes nothing. */
export class RateLimits {
  readonly #multiplier: number;
  readonly #methods = new Map<string, Bucket>();
  readonly #channels = new Map<string, Bucket>();
  readonly #frozenUntil = new Map<string, number>();

  /** `multiplier` makes all of them wider or, below 1, narrower. */
  constructor(multiplier: number) {
    this.#multiplier = multiplier;
  }

  /** The whole seconds after which it can be tried again; undefined when the call is within the limits. */
  take(method: string, channel: string | undefined, now: number): number | undefined {
    const general = this.#bucket(this.#methods, method, LIMITS[BY_METHOD[method] ?? "tier3"]);
    const own =
      method === "chat.postMessage" && channel !== undefined
        ? this.#bucket(this.#channels, channel, CHANNEL)
        : undefined;
    const frozenMs = (this.#frozenUntil.get(method) ?? 0) - now;
    const waitMs = Math.max(frozenMs, general.waitMs(now), own?.waitMs(now) ?? 0);
    if (waitMs > 0) return Math.max(1, Math.ceil(waitMs / 1000));
    general.take();
    own?.take();
    return undefined;
  }

  /** Slack refuses every call of the method until then, as it does when another client of the app was too eager. */
  freeze(method: string, until: number): void {
    this.#frozenUntil.set(method, until);
  }

  #bucket(buckets: Map<string, Bucket>, key: string, limit: Limit): Bucket {
    const known = buckets.get(key);
    if (known !== undefined) return known;
    const bucket = new Bucket(limit, this.#multiplier);
    buckets.set(key, bucket);
    return bucket;
  }
}
