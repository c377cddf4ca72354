import type { Application } from "./application.ts";

/**
 * Why a subscriber should look again. `changed`: this is the newest copy. `gone`: it is not there any more, as far as the cache knows.
 * `compared`: the cache was compared with the server after a gap, and what is newest is in it.
 * `disconnected`: the stream has ended, so changes come late from now on.
 */
export type Hint =
  | { readonly kind: "changed"; readonly application: Application }
  | { readonly kind: "gone" }
  | { readonly kind: "compared" }
  | { readonly kind: "disconnected" };

/** An application within the cache's server. */
export interface CachedName {
  readonly namespace: string;
  readonly name: string;
}

/** Who is told when something is new. A listener costs one entry in a map, and no timer. */
export class HintListeners {
  readonly #listeners = new Map<string, Set<(hint: Hint) => void>>();
  readonly #listenersToAll = new Set<(app: CachedName, hint: Hint) => void>();

  add(app: CachedName, listener: (hint: Hint) => void): Disposable {
    const key = cacheKey(app);
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener);
        if (listeners.size === 0) this.#listeners.delete(key);
      },
    };
  }

  addToAll(listener: (app: CachedName, hint: Hint) => void): Disposable {
    this.#listenersToAll.add(listener);
    return { [Symbol.dispose]: () => void this.#listenersToAll.delete(listener) };
  }

  /** How many wait for this one application. */
  count(app: CachedName): number {
    return this.#listeners.get(cacheKey(app))?.size ?? 0;
  }

  tell(app: CachedName, hint: Hint): void {
    // A listener may leave while it is told.
    for (const listener of this.#listeners.get(cacheKey(app)) ?? []) listener(hint);
    for (const listener of this.#listenersToAll) listener(app, hint);
  }

  /** What is true of the connection is for those that wait for one application. */
  tellAll(hint: Extract<Hint, { readonly kind: "compared" | "disconnected" }>): void {
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener(hint);
  }

  clear(): void {
    this.#listeners.clear();
    this.#listenersToAll.clear();
  }
}

/** An application's key in maps of one server. */
export function cacheKey({ namespace, name }: CachedName): string {
  return `${namespace}/${name}`;
}
