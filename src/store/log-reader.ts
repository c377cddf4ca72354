import type { Statement } from "better-sqlite3";

import type { LogRow, PersonRow } from "../audit/verify-log.ts";
import { RunEvent } from "../domain/run-event.ts";
import { AppError } from "../platform/errors.ts";
import type { LogDatabase } from "./database.ts";

/** Which events to read: `from` is the first sequence, `limit` how many at most. */
export interface LogRange {
  readonly from?: number | undefined;
  readonly limit?: number | undefined;
}

const PAGE = 1000;

/** Reads what is in the log, as it is stored and as the events of runs. */
export class LogReader {
  readonly #page: Statement<[number, number], LogRow>;
  readonly #people: Statement<[], PersonRow>;
  readonly #health: Statement<[], string>;
  readonly #stream: Statement<[string], LogRow>;
  readonly #newest: Statement<[string, number], LogRow>;

  constructor({ sqlite }: LogDatabase) {
    const columns = "sequence, at, stream, version, type, actor, commitment, hash, salt, payload";
    this.#page = sqlite.prepare(`SELECT ${columns} FROM events WHERE sequence >= ? ORDER BY sequence LIMIT ?`);
    this.#people = sqlite.prepare("SELECT pseudonym, team, user, salt FROM people ORDER BY pseudonym");
    this.#health = sqlite.prepare<[], string>("PRAGMA integrity_check(1)").pluck();
    this.#newest = sqlite.prepare(`SELECT ${columns} FROM events WHERE stream = ? ORDER BY version DESC LIMIT ?`);
    this.#stream = sqlite.prepare(`SELECT ${columns} FROM events WHERE stream = ? ORDER BY version`);
  }

  /** The log as it is stored, oldest first, a page at a time: the log may be larger than the memory, and may grow meanwhile. */
  *rows({ from = 1, limit = Number.POSITIVE_INFINITY }: LogRange = {}): Generator<LogRow> {
    let left = limit;
    let next = from;
    while (left > 0) {
      const page = this.#page.all(next, Math.min(PAGE, left));
      yield* page;
      const last = page.at(-1);
      if (last === undefined) return;
      next = last.sequence + 1;
      left -= page.length;
    }
  }

  /** What is wrong with the database itself, such as an index from which an event was taken out; undefined when nothing is. */
  damage(): string | undefined {
    const found = this.#health.get();
    return found === "ok" ? undefined : found;
  }

  /** Everybody who was not redacted. */
  people(): readonly PersonRow[] {
    return this.#people.all();
  }

  /** The event that has this sequence; throws `store.missing-event`. */
  row(sequence: number): LogRow {
    const [row] = this.#page.all(sequence, 1);
    if (row?.sequence === sequence) return row;
    throw new AppError(`event ${sequence} is missing in the log: verify the log`, { code: "store.missing-event" });
  }

  /** One stream as it is stored, oldest first. */
  stream(stream: string): readonly LogRow[] {
    return this.#stream.all(stream);
  }

  /** The end of one stream, newest first. */
  newest(stream: string, limit: number): readonly LogRow[] {
    return this.#newest.all(stream, limit);
  }
}

/** Reads one stored event of a run. Throws `store.redacted` and `store.unreadable`, which name the event. */
export function parseRunEvent(row: LogRow): RunEvent {
  const parsed = RunEvent.safeParse(storedEvent(row));
  if (parsed.success) return parsed.data;
  throw new AppError(
    `event ${row.sequence} of the log (${row.type} of ${row.stream}) cannot be read: run the version of the program that wrote it`,
    { code: "store.unreadable", details: { sequence: row.sequence }, cause: parsed.error },
  );
}

/** The event as it was appended, not yet checked. Throws `store.redacted`. */
export function storedEvent({ sequence, type, at, actor, payload }: LogRow): Readonly<Record<string, unknown>> {
  if (payload === null) {
    throw new AppError(`the payload of event ${sequence} of the log was redacted`, {
      code: "store.redacted",
      details: { sequence },
    });
  }
  const members: Readonly<Record<string, unknown>> = JSON.parse(payload);
  return { ...members, type, at, ...(actor === "" ? {} : { actor }) };
}
