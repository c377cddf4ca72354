import { hash } from "node:crypto";

import type { LogRow } from "./truth.ts";
import type { Report } from "./violation.ts";

const CHECK = "chain";
// Primes, so that in the end every part of the log is looked at again.
const REREAD_EVERY = 7;
const REREAD_STRIDE = 31;
const MOST_AT_THE_END = 50;

interface Deps {
  readonly report: Report;
  /** The application's clock now; times of rows are not judged without it. */
  readonly appNow: (() => number) | undefined;
  /** Reads a row that was seen before once more. */
  readonly reread: ((sequence: number) => LogRow | undefined) | undefined;
}

// A turn's time is taken when it begins, and its commit may wait for others.
const COMMIT_WITHIN_MS = 60_000;

/** Follows the chain with hashes of its own, and looks again at what it has seen before. */
export class ChainCheck {
  readonly #deps: Deps;
  readonly #rows: LogRow[] = [];
  readonly #versions = new Map<string, number>();
  #looks = 0;
  /** The clock at the commit before. */
  #lastNow: number | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  add(row: LogRow): void {
    const expected = this.#rows.length + 1;
    if (row.sequence !== expected) this.#broken(row, `row ${row.sequence} stands where row ${expected} belongs`);
    const previousHash = this.#rows.at(-1)?.hash ?? "0".repeat(64);
    const { actor, at, commitment, sequence, stream, type, version } = row;
    const header = JSON.stringify({ actor, at, commitment, previousHash, sequence, stream, type, version });
    if (hash("sha256", header, "hex") !== row.hash) this.#broken(row, "the header does not match its hash");
    this.#checkPayload(row);
    this.#checkVersion(row);
    this.#checkTime(row);
    this.#rows.push(row);
  }

  /** Once for each commit: now and then an old row is read again. */
  lookAgain(): void {
    const { reread, appNow } = this.#deps;
    if (appNow !== undefined) this.#lastNow = appNow();
    this.#looks += 1;
    if (reread === undefined || this.#looks % REREAD_EVERY !== 0 || this.#rows.length === 0) return;
    this.#reread(((this.#looks * REREAD_STRIDE) % this.#rows.length) + 1);
  }

  /** Rows from all over the log once more, and none after the last. */
  atEnd(): void {
    const { reread } = this.#deps;
    if (reread === undefined) return;
    const { length } = this.#rows;
    const stride = Math.max(1, Math.floor(length / MOST_AT_THE_END));
    for (let sequence = length; sequence >= 1; sequence -= stride) this.#reread(sequence);
    const extra = reread(length + 1);
    if (extra !== undefined) this.#broken(extra, "it was appended without being shown to the checker");
  }

  #reread(sequence: number): void {
    const [row, before] = [this.#deps.reread?.(sequence), this.#rows[sequence - 1]];
    const what =
      row === undefined ? `row ${sequence} is gone` : `row ${sequence} is another one than when it was written`;
    const isSame = row !== undefined && before !== undefined && isUnchanged(before, row);
    if (!isSame) this.#deps.report({ check: CHECK, what: `The log was changed: ${what}.` });
  }

  #checkPayload(row: LogRow): void {
    if (!payloadFits(row)) this.#broken(row, "the payload is not the one that the header commits to");
  }

  #checkVersion(row: LogRow): void {
    const expected = (this.#versions.get(row.stream) ?? 0) + 1;
    this.#versions.set(row.stream, row.version);
    if (row.version !== expected) this.#broken(row, `version ${row.version} stands where ${expected} belongs`);
  }

  #checkTime(row: LogRow): void {
    const now = this.#deps.appNow?.();
    if (now === undefined) return;
    // The clock may have been set back, or forward, since the event before.
    const before = this.#lastNow ?? now;
    const earliest = Math.min(now, before) - COMMIT_WITHIN_MS;
    const latest = Math.max(now, before);
    if (row.at > latest || row.at < earliest) this.#broken(row, `its time ${row.at} is not that of the clock (${now})`);
  }

  #broken({ sequence, stream, type }: LogRow, why: string): void {
    this.#deps.report({ check: CHECK, what: `The log does not hold at row ${sequence} (${stream} ${type}): ${why}.` });
  }
}

function payloadFits({ salt, payload, commitment }: LogRow): boolean {
  if (salt === null || payload === null) return salt === payload;
  return hash("sha256", salt + payload, "hex") === commitment;
}

/** The same in every column, but for a payload that was deleted with its salt. */
function isUnchanged(before: LogRow, now: LogRow): boolean {
  const isDeleted = now.salt === null && now.payload === null;
  return (
    before.sequence === now.sequence &&
    before.at === now.at &&
    before.stream === now.stream &&
    before.version === now.version &&
    before.type === now.type &&
    before.actor === now.actor &&
    before.commitment === now.commitment &&
    before.hash === now.hash &&
    (isDeleted || (before.salt === now.salt && before.payload === now.payload))
  );
}
