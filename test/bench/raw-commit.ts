import { hash } from "node:crypto";
import { join } from "node:path";

import Database, { type Statement } from "better-sqlite3";

/**
 * The least that a durable step can cost: one row with a hash chain appended to a log from which a run can be read again, one
 * row of state replaced, one FULL commit. Nothing else is in the loop, not even the event loop.
 */
export class RawCommits implements Disposable {
  readonly #database: Database.Database;
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;
  readonly #append: Statement<[number, string, number, string, string]>;
  readonly #upsert: Statement<[string, number, string]>;
  #sequence = 0;
  #hash = "0".repeat(64);

  constructor(folder: string) {
    const database = new Database(join(folder, "raw.db"));
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    database.exec(
      `CREATE TABLE events (sequence INTEGER PRIMARY KEY, run TEXT NOT NULL, version INTEGER NOT NULL, hash TEXT NOT NULL,
         payload TEXT NOT NULL, UNIQUE (run, version));
       CREATE TABLE runs (id TEXT PRIMARY KEY, version INTEGER NOT NULL, status TEXT NOT NULL)`,
    );
    this.#database = database;
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#commit = database.prepare("COMMIT");
    this.#append = database.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?)");
    this.#upsert = database.prepare(
      "INSERT INTO runs VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET version = excluded.version, status = excluded.status",
    );
  }

  /** Commits so many times, one after the other; returns milliseconds per commit. */
  run(commits: number): number {
    const begunMs = performance.now();
    for (let step = 1; step <= commits; step += 1) this.#step(step);
    return (performance.now() - begunMs) / commits;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #step(step: number): void {
    const [path, next] = [`bench/step_${step}`, `bench/step_${step + 1}`];
    const payload = JSON.stringify({ type: "step.succeeded", at: Date.now(), path, attempt: 1, output: {}, next });
    this.#sequence += 1;
    this.#hash = hash("sha256", this.#hash + payload, "hex");
    this.#begin.run();
    this.#append.run(this.#sequence, RUN, this.#sequence, this.#hash, payload);
    this.#upsert.run(RUN, this.#sequence, "running");
    this.#commit.run();
  }
}

const RUN = "run_01JD2K6W3V8QZ7E4M5N6P7R8S9";
