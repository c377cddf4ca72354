import { readFileSync } from "node:fs";
import { join } from "node:path";

import Database from "better-sqlite3";

import { type AnchorKey, anchorKeyOf, pemOf } from "../../src/audit/anchor-key.ts";
import { Anchoring } from "../../src/audit/anchoring.ts";
import { exportLog } from "../../src/audit/export-log.ts";
import { type ChainHead, commitmentOf, GENESIS, headerHash } from "../../src/audit/hash-chain.ts";
import type { SignedHead } from "../../src/audit/signed-head.ts";
import { type LogRow, PERSON_RECORDED, type PersonRow, personCommitment } from "../../src/audit/verify-log.ts";
import { canonicalJson } from "../../src/platform/canonical-json.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { STORE_DEPS } from "../support/store-folder.ts";
import type { Dice } from "../sim/dice.ts";

/** A log with all that somebody needs to verify it, or to tamper with it. */
export interface KeptLog {
  /** The database, closed. */
  readonly file: string;
  /** Backups from earlier, each from before the newest anchor. */
  readonly older: readonly string[];
  /** What was anchored, oldest first. */
  readonly anchors: readonly SignedHead[];
  readonly key: AnchorKey;
  readonly keyText: string;
}

/** The rows of a log, which may be changed before they are written as another one. */
export interface LogContent {
  readonly rows: readonly LogRow[];
  readonly people: readonly PersonRow[];
}

const STAGES = 3;
const PEOPLE = 6;
const TEXTS = ["abc123", 'a "quoted" one', 'the end of ,"payload":{}', "zürich\u2028東京", "line\nline"];
const STREAMS = ["run_01J0", "run_01J1", "intents", "messages", "locks", "server"];

/** A log as the server writes it: through the store, anchored and backed up in between. */
export async function keepLog(folder: string, { dice, events }: { dice: Dice; events: number }): Promise<KeptLog> {
  const key = anchorKeyOf(Buffer.from(dice.hex(64), "hex"));
  const file = join(folder, "quarterdeck.db");
  const older: string[] = [];
  const anchors: SignedHead[] = [];
  const store = await openStore({ ...STORE_DEPS, dataFolder: folder, address: "here" });
  for (let stage = 0; stage < STAGES; stage += 1) {
    await happen(store, dice, Math.ceil(events / STAGES));
    await anchor(store, key, anchors);
    // The newest anchor is newer than every backup: who has it notices when one is put back.
    if (stage < STAGES - 1) older.push(backUp(file, `${file}.${stage}`));
  }
  await happen(store, dice, 3);
  await store[Symbol.asyncDispose]();
  return { file, older, anchors, key, keyText: pemOf(key) };
}

/** Things that happen to people and runs; some of them in one commit. */
export async function happen(store: Store, dice: Dice, events: number): Promise<void> {
  for (let left = events; left > 0; left -= 1) {
    const actor = store.people.pseudonymOf("T1", `U0PERSON${dice.below(PEOPLE)}`);
    const at = Date.UTC(2026, 10, 21) + dice.below(1_000_000);
    const text = dice.pick(TEXTS);
    const event = { type: dice.pick(["step.started", "step.succeeded", "gate.decided"]), at, actor, text, n: left };
    const appended = store.events.append({ stream: dice.pick(STREAMS), expectedVersion: -1, events: [event] });
    if (dice.chance(0.7)) await appended;
  }
  await store.events.append({ stream: "server", expectedVersion: -1, events: [{ type: "server.paused", at: 1 }] });
}

export async function anchor(store: Store, key: AnchorKey, anchors: SignedHead[]): Promise<void> {
  const write = (head: SignedHead): Promise<string> => {
    anchors.push(head);
    return Promise.resolve(`entry ${anchors.length}`);
  };
  await using anchoring = new Anchoring({
    ...STORE_DEPS,
    log: store.anchors,
    key,
    targets: [{ name: "list", address: "list", write }],
    rhythm: { everyMs: 60_000 },
    logger: silentLogger,
  });
  anchoring.start();
}

/** One whole moment of a log, as the operating chapter says to back it up. */
export function backUp(file: string, copy: string): string {
  const database = new Database(file, { readonly: true });
  database.prepare("VACUUM INTO ?").run(copy);
  database.close();
  return copy;
}

/** What stands in a database; throws when it cannot be read. */
export function contentOf(file: string): LogContent {
  const database = new Database(file, { readonly: true });
  try {
    const rows = database.prepare<[], LogRow>("SELECT * FROM events ORDER BY sequence").all();
    return { rows, people: database.prepare<[], PersonRow>("SELECT * FROM people ORDER BY pseudonym").all() };
  } finally {
    database.close();
  }
}

/** Puts another content into a database; what is derived from it is not looked at by anybody here. */
export function putContent(file: string, { rows, people }: LogContent): void {
  const database = new Database(file);
  database.pragma("synchronous = OFF");
  // Whoever may write to the file may take away what stands in the way, too.
  database.exec("BEGIN; DROP INDEX IF EXISTS events_by_stream; DROP INDEX IF EXISTS people_by_user");
  database.exec("DELETE FROM events; DELETE FROM people");
  const columns = "@sequence, @at, @stream, @version, @type, @actor, @commitment, @hash, @salt, @payload";
  const event = database.prepare(`INSERT INTO events (${columns.replaceAll("@", "")}) VALUES (${columns})`);
  for (const row of rows) event.run(row);
  const person = database.prepare("INSERT INTO people VALUES (@pseudonym, @team, @user, @salt)");
  for (const row of people) person.run(row);
  database.exec("COMMIT");
  database.close();
}

/** Takes an event out of the index by which the events of a run are found, and out of nothing else. */
export function hide(file: string, sequence: number): void {
  const whole = "CREATE UNIQUE INDEX events_by_stream ON events (stream, version)";
  const database = new Database(file);
  database.unsafeMode();
  database.exec(`DROP INDEX events_by_stream; ${whole} WHERE sequence <> ${sequence}; PRAGMA writable_schema = ON`);
  database.prepare("UPDATE sqlite_schema SET sql = ? WHERE name = 'events_by_stream'").run(whole);
  database.close();
}

export function exportText({ rows, people }: LogContent): string {
  return `${[...exportLog({ rows, people, format: "jsonl" })].join("\n")}\n`;
}

/** The same log with everything in it computed anew, as somebody does who knows how a log is made and has no key. */
export function rechained(
  rows: readonly LogRow[],
  people: readonly PersonRow[] = [],
  versionOf?: (row: LogRow) => number,
): LogRow[] {
  const versions = new Map<string, number>();
  const byPseudonym = new Map(people.map((person) => [person.pseudonym, person]));
  let head: ChainHead = GENESIS;
  return rows.map((row, index) => {
    const sequence = index + 1;
    const version = versionOf?.(row) ?? (versions.get(row.stream) ?? 0) + 1;
    versions.set(row.stream, version);
    const payload = row.payload === null ? null : recommitted(row, byPseudonym);
    const commitment = row.salt === null || payload === null ? row.commitment : commitmentOf(row.salt, payload);
    const header = { ...row, sequence, version, commitment };
    const hash = headerHash({ ...header, previousHash: head.hash });
    head = { sequence, hash };
    return { ...header, payload, hash };
  });
}

function recommitted({ type, payload }: LogRow, people: ReadonlyMap<string, PersonRow>): string {
  if (type !== PERSON_RECORDED || payload === null) return payload ?? "null";
  const { pseudonym }: { pseudonym: string } = JSON.parse(payload);
  const person = people.get(pseudonym);
  return person === undefined ? payload : canonicalJson({ pseudonym, commitment: personCommitment(person) });
}

export function bytesOf(file: string): Buffer {
  return readFileSync(file);
}
