import type { Statement } from "better-sqlite3";

import type { RunEvent } from "../domain/run-event.ts";
import type { LogFact } from "../engine/ports.ts";
import type { RunProjection } from "../engine/projection.ts";
import type { LogDatabase } from "./database.ts";
import type { Passenger } from "./log-writer.ts";

/** The projection of one run, with the events that it newly comes from. */
export interface RunWrite extends RunProjection {
  readonly events: readonly (RunEvent | LogFact)[];
  /** The sequence of `events[index]` in the log. */
  readonly sequenceOf: (index: number) => number;
}

/** What the tables are known to hold of a run, so that what does not change need not be written. */
interface Known {
  readonly claims: string;
  readonly isUnshown: boolean;
  /** `standingOf` the row. */
  readonly standing: string;
}

const UNKNOWN: Known = { claims: "unknown", isUnshown: false, standing: "" };
// Runs that are under way are far fewer; the claims of others are simply written again.
const MOST_KNOWN = 1000;

/**
 * Writes the tables `runs`, `claims` and `proofs`, inside the transaction of the events that they follow from.
 * What a run is (its title, its services, who asked for it) is written when it starts and does not change after that.
 */
export class RunTables implements Passenger {
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #dropClaims: Statement<[string]>;
  readonly #addClaim: Statement<[string, string, string, string, number, number, string | null]>;
  readonly #addProof: Statement;
  readonly #show: Statement<[{ readonly run: string; readonly version: number }]>;
  readonly #unshow: Statement<[string]>;
  readonly #clear: readonly Statement[];
  readonly #known = new Map<string, Known>();
  /** Versions shown that wait for a commit: they may be lost, so they are no events and nobody waits for them. */
  readonly #shown = new Map<string, number>();

  constructor({ sqlite }: LogDatabase) {
    this.#insert = sqlite.prepare(
      `INSERT INTO runs (id, command, title, status, services, environments, requester, channel, started_at,
         finished_at, shown_version, unshown, wake_at, parked, gates)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 1, ?, ?, ?)`,
    );
    this.#update = sqlite.prepare(
      "UPDATE runs SET status = ?, finished_at = ?, wake_at = ?, parked = ?, gates = ? WHERE id = ?",
    );
    this.#dropClaims = sqlite.prepare("DELETE FROM claims WHERE run = ?");
    this.#addClaim = sqlite.prepare(
      "INSERT INTO claims (run, path, keys, status, sequence, is_urgent, within) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    this.#addProof = sqlite.prepare(
      `INSERT INTO proofs (sequence, run, app, application_uid, revision, source_digest, proven_at)
       VALUES (@sequence, @run, @app, @applicationUid, @revision, @sourceDigest, @provenAt) ON CONFLICT DO NOTHING`,
    );
    this.#show = sqlite.prepare(
      `UPDATE runs SET shown_version = @version, unshown = (SELECT max(version) FROM events WHERE stream = @run) > @version
       WHERE id = @run AND shown_version < @version`,
    );
    // A statement of its own, because SQLite rewrites an index for every column that is set, whether or not its value changes.
    this.#unshow = sqlite.prepare("UPDATE runs SET unshown = 1 WHERE id = ? AND unshown = 0");
    this.#clear = ["runs", "claims", "proofs"].map((table) => sqlite.prepare(`DELETE FROM ${table}`));
  }

  /** Inside a transaction. */
  put(change: RunWrite): void {
    const { row } = change;
    const known = this.#known.get(row.id) ?? UNKNOWN;
    const standing = standingOf(row);
    // Each page that is written is copied, checked and flushed with the commit: what stays as it is is not touched.
    if (standing !== known.standing && !this.#updateRow(row)) this.#insertRow(row);
    if (!known.isUnshown) this.#unshow.run(row.id);
    const claims = this.#putClaims(change, known);
    const isSame = known.isUnshown && claims === known.claims && standing === known.standing;
    if (!isSame) this.#remember(row.id, { claims, isUnshown: true, standing });
    for (const proof of change.proofs) {
      const proving = change.events.findLastIndex((event) => event.at === proof.provenAt);
      const sequence = change.sequenceOf(proving === -1 ? change.events.length - 1 : proving);
      this.#addProof.run({ ...proof, sequence });
    }
  }

  /** Goes into the next commit; never goes back. */
  markShown(run: string, version: number): void {
    this.#shown.set(run, Math.max(version, this.#shown.get(run) ?? 0));
  }

  write(): void {
    for (const [run, version] of this.#shown) {
      this.#show.run({ run, version });
      const known = this.#known.get(run);
      if (known !== undefined) this.#known.set(run, { ...known, isUnshown: false });
    }
  }

  ended(isOnDisk: boolean): void {
    if (isOnDisk) this.#shown.clear();
    else this.#known.clear();
  }

  /** Inside a transaction: empties the tables. */
  clear(): void {
    for (const statement of this.#clear) statement.run();
    this.#known.clear();
  }

  #putClaims({ row, claims }: RunWrite, known: Known): string {
    const text = claims.length === 0 ? "" : JSON.stringify(claims);
    if (text === known.claims) return text;
    this.#dropClaims.run(row.id);
    for (const { run, path, keys, status, sequence, isUrgent, within } of claims) {
      const around = within === undefined ? null : JSON.stringify(within);
      this.#addClaim.run(run, path, JSON.stringify(keys), status, sequence, isUrgent ? 1 : 0, around);
    }
    return text;
  }

  #updateRow(row: RunWrite["row"]): boolean {
    const { id, status, finishedAt = null, wakeAt = null, parked, gates } = row;
    return this.#update.run(status, finishedAt, wakeAt, parked ? 1 : 0, gates, id).changes > 0;
  }

  #insertRow(row: RunWrite["row"]): void {
    const { id, status, finishedAt = null, wakeAt = null, parked, gates } = row;
    const [services, environments] = [JSON.stringify(row.services), JSON.stringify(row.environments)];
    const fixed = [id, row.command, row.title, status, services, environments, row.requester, row.channel];
    this.#insert.run(...fixed, row.startedAt, finishedAt, wakeAt, parked ? 1 : 0, gates);
  }

  #remember(run: string, known: Known): void {
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(run, known);
  }
}

/** What seldom changes from one step to the next, and stands in indexes. */
function standingOf({ status, finishedAt, wakeAt, parked, gates }: RunWrite["row"]): string {
  return `${status} ${finishedAt} ${wakeAt} ${parked} ${gates}`;
}
