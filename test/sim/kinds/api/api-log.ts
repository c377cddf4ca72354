import type { Clock } from "../../../../src/platform/clock.ts";
import type { LogReader } from "../../../../src/store/log-reader.ts";

/** One row of the log, as whoever only has the log reads it. */
export interface ApiRow {
  readonly sequence: number;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  readonly at: number;
  readonly actor: string;
  readonly text: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** When it was there already, on the monotonic clock of the world. */
  readonly seenMs: number;
}

/** The log as it grows, each row read once. */
export class ApiLog {
  readonly rows: ApiRow[] = [];
  readonly #reader: LogReader;
  readonly #clock: Pick<Clock, "monotonic">;

  constructor(reader: LogReader, clock: Pick<Clock, "monotonic">) {
    this.#reader = reader;
    this.#clock = clock;
  }

  /** How many rows there are. */
  get length(): number {
    this.#read();
    return this.rows.length;
  }

  /** Pseudonyms, and who they are: `machines/token:ci`. */
  people(): ReadonlyMap<string, string> {
    return new Map(this.#reader.people().map(({ pseudonym, team, user }) => [pseudonym, `${team}/${user}`]));
  }

  #read(): void {
    for (const row of this.#reader.rows({ from: this.rows.length + 1 })) {
      const { sequence, stream, version, type, at, actor, payload } = row;
      const text = payload ?? "{}";
      const seenMs = this.#clock.monotonic();
      this.rows.push({ sequence, stream, version, type, at, actor, text, payload: JSON.parse(text), seenMs });
    }
  }
}
