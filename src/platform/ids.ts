import { randomBytes } from "node:crypto";

/** Makes identifiers and random bytes; the only source of randomness. */
export interface Random {
  /** `length` unpredictable bytes. */
  bytes(length: number): Buffer;
  /** A number from 0 (included) to 1 (excluded), for jitter. */
  fraction(): number;
}

// Asking the machine takes about as long for a page of bytes as for the few of an id.
const POOL_BYTES = 4096;
const MOST_POOLED_BYTES = 64;

/** The machine's cryptographic randomness. */
export const systemRandom: Random = createSystemRandom();

function createSystemRandom(): Random {
  let pool = Buffer.alloc(0);
  // Every byte is given out once, and a pool is never filled again.
  const bytes = (length: number): Buffer => {
    if (length > MOST_POOLED_BYTES) return randomBytes(length);
    if (pool.length < length) pool = randomBytes(POOL_BYTES);
    const taken = pool.subarray(0, length);
    pool = pool.subarray(length);
    return taken;
  };
  return { bytes, fraction: () => bytes(4).readUInt32BE() / 2 ** 32 };
}

// Crockford's base 32: no I, L, O or U, so that an id can be read aloud.
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A sortable id such as `run_01JD2K6W3V8QZ7E4M5N6P7R8S9`: 10 characters of time, 16 of randomness. */
export function newId(prefix: string, nowMs: number, random: Random): string {
  let time = "";
  for (let rest = nowMs, digit = 0; digit < 10; digit += 1, rest = Math.floor(rest / 32)) {
    time = (ALPHABET[rest % 32] ?? "0") + time;
  }
  const tail = Array.from(random.bytes(16), (byte) => ALPHABET[byte % 32]).join("");
  return `${prefix}_${time}${tail}`;
}

/** What people see of an id: its prefix and last four characters, `run_R8S9`. Unique enough for a channel, never used as a key. */
export function shortId(id: string): string {
  return `${id.slice(0, id.indexOf("_"))}_${id.slice(-4)}`;
}
