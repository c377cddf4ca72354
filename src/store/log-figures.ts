import type { Statement } from "better-sqlite3";

import type { LogDatabase } from "./database.ts";

/** How much of everything there is, for those who watch the server. */
export class LogFigures {
  readonly #runs: Statement<[], { status: string; count: number }>;
  readonly #gates: Statement<[], number>;
  readonly #locks: Statement<[], number>;
  readonly #events: Statement<[], number>;

  constructor({ sqlite }: LogDatabase) {
    this.#runs = sqlite.prepare("SELECT status, count(*) AS count FROM runs GROUP BY status");
    this.#gates = sqlite.prepare<[], number>("SELECT coalesce(sum(gates), 0) FROM runs WHERE gates > 0").pluck();
    this.#locks = sqlite.prepare<[], number>("SELECT count(*) FROM claims WHERE status = 'requested'").pluck();
    this.#events = sqlite.prepare<[], number>("SELECT coalesce(max(sequence), 0) FROM events").pluck();
  }

  runsByStatus(): ReadonlyMap<string, number> {
    return new Map(this.#runs.all().map(({ status, count }) => [status, count]));
  }

  gatesWaiting(): number {
    return this.#gates.get() ?? 0;
  }

  locksWaiting(): number {
    return this.#locks.get() ?? 0;
  }

  events(): number {
    return this.#events.get() ?? 0;
  }
}
