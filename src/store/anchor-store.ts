import type { Statement } from "better-sqlite3";

import { ANCHOR_SIGNED, ANCHORS_STREAM } from "../audit/anchor-check.ts";
import {
  ANCHOR_FACTS,
  ANCHOR_WRITTEN,
  type AnchorLog,
  type AnchorWritten,
  type KnownAnchors,
  knownAnchors,
} from "../audit/anchor-log.ts";
import type { ChainHead } from "../audit/hash-chain.ts";
import type { SignedHead } from "../audit/signed-head.ts";
import type { LogRow } from "../audit/verify-log.ts";
import type { LogDatabase } from "./database.ts";
import type { LogReader } from "./log-reader.ts";
import type { LogWriter } from "./log-writer.ts";
import type { EventSealer } from "./sealed-event.ts";
import { MESSAGES_STREAM } from "./slot-store.ts";

export interface AnchorStoreDeps {
  readonly database: LogDatabase;
  readonly writer: LogWriter;
  readonly reader: LogReader;
  readonly sealer: EventSealer;
}

/** Slots that begin so are messages about anchors: sending them is no news that would have to be anchored. */
export const ANCHOR_SLOTS = "server/anchors/";
// Among so many events one is not about anchors, unless there is nothing else.
const MOST_OWN = 200;

/** The anchors in the log. */
export class SqliteAnchorStore implements AnchorLog {
  readonly #deps: AnchorStoreDeps;
  readonly #newest: Statement<[], number>;
  readonly #first: Statement<[], string>;
  readonly #after: Statement<[number, number], Pick<LogRow, "stream" | "payload">>;

  constructor(deps: AnchorStoreDeps) {
    this.#deps = deps;
    const { sqlite } = deps.database;
    this.#newest = sqlite.prepare<[], number>("SELECT coalesce(max(sequence), 0) FROM events").pluck();
    this.#first = sqlite.prepare<[], string>("SELECT hash FROM events WHERE sequence = 1").pluck();
    this.#after = sqlite.prepare("SELECT stream, payload FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?");
  }

  get newestSequence(): number {
    return this.#newest.get() ?? 0;
  }

  known(): KnownAnchors {
    return knownAnchors(this.#deps.reader.newest(ANCHORS_STREAM, ANCHOR_FACTS));
  }

  hasNewsAfter(sequence: number): boolean {
    const rows = this.#after.all(sequence, MOST_OWN);
    return rows.length === MOST_OWN || rows.some((row) => !isAboutAnchors(row));
  }

  async sign(sign: (head: ChainHead & { readonly log: string }) => SignedHead): Promise<SignedHead | undefined> {
    const { sealer, writer } = this.#deps;
    return await writer.transact((log) => {
      const first = this.#first.get();
      if (first === undefined) return undefined;
      const signed = sign({ ...log.head, log: first });
      log.append(ANCHORS_STREAM, -1, [sealer.seal({ type: ANCHOR_SIGNED, ...signed })]);
      return signed;
    });
  }

  async noteWritten(written: AnchorWritten, atMs: number): Promise<void> {
    const { sealer, writer } = this.#deps;
    const sealed = sealer.seal({ type: ANCHOR_WRITTEN, at: atMs, ...written });
    await writer.transact((log) => void log.append(ANCHORS_STREAM, -1, [sealed]));
  }
}

function isAboutAnchors({ stream, payload }: Pick<LogRow, "stream" | "payload">): boolean {
  return (
    stream === ANCHORS_STREAM || (stream === MESSAGES_STREAM && (payload ?? "").includes(`"slot":"${ANCHOR_SLOTS}`))
  );
}
