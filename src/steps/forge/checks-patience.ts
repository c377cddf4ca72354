import { type ChecksVerdict, isGreen } from "./judge-checks.ts";

/** How long what is seen has to stay, or may, in milliseconds. */
export interface ChecksTiming {
  /** How long all have to stay green, with none coming or going. */
  readonly settleMs: number;
  /** How long one may be red. */
  readonly graceMs: number;
  /** How long one that is required may take to appear; for ever where it is undefined. */
  readonly appearMs: number | undefined;
}

export type ChecksNews =
  | { readonly kind: "green" }
  | { readonly kind: "red" }
  | { readonly kind: "missing" }
  /** Undecided; what is seen may mean something else after `dueMs`. */
  | { readonly kind: "open"; readonly dueMs: number | undefined };

/** Since when the checks of a commit have been as they are, on a clock that never goes back. */
export class ChecksPatience {
  readonly #timing: ChecksTiming;
  readonly #startedMs: number;
  #red: number | undefined;
  #green: { readonly sinceMs: number; readonly names: string } | undefined;

  constructor(timing: ChecksTiming, startedMs: number) {
    this.#timing = timing;
    this.#startedMs = startedMs;
  }

  /** What a look at `nowMs` means after those before it. */
  news(verdict: ChecksVerdict, nowMs: number): ChecksNews {
    const { settleMs, graceMs, appearMs } = this.#timing;
    this.#red = verdict.failed.length > 0 ? (this.#red ?? nowMs) : undefined;
    this.#green = this.#greenSince(verdict, nowMs);
    if (this.#red !== undefined) return due(this.#red + graceMs - nowMs, "red");
    if (this.#green !== undefined) return due(this.#green.sinceMs + settleMs - nowMs, "green");
    if (verdict.missing.length === 0 || appearMs === undefined) return { kind: "open", dueMs: undefined };
    return due(this.#startedMs + appearMs - nowMs, "missing");
  }

  #greenSince(verdict: ChecksVerdict, nowMs: number): { readonly sinceMs: number; readonly names: string } | undefined {
    if (!isGreen(verdict)) return undefined;
    const seen = verdict.counted.map(({ kind, name, conclusion }) => `${kind} ${name} ${conclusion}`);
    const names = JSON.stringify(seen.toSorted((left, right) => (left < right ? -1 : 1)));
    return this.#green?.names === names ? this.#green : { sinceMs: nowMs, names };
  }
}

function due(leftMs: number, kind: "red" | "green" | "missing"): ChecksNews {
  return leftMs <= 0 ? { kind } : { kind: "open", dueMs: leftMs };
}
