import { z } from "zod";

import { canonicalJson } from "../platform/canonical-json.ts";
import { type ChainHead, commitmentOf, type EventHeader, GENESIS, headerHash } from "./hash-chain.ts";

/** One event as it is stored. */
export interface LogRow extends Omit<EventHeader, "previousHash"> {
  readonly hash: string;
  /** `null` together with `payload`, when the payload was redacted. */
  readonly salt: string | null;
  /** Canonical JSON. */
  readonly payload: string | null;
}

/** One person as stored beside the log. A redacted person has no row. */
export interface PersonRow {
  readonly pseudonym: string;
  readonly team: string;
  readonly user: string;
  readonly salt: string;
}

export interface LogToVerify {
  /** Oldest first, without gaps. */
  readonly rows: Iterable<LogRow>;
  /** The event before the first row; `GENESIS` unless only a part of the log is verified. */
  readonly after?: ChainHead | undefined;
  /** Everybody that the people table holds; leave it out to verify a part of the log. */
  readonly people?: Iterable<PersonRow> | undefined;
  /** Heads that were noted earlier, elsewhere: they reveal a tail that was cut off and a log that was rewritten as a whole. */
  readonly anchors?: readonly ChainHead[] | undefined;
}

/** Why a log does not hold. */
type BrokenReason =
  | "sequence"
  | "hash"
  | "version"
  | "payload"
  | "half-redacted"
  | "person"
  | "unrecorded-person"
  | "anchor";

export type LogVerdict =
  | {
      readonly status: "intact";
      readonly events: number;
      readonly head: ChainHead;
      /** What was deleted and is still committed to. */
      readonly redacted: { readonly payloads: number; readonly people: number };
    }
  | {
      readonly status: "broken";
      /** The first event that does not fit; the last one when something is missing after it. */
      readonly sequence: number;
      readonly reason: BrokenReason;
      readonly message: string;
    };

/** The stream and the type of the events that commit to people. */
export const PEOPLE_STREAM = "people";
export const PERSON_RECORDED = "person.recorded";

/** The payload of `person.recorded`. */
const PersonRecorded = z.strictObject({ pseudonym: z.string(), commitment: z.string() });

/** What `person.recorded` commits to: the person's place in Slack, which stands in the people table only. */
export function personCommitment({ team, user, salt }: Omit<PersonRow, "pseudonym">): string {
  return commitmentOf(salt, canonicalJson({ team, user }));
}

/** Reads the rows once, in constant memory but for one number per stream, and stops at the first that does not hold. */
export function verifyLog(log: LogToVerify): LogVerdict {
  const walk = new Walk(log);
  for (const row of log.rows) {
    const broken = walk.step(row);
    if (broken !== undefined) return { status: "broken", sequence: row.sequence, ...broken };
  }
  return walk.end();
}

type Finding = { readonly reason: BrokenReason; readonly message: string } | undefined;

class Walk {
  #head: ChainHead;
  #events = 0;
  #redactedPayloads = 0;
  #redactedPeople = 0;
  readonly #isPart: boolean;
  readonly #versions = new Map<string, number>();
  readonly #people: Map<string, PersonRow> | undefined;
  readonly #anchors: Map<number, string>;

  constructor({ after = GENESIS, people, anchors = [] }: LogToVerify) {
    this.#head = after;
    this.#isPart = after.sequence !== GENESIS.sequence;
    this.#people = people && new Map(Array.from(people, (person) => [person.pseudonym, person]));
    this.#anchors = new Map(anchors.map((anchor) => [anchor.sequence, anchor.hash]));
  }

  step(row: LogRow): Finding {
    const finding =
      this.#checkLink(row) ?? this.#checkVersion(row) ?? this.#checkPayload(row) ?? this.#checkAnchor(row);
    if (finding !== undefined) return finding;
    this.#head = { sequence: row.sequence, hash: row.hash };
    this.#events += 1;
    return undefined;
  }

  end(): LogVerdict {
    const missing = [...this.#anchors.keys()].find((sequence) => sequence > this.#head.sequence);
    const unrecorded = this.#people?.keys().next().value;
    const end = { status: "broken", sequence: this.#head.sequence } as const;
    if (missing !== undefined) {
      return { ...end, reason: "anchor", message: `the log ends before event ${missing}, which was anchored` };
    }
    if (unrecorded !== undefined) {
      return { ...end, reason: "unrecorded-person", message: `no event records the person ${unrecorded}` };
    }
    const redacted = { payloads: this.#redactedPayloads, people: this.#redactedPeople };
    return { status: "intact", events: this.#events, head: this.#head, redacted };
  }

  #checkLink(row: LogRow): Finding {
    const expected = this.#head.sequence + 1;
    if (row.sequence !== expected) {
      return { reason: "sequence", message: `event ${expected} is missing: ${row.sequence} follows ${expected - 1}` };
    }
    if (headerHash({ ...row, previousHash: this.#head.hash }) === row.hash) return undefined;
    return { reason: "hash", message: "the header does not match its hash, or the event before it was changed" };
  }

  #checkVersion(row: LogRow): Finding {
    const last = this.#versions.get(row.stream);
    this.#versions.set(row.stream, row.version);
    // The first event of a stream that is met in the middle of a log may have any version.
    if (last === undefined && this.#isPart) return undefined;
    const expected = (last ?? 0) + 1;
    if (row.version === expected) return undefined;
    return { reason: "version", message: `this is version ${row.version} of ${row.stream}, where ${expected} belongs` };
  }

  #checkPayload(row: LogRow): Finding {
    if (row.payload === null && row.salt === null) {
      this.#redactedPayloads += 1;
      return undefined;
    }
    if (row.payload === null || row.salt === null) {
      return {
        reason: "half-redacted",
        message: "a redacted event has neither payload nor salt, this one has one of them",
      };
    }
    if (commitmentOf(row.salt, row.payload) !== row.commitment) {
      return { reason: "payload", message: "the payload is not the one that the event commits to" };
    }
    return row.type === PERSON_RECORDED && row.stream === PEOPLE_STREAM ? this.#checkPerson(row.payload) : undefined;
  }

  #checkPerson(payload: string): Finding {
    if (this.#people === undefined) return undefined;
    const { pseudonym, commitment } = PersonRecorded.parse(JSON.parse(payload));
    const person = this.#people.get(pseudonym);
    this.#people.delete(pseudonym);
    if (person === undefined) this.#redactedPeople += 1;
    if (person === undefined || personCommitment(person) === commitment) return undefined;
    return { reason: "person", message: `${pseudonym} is not the person that was recorded` };
  }

  #checkAnchor(row: LogRow): Finding {
    const anchored = this.#anchors.get(row.sequence);
    if (anchored === undefined || anchored === row.hash) return undefined;
    return { reason: "anchor", message: "this is not the event that was anchored: the log was rewritten" };
  }
}
