import { z } from "zod";

import { canonicalJson } from "../platform/canonical-json.ts";
import { tryJson } from "../platform/try-json.ts";
import { AnchorCheck } from "./anchor-check.ts";
import type { PublicAnchorKey } from "./anchor-key.ts";
import { type ChainHead, commitmentOf, type EventHeader, GENESIS, headerHash } from "./hash-chain.ts";
import type { SignedHead } from "./signed-head.ts";

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
  /** The same, signed: each has to be signed with one of `keys`. */
  readonly signed?: readonly SignedHead[] | undefined;
  /** With them the signatures of the heads that the log itself holds are checked, too. */
  readonly keys?: readonly PublicAnchorKey[] | undefined;
  /** Whether `keys` are all that ever signed: then a head inside the log that is signed with another one is false. */
  readonly areAllKeys?: boolean | undefined;
}

/** Why a log does not hold. */
export type BrokenReason =
  | "sequence"
  | "hash"
  | "version"
  | "payload"
  | "half-redacted"
  | "person"
  | "unrecorded-person"
  | "anchor"
  | "signature"
  | "signed-head"
  | "line"
  | "database";

export type LogVerdict =
  | {
      readonly status: "intact";
      readonly events: number;
      readonly head: ChainHead;
      /** What was deleted and is still committed to. */
      readonly redacted: { readonly payloads: number; readonly people: number };
      /** The newest event up to which something that was noted elsewhere agrees; 0 for none. */
      readonly provenTo: number;
      /** How many heads inside the log are signed with one of the keys. */
      readonly signedInside: number;
    }
  | {
      readonly status: "broken";
      /** The first event that does not fit; the last one when something is missing after it; 0 when an anchor itself is false. */
      readonly sequence: number;
      readonly reason: BrokenReason;
      readonly message: string;
      /** As above: up to there nothing was changed, whatever is wrong after it. */
      readonly provenTo: number;
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

/** Whom an event commits to; undefined for every other event. */
export function recordedPseudonym({ stream, type, payload }: LogRow): string | undefined {
  if (type !== PERSON_RECORDED || stream !== PEOPLE_STREAM || payload === null) return undefined;
  return PersonRecorded.safeParse(tryJson(payload)).data?.pseudonym;
}

/** Reads the rows once, in constant memory but for one number per stream, and stops at the first that does not hold. */
export function verifyLog(log: LogToVerify): LogVerdict {
  const walk = new Walk(log);
  const forged = walk.anchors.forged();
  if (forged !== undefined) return { status: "broken", sequence: 0, provenTo: 0, ...forged };
  for (const row of log.rows) {
    const broken = walk.step(row);
    if (broken === undefined) continue;
    return { status: "broken", sequence: row.sequence, provenTo: walk.anchors.provenTo, ...broken };
  }
  return walk.end();
}

type Finding = { readonly reason: BrokenReason; readonly message: string } | undefined;

class Walk {
  readonly anchors: AnchorCheck;
  #head: ChainHead;
  #events = 0;
  #redactedPayloads = 0;
  #redactedPeople = 0;
  readonly #isPart: boolean;
  readonly #versions = new Map<string, number>();
  readonly #people: Map<string, PersonRow> | undefined;

  constructor({ after = GENESIS, people, anchors = [], signed = [], keys = [], areAllKeys = false }: LogToVerify) {
    this.#head = after;
    this.#isPart = after.sequence !== GENESIS.sequence;
    this.#people = people && new Map(Array.from(people, (person) => [person.pseudonym, person]));
    this.anchors = new AnchorCheck({ heads: anchors, signed, keys, areAllKeys });
  }

  step(row: LogRow): Finding {
    const finding =
      this.#checkLink(row) ?? this.#checkVersion(row) ?? this.#checkPayload(row) ?? this.anchors.at(row, this.#head);
    if (finding !== undefined) return finding;
    this.#head = { sequence: row.sequence, hash: row.hash };
    this.#events += 1;
    return undefined;
  }

  end(): LogVerdict {
    const missing = this.anchors.missingAfter(this.#head.sequence);
    const unrecorded = this.#people?.keys().next().value;
    const { provenTo, signedInside } = this.anchors;
    const end = { status: "broken", sequence: this.#head.sequence, provenTo } as const;
    if (missing !== undefined) {
      return { ...end, reason: "anchor", message: `the log ends before event ${missing}, which was anchored` };
    }
    if (unrecorded !== undefined) {
      return { ...end, reason: "unrecorded-person", message: `no event records the person ${unrecorded}` };
    }
    const redacted = { payloads: this.#redactedPayloads, people: this.#redactedPeople };
    return { status: "intact", events: this.#events, head: this.#head, redacted, provenTo, signedInside };
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
    const recorded = PersonRecorded.safeParse(tryJson(payload)).data;
    if (recorded === undefined)
      return { reason: "person", message: "it does not record a person as this program does" };
    const { pseudonym, commitment } = recorded;
    const person = this.#people.get(pseudonym);
    this.#people.delete(pseudonym);
    if (person === undefined) this.#redactedPeople += 1;
    if (person === undefined || personCommitment(person) === commitment) return undefined;
    return { reason: "person", message: `${pseudonym} is not the person that was recorded` };
  }
}
