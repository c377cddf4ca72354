import { hash } from "node:crypto";

/**
 * What the chain covers of one event. The payload is not in it, only a commitment to it, so that a payload can be deleted
 * and everything around it still verifies.
 */
export interface EventHeader {
  /** 1 for the first event of the log, without gaps. */
  readonly sequence: number;
  /** The `hash` of the event before it; `GENESIS.hash` for the first. */
  readonly previousHash: string;
  /** Milliseconds since the epoch, as the clock said then: it may go back, `sequence` does not. */
  readonly at: number;
  readonly stream: string;
  /** 1 for the first event of its stream, without gaps. */
  readonly version: number;
  readonly type: string;
  /** A pseudonym; empty when no person did it. */
  readonly actor: string;
  /** `commitmentOf` the payload. */
  readonly commitment: string;
}

/** The newest event of a log, or of a part of it: whoever knows it notices every change before it. */
export interface ChainHead {
  readonly sequence: number;
  readonly hash: string;
}

/** The head of an empty log. */
export const GENESIS: ChainHead = { sequence: 0, hash: "0".repeat(64) };

/** SHA-256 of the header's canonical JSON, in lower-case hexadecimal. */
export function headerHash(header: EventHeader): string {
  return hash("sha256", headerText(header), "hex");
}

/**
 * SHA-256 of the salt, as its 32 hexadecimal digits, followed by the canonical JSON of what is committed to.
 * Without the salt nobody can find out by guessing what was committed to.
 */
export function commitmentOf(salt: string, canonical: string): string {
  return hash("sha256", salt + canonical, "hex");
}

// Canonical JSON, as the keys stand in order here: this runs for every event that is appended or verified.
function headerText(header: EventHeader): string {
  const { actor, at, commitment, previousHash, sequence, stream, type, version } = header;
  return JSON.stringify({ actor, at, commitment, previousHash, sequence, stream, type, version });
}
