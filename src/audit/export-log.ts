import { isoTime } from "../platform/clock.ts";
import { GENESIS } from "./hash-chain.ts";
import { type LogRow, type PersonRow, recordedPseudonym } from "./verify-log.ts";

export type ExportFormat = "jsonl" | "csv";

/** What is exported: everything unless it is narrowed. */
export interface ExportFilter {
  /** Milliseconds since the epoch, included. */
  readonly fromMs?: number | undefined;
  /** Milliseconds since the epoch, not included. */
  readonly untilMs?: number | undefined;
  /** One stream, such as a run's id. */
  readonly stream?: string | undefined;
  /** Only what this Slack user did. */
  readonly user?: string | undefined;
}

export interface ExportedLog {
  /** The whole log, oldest first: each line names the hash of the event before it. */
  readonly rows: Iterable<LogRow>;
  readonly people: Iterable<PersonRow>;
  readonly format: ExportFormat;
  readonly filter?: ExportFilter | undefined;
}

const COLUMNS = ["sequence", "time", "stream", "version", "type", "actor", "team", "user", "hash", "payload"] as const;

/**
 * The log as lines to keep or to load elsewhere, oldest first, without line ends. A JSON line holds all that it takes to verify the chain
 * again (`previousHash`, `commitment`, `hash`, `salt`, and of the event that commits to a person who that is); its members always stand in
 * the same order, so that a line can be written anew and compared. CSV is for reading in a spreadsheet (RFC 4180, its first line names the
 * columns).
 */
export function* exportLog({ rows, people, format, filter = {} }: ExportedLog): Generator<string> {
  const byPseudonym = new Map(Array.from(people, (person) => [person.pseudonym, person]));
  if (format === "csv") yield COLUMNS.join(",");
  let previousHash = GENESIS.hash;
  for (const row of rows) {
    const person = byPseudonym.get(row.actor);
    if (isWanted(row, person, filter)) {
      yield format === "csv" ? csvLine(row, person) : exportLine({ row, person, previousHash, byPseudonym });
    }
    previousHash = row.hash;
  }
}

function isWanted(row: LogRow, person: PersonRow | undefined, filter: ExportFilter): boolean {
  const { fromMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY, stream, user } = filter;
  if (row.at < fromMs || row.at >= untilMs) return false;
  if (stream !== undefined && row.stream !== stream) return false;
  return user === undefined || person?.user === user;
}

export interface ExportedEvent {
  readonly row: LogRow;
  /** Who did it. */
  readonly person: PersonRow | undefined;
  readonly previousHash: string;
  readonly byPseudonym: ReadonlyMap<string, PersonRow>;
}

/** One event as a JSON line. */
export function exportLine({ row, person, previousHash, byPseudonym }: ExportedEvent): string {
  const { sequence, at, stream, version, type, actor, commitment, hash, salt, payload } = row;
  const head = { sequence, time: isoTime(at), at, stream, version, type, actor };
  const who = person === undefined ? {} : { team: person.team, user: person.user };
  const recorded = byPseudonym.get(recordedPseudonym(row) ?? "");
  const shown = recorded && { team: recorded.team, user: recorded.user, salt: recorded.salt };
  const text = JSON.stringify({ ...head, ...who, previousHash, commitment, hash, salt, person: shown });
  // The stored text as it is: canonical, and read by whoever verifies the commitment again.
  return `${text.slice(0, -1)},"payload":${payload ?? "null"}}`;
}

function csvLine(row: LogRow, person: PersonRow | undefined): string {
  const { sequence, at, stream, version, type, actor, hash, payload } = row;
  const cells = [sequence, isoTime(at), stream, version, type, actor, person?.team, person?.user, hash, payload];
  return cells.map((cell) => csvCell(String(cell ?? ""))).join(",");
}

/** A spreadsheet takes a cell that begins with one of these for a formula; an apostrophe makes it text. */
const FORMULA = /^[=+\-@\t\r]/u;

function csvCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
