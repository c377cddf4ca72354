import type { Clock } from "../platform/clock.ts";

interface Held<Value> {
  readonly value: Promise<Value>;
  readonly askedAt: number;
}

const MOST_HELD = 5000;

/**
 * Values that are never older than `freshMs`, counted from before they were asked for. Those who ask at the same time share
 * one load; a load that failed is forgotten at once.
 */
export class FreshCache<Value> {
  readonly #deps: { readonly clock: Clock; readonly freshMs: number; readonly load: (key: string) => Promise<Value> };
  readonly #held = new Map<string, Held<Value>>();

  constructor(deps: {
    readonly clock: Clock;
    readonly freshMs: number;
    readonly load: (key: string) => Promise<Value>;
  }) {
    this.#deps = deps;
  }

  async get(key: string): Promise<Value> {
    const askedAt = this.#deps.clock.monotonic();
    const held = this.#held.get(key);
    if (held !== undefined && askedAt - held.askedAt < this.#deps.freshMs) return held.value;
    if (this.#held.size >= MOST_HELD) this.#held.clear();
    const entry = { value: this.#deps.load(key), askedAt };
    this.#held.set(key, entry);
    try {
      return await entry.value;
    } catch (error) {
      if (this.#held.get(key) === entry) this.#held.delete(key);
      throw error;
    }
  }
}
