import type { Statement } from "better-sqlite3";

import { type ChainHead, headerHash } from "../audit/hash-chain.ts";
import { AppError } from "../platform/errors.ts";
import type { LogDatabase } from "./database.ts";
import type { SealedEvent } from "./sealed-event.ts";

/** Events to be appended to one stream; -1 as `expectedVersion` appends at its end, whatever it is. */
interface Addition {
  readonly stream: string;
  readonly expectedVersion: number;
  readonly events: readonly SealedEvent[];
}

const MOST_VERSIONS = 1000;

/** The streams of the log, as far as one has to know them to append to them. */
export class LogStreams {
  readonly #insert: Statement<[number, number, string, number, string, string, string, string, string, string]>;
  readonly #version: Statement<[string], { version: number }>;
  /** Of streams that were written lately. */
  readonly #versions = new Map<string, number>();

  constructor({ sqlite }: LogDatabase) {
    this.#insert = sqlite.prepare(
      `INSERT INTO events (sequence, at, stream, version, type, actor, commitment, hash, salt, payload)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#version = sqlite.prepare("SELECT version FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1");
  }

  /**
   * Inside a transaction: chains the events to the newest one of the log, and returns what is the newest then.
   * Throws `store.conflict` when the stream has another version.
   */
  append(newest: ChainHead, { stream, expectedVersion, events }: Addition): ChainHead {
    const last = this.#versions.get(stream) ?? this.#version.get(stream)?.version ?? 0;
    if (expectedVersion !== -1 && expectedVersion !== last) throw conflict({ stream, expectedVersion, last });
    let head = newest;
    let version = last;
    for (const { type, at, actor, payload, salt, commitment } of events) {
      version += 1;
      const sequence = head.sequence + 1;
      const hash = headerHash({ sequence, previousHash: head.hash, at, stream, version, type, actor, commitment });
      this.#insert.run(sequence, at, stream, version, type, actor, commitment, hash, salt, payload);
      head = { sequence, hash };
    }
    if (this.#versions.size >= MOST_VERSIONS) this.#versions.clear();
    this.#versions.set(stream, version);
    return head;
  }

  /** What was appended in a transaction that was rolled back is not there. */
  forget(): void {
    this.#versions.clear();
  }
}

function conflict(details: {
  readonly stream: string;
  readonly expectedVersion: number;
  readonly last: number;
}): AppError {
  const { stream, expectedVersion, last } = details;
  return new AppError(
    `${stream} has ${last} events, not ${expectedVersion}: something else happened to it; look again`,
    {
      code: "store.conflict",
      retry: "backoff",
      details,
    },
  );
}
