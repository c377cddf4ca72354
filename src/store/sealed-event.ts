import { commitmentOf } from "../audit/hash-chain.ts";
import { canonicalJson } from "../platform/canonical-json.ts";
import type { Random } from "../platform/ids.ts";
import type { SecretMask } from "../platform/masking.ts";

/** An event whose payload is written out and committed to; what is left is its place in the chain. */
export interface SealedEvent {
  readonly type: string;
  readonly at: number;
  /** A pseudonym, or empty. */
  readonly actor: string;
  readonly payload: string;
  readonly salt: string;
  readonly commitment: string;
}

/** An event as it is appended: everything but `type`, `at` and `actor` is its payload. */
export interface UnsealedEvent {
  readonly type: string;
  readonly at: number;
  readonly actor?: string | undefined;
  readonly [member: string]: unknown;
}

const SALT_BYTES = 16;
const BLOCK_BYTES = 256 * SALT_BYTES;

/** Seals events; takes its salts out of blocks of randomness, because asking for each one costs more than hashing with it. */
export class EventSealer {
  readonly #random: Random;
  readonly #mask: Pick<SecretMask, "text"> | undefined;
  #block: Buffer = Buffer.alloc(0);
  #used = 0;

  constructor(deps: { readonly random: Random; readonly mask?: Pick<SecretMask, "text"> | undefined }) {
    this.#random = deps.random;
    this.#mask = deps.mask;
  }

  /** Throws a TypeError for what JSON cannot carry. */
  seal(event: UnsealedEvent): SealedEvent {
    const { type, at, actor = "", ...members } = event;
    const canonical = canonicalJson(members);
    // Wherever it comes from: what is in the log stays in it.
    const payload = this.#mask?.text(canonical) ?? canonical;
    const salt = this.salt();
    return { type, at, actor, payload, salt, commitment: commitmentOf(salt, payload) };
  }

  /** 32 unpredictable hexadecimal digits. */
  salt(): string {
    if (this.#used >= this.#block.length) {
      this.#block = this.#random.bytes(BLOCK_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += SALT_BYTES;
    return this.#block.toString("hex", start, this.#used);
  }
}
