import type { PublicAnchorKey } from "./anchor-key.ts";
import type { ChainHead } from "./hash-chain.ts";
import { type SignedHead, signatureProblem, trySignedHead } from "./signed-head.ts";
import type { BrokenReason, LogRow } from "./verify-log.ts";

/** The stream of what was signed and where it was put, and the type of the events that hold a signed head. */
export const ANCHORS_STREAM = "anchors";
export const ANCHOR_SIGNED = "anchor.signed";

export interface AnchorsToCheck {
  /** Heads that were noted elsewhere without a signature. */
  readonly heads: readonly ChainHead[];
  /** Anchors that were kept elsewhere. */
  readonly signed: readonly SignedHead[];
  readonly keys: readonly PublicAnchorKey[];
  /** Whether they are all that ever signed. */
  readonly areAllKeys: boolean;
}

type Finding = { readonly reason: BrokenReason; readonly message: string } | undefined;

/** What is compared with a log while it is read: what was noted of it elsewhere, and the heads that it holds itself. */
export class AnchorCheck {
  readonly #anchors: AnchorsToCheck;
  readonly #bySequence: ReadonlyMap<number, readonly ChainHead[]>;
  #provenTo = 0;
  #signedInside = 0;

  constructor(anchors: AnchorsToCheck) {
    this.#anchors = anchors;
    this.#bySequence = Map.groupBy([...anchors.heads, ...anchors.signed], ({ sequence }) => sequence);
  }

  /** The newest event of which something that was noted elsewhere says that it is as it was; 0 for none. */
  get provenTo(): number {
    return this.#provenTo;
  }

  /** How many heads inside the log are signed with one of the keys. */
  get signedInside(): number {
    return this.#signedInside;
  }

  /** What is wrong with the anchors themselves, before the log is looked at. */
  forged(): Finding {
    for (const head of this.#anchors.signed) {
      const problem = signatureProblem(head, this.#anchors.keys);
      if (problem !== undefined) {
        return {
          reason: "signature",
          message: `the anchor of event ${head.sequence} is not to be believed: ${problem}`,
        };
      }
    }
    return undefined;
  }

  /** Looks at one event, after its own hash was found right. */
  at(row: LogRow, before: ChainHead): Finding {
    return this.#otherLog(row) ?? this.#rewritten(row) ?? this.#inside(row, before);
  }

  /** The lowest event that was noted and is not there any more. */
  missingAfter(sequence: number): number | undefined {
    const missing = [...this.#bySequence.keys()].filter((each) => each > sequence);
    return missing.length === 0 ? undefined : Math.min(...missing);
  }

  #otherLog(row: LogRow): Finding {
    if (row.sequence !== 1) return undefined;
    const other = this.#anchors.signed.find(({ log }) => log !== row.hash);
    if (other === undefined) return undefined;
    const message = `the anchor of event ${other.sequence} is of a log with another first event: this one was written anew as a whole, or the anchor belongs to another log`;
    return { reason: "anchor", message };
  }

  #rewritten({ sequence, hash }: LogRow): Finding {
    const noted = this.#bySequence.get(sequence);
    if (noted === undefined) return undefined;
    if (noted.some((head) => head.hash !== hash)) {
      const message = `this is not the event that was anchored: something between event ${this.#provenTo + 1} and this one was written anew`;
      return { reason: "anchor", message };
    }
    this.#provenTo = sequence;
    return undefined;
  }

  /** A signed head stands right after the event that it is of. */
  #inside(row: LogRow, before: ChainHead): Finding {
    if (row.stream !== ANCHORS_STREAM || row.type !== ANCHOR_SIGNED || row.payload === null) return undefined;
    const head = trySignedHead(row);
    if (head === undefined || head.sequence !== before.sequence || head.hash !== before.hash) {
      return { reason: "signed-head", message: "the signed head in it is not that of the event before it" };
    }
    const { keys, areAllKeys } = this.#anchors;
    // A key of earlier may be gone from the secret, though not from those who were given it.
    if (!areAllKeys && keys.every(({ id }) => id !== head.key)) return undefined;
    const problem = signatureProblem(head, keys);
    if (problem !== undefined) return { reason: "signature", message: `it holds a signed head, and ${problem}` };
    this.#signedInside += 1;
    return undefined;
  }
}
