import type { FoundOperation, KnownOperations, OperationFact } from "./foreign-operations.ts";
import type { SeenApp } from "./incident-fact.ts";

export interface OperationFilter {
  readonly service?: string | undefined;
  readonly environment?: string | undefined;
  readonly limit: number;
}

interface OfApp {
  readonly keys: Set<string>;
  history: number;
  last: OperationFact | undefined;
}

const MOST_KEYS = 30;
// Of all applications together; older ones are in the log.
const MOST_RECENT = 5000;
// With self-heal on and somebody who fights it, auto-sync runs every few seconds: the same again is told once in this time.
const SAME_AGAIN_MS = 3_600_000;

/** The operations of others, by the facts about them, and the keys of those that were dealt with. */
export class OperationBook {
  readonly #apps = new Map<string, OfApp>();
  #recent: OperationFact[] = [];

  apply(fact: OperationFact): void {
    const of = this.#of(fact.app);
    this.#remember(of, fact);
    of.last = fact;
    this.#recent.push(fact);
    if (this.#recent.length > 2 * MOST_RECENT) this.#recent = this.#recent.slice(-MOST_RECENT);
  }

  /** What was there when the application was first looked at is not told. */
  begin({ app, history, operation }: SeenApp): void {
    this.#remember(this.#of(app), { key: operation, history });
  }

  /** Takes note of operations of which nothing is to be told. */
  pass(app: string, found: FoundOperation): void {
    this.#remember(this.#of(app), found);
  }

  known(app: string): KnownOperations {
    const { keys, history } = this.#of(app);
    return { has: (key) => keys.has(key), history };
  }

  /** Auto-sync has done the same a short time ago. */
  isRepetition(app: string, { automated, phase, revisions, endedAt }: FoundOperation): boolean {
    const last = this.#of(app).last;
    if (last === undefined || !automated || !last.automated || last.phase !== phase) return false;
    return last.revisions.join() === revisions.join() && endedAt - last.endedAt < SAME_AGAIN_MS;
  }

  /** Newest first. */
  recent({ service, environment, limit }: OperationFilter): readonly OperationFact[] {
    const fits = (fact: OperationFact): boolean =>
      (service === undefined || fact.service === service) &&
      (environment === undefined || fact.environment === environment);
    return this.#recent
      .filter(fits)
      .toSorted((left, right) => right.startedAt - left.startedAt)
      .slice(0, limit);
  }

  #of(app: string): OfApp {
    const known = this.#apps.get(app) ?? { keys: new Set<string>(), history: -1, last: undefined };
    this.#apps.set(app, known);
    return known;
  }

  #remember(of: OfApp, { key, history }: { readonly key: string; readonly history: number }): void {
    of.keys.add(key);
    of.history = Math.max(of.history, history);
    if (of.keys.size <= MOST_KEYS) return;
    const [oldest] = of.keys;
    if (oldest !== undefined) of.keys.delete(oldest);
  }
}
