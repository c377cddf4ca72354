import type { Clock } from "./clock.ts";
import type { LogFields } from "./logger.ts";

interface Deps {
  readonly clock: Pick<Clock, "monotonic">;
  /** Writes one line of the log. */
  readonly say: (fields: LogFields) => void;
}

const EVERY_MS = 60_000;

/**
 * Says in the log that something from outside was refused, at most once a minute for each reason however often it happens:
 * whoever floods us must not fill the disk with our own log. Reasons are few and our own.
 */
export class RefusalLog {
  readonly #deps: Deps;
  readonly #seen = new Map<string, { saidAt: number; unsaid: number }>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  note(reason: string, fields: LogFields = {}): void {
    const { clock, say } = this.#deps;
    const now = clock.monotonic();
    const known = this.#seen.get(reason);
    if (known !== undefined && now - known.saidAt < EVERY_MS) {
      known.unsaid += 1;
      return;
    }
    this.#seen.set(reason, { saidAt: now, unsaid: 0 });
    say({
      reason,
      ...fields,
      ...(known !== undefined && known.unsaid > 0 && { others: known.unsaid }),
    });
  }
}
