import Database from "better-sqlite3";

import { IN_MEMORY, type LogDatabase, openDatabase } from "../../src/store/database.ts";
import type { LogRow } from "./check/truth.ts";
import type { Life } from "./life.ts";

/** How the disk behaves: as it should, or refusing each commit with this code of SQLite. */
export type DiskState = "fine" | "SQLITE_FULL" | "SQLITE_IOERR" | "SQLITE_BUSY" | "SQLITE_READONLY";

/** Where in a commit a process dies: with nothing, or with everything of it on the disk. */
export type CrashPoint = "before-commit" | "in-commit" | "after-commit";

interface Crash {
  readonly point: CrashPoint;
  /** Only in a commit that adds an event of this type; in any when absent. */
  readonly of: string | undefined;
}

const OPEN = `SELECT (SELECT count(*) FROM runs WHERE finished_at IS NULL) + (SELECT count(*) FROM intents WHERE settled IS NULL)
  + (SELECT count(*) FROM runs WHERE unshown = 1) AS count`;
const OPEN_TEXTS = `SELECT 'run ' || id || ' is ' || status || ', to be looked at at ' || ifnull(wake_at, 'no time') AS text
  FROM runs WHERE finished_at IS NULL
  UNION ALL SELECT 'run ' || id || ' is not shown as it is' FROM runs WHERE unshown = 1 AND finished_at IS NOT NULL
  UNION ALL SELECT 'request ' || id || ' is not settled' FROM intents WHERE settled IS NULL`;
const TABLES = ["events", "people", "intents", "runs", "claims", "hand_locks", "proofs", "slots"];

/** The one disk of a simulated server. It outlives the processes, and is wiped for the next world. */
export class SimDisk {
  readonly #real: LogDatabase = openDatabase(IN_MEMORY);
  readonly #rows = this.#real.sqlite.prepare<[number], LogRow>(
    "SELECT * FROM events WHERE sequence > ? ORDER BY sequence",
  );
  readonly #openTexts = this.#real.sqlite.prepare<[], { readonly text: string }>(OPEN_TEXTS);
  readonly #row = this.#real.sqlite.prepare<[number], LogRow>("SELECT * FROM events WHERE sequence = ?");
  readonly #open = this.#real.sqlite.prepare<[], { readonly count: number }>(OPEN);
  /** Statements have no state of their own: those of a dead process serve the next. */
  readonly #statements = new Map<string, Database.Statement>();
  state: DiskState = "fine";
  /** Where the process dies in its next commit; undefined where it does not. */
  crash: Crash | undefined;
  commits = 0;
  #sawUpTo = 0;

  /** Forgets everything. */
  wipe(): void {
    if (this.#real.sqlite.inTransaction) this.#real.sqlite.exec("ROLLBACK");
    for (const table of TABLES) this.#real.sqlite.exec(`DELETE FROM ${table}`);
    this.state = "fine";
    this.crash = undefined;
    this.commits = 0;
    this.#sawUpTo = 0;
  }

  /** What was committed since this was called last. */
  newRows(): readonly LogRow[] {
    const rows = this.#rows.all(this.#sawUpTo);
    this.#sawUpTo = rows.at(-1)?.sequence ?? this.#sawUpTo;
    return rows;
  }

  /** The same in words, one a line. */
  openTexts(): readonly string[] {
    return this.#openTexts.all().map(({ text }) => text);
  }

  row(sequence: number): LogRow | undefined {
    return this.#row.get(sequence);
  }

  /** How many runs are open, requests unsettled and runs not shown as they are. */
  openThings(): number {
    return this.#open.get()?.count ?? 0;
  }

  allRows(): readonly LogRow[] {
    return this.#rows.all(0);
  }

  /** The disk as one process sees it. */
  openFor(life: Life): LogDatabase {
    if (this.#real.sqlite.inTransaction) this.#real.sqlite.exec("ROLLBACK");
    const { sqlite, orm } = this.#real;
    const prepare = (source: string): unknown => {
      if (source === "BEGIN IMMEDIATE") return { run: () => this.#begin(life) };
      if (source === "COMMIT") return { run: () => this.#commit(life) };
      const known = this.#statements.get(source) ?? sqlite.prepare(source);
      this.#statements.set(source, known);
      return known;
    };
    const seen = new Proxy(sqlite, {
      get: (target, name) => {
        if (name === "prepare") return prepare;
        // The disk stays when a process closes its file.
        if (name === "close") return () => undefined;
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
    return { file: "quarterdeck.db", sqlite: seen, orm };
  }

  #begin(life: Life): void {
    if (life.isDead) throw new Error("a dead process wrote to the disk");
    if (this.state === "SQLITE_BUSY") throw new Database.SqliteError("database is locked", "SQLITE_BUSY");
    this.#real.sqlite.exec("BEGIN IMMEDIATE");
  }

  #commit(life: Life): void {
    if (this.state !== "fine") throw new Database.SqliteError(`the disk says ${this.state}`, this.state);
    const crash = this.#isMeant(this.crash) ? this.crash : undefined;
    if (crash === undefined || crash.point === "after-commit") {
      this.#real.sqlite.exec("COMMIT");
      this.commits += 1;
    }
    if (crash === undefined) return;
    this.crash = undefined;
    life.kill();
    throw new Error(`the process died ${crash.point}`);
  }

  #isMeant(crash: Crash | undefined): boolean {
    if (crash?.of === undefined) return true;
    return this.#rows.all(this.#sawUpTo).some(({ type }) => type === crash.of);
  }
}
