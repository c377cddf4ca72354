import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";

import { AppError } from "../platform/errors.ts";

/** A key with which files are sealed; its id stands in what it sealed, so that it can be replaced. */
export interface SealKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

type Bytes = AsyncIterable<Uint8Array>;

// A file is a header (format, key id, salt) and frames. Each frame is AES-256-GCM under a key of this file alone; its nonce is its
// number and whether it is the last, so that frames can neither be cut off, nor swapped, nor taken from another file.
const FORMAT = Buffer.from("QDSEAL1\n");
const KEY_ID_BYTES = 12;
const SALT_BYTES = 32;
const HEADER_BYTES = FORMAT.length + KEY_ID_BYTES + SALT_BYTES;
const FRAME_BYTES = 64 * 1024;
const TAG_BYTES = 16;

/** Seals what it is given, in memory for one frame. */
export async function* sealFrames(content: Bytes, { key, salt }: { key: SealKey; salt: Uint8Array }): Bytes {
  const header = Buffer.concat([FORMAT, Buffer.from(key.id.padEnd(KEY_ID_BYTES)), salt]);
  const fileKey = keyOf(key, header);
  yield header;
  let number = 0;
  for await (const { frame, isLast } of frames(content, FRAME_BYTES)) {
    const cipher = createCipheriv("aes-256-gcm", fileKey, nonceOf(number, isLast));
    cipher.setAAD(header);
    yield Buffer.concat([cipher.update(frame), cipher.final(), cipher.getAuthTag()]);
    number += 1;
  }
}

/** Opens what `sealFrames` made. Throws `seal.unreadable` for anything else, and for what was sealed with a key that is not among `keys`. */
export async function* openFrames(sealed: Bytes, keys: readonly SealKey[]): Bytes {
  let header: Buffer | undefined;
  let fileKey: Buffer | undefined;
  let number = 0;
  for await (const { frame, isLast } of frames(sealed, FRAME_BYTES + TAG_BYTES, HEADER_BYTES)) {
    if (header === undefined || fileKey === undefined) {
      header = frame;
      fileKey = keyOf(keyFor(header, keys), header);
      if (isLast) throw unreadable("it ends after its beginning");
      continue;
    }
    yield openFrame({ frame, header, fileKey, nonce: nonceOf(number, isLast) });
    number += 1;
  }
}

function openFrame(sealed: { frame: Buffer; header: Buffer; fileKey: Buffer; nonce: Buffer }): Buffer {
  const { frame, header, fileKey, nonce } = sealed;
  if (frame.length < TAG_BYTES) throw unreadable("its end is missing");
  const decipher = createDecipheriv("aes-256-gcm", fileKey, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(header);
  decipher.setAuthTag(frame.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(frame.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch (error) {
    throw unreadable("it was changed or cut", error);
  }
}

function keyFor(header: Buffer, keys: readonly SealKey[]): SealKey {
  if (header.length !== HEADER_BYTES || !header.subarray(0, FORMAT.length).equals(FORMAT)) {
    throw unreadable("it is no sealed file");
  }
  const id = header.toString("latin1", FORMAT.length, FORMAT.length + KEY_ID_BYTES).trimEnd();
  const key = keys.find((each) => each.id === id);
  if (key === undefined) throw unreadable(`it was sealed under another QUARTERDECK_SECRET (key ${JSON.stringify(id)})`);
  return key;
}

function keyOf(key: SealKey, header: Buffer): Buffer {
  const salt = header.subarray(HEADER_BYTES - SALT_BYTES);
  return Buffer.from(hkdfSync("sha256", key.bytes, salt, "file", 32));
}

function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(number, 7);
  nonce.writeUInt8(isLast ? 1 : 0, 11);
  return nonce;
}

/** The content in pieces of exactly `size` bytes, the last one of what is left, and before them one of `first` bytes. There is always a last one. */
async function* frames(
  content: Bytes,
  size: number,
  first = size,
): AsyncIterable<{ readonly frame: Buffer; readonly isLast: boolean }> {
  let wanted = first;
  let held: Buffer[] = [];
  let length = 0;
  for await (const chunk of content) {
    held.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    length += chunk.byteLength;
    // Only what is followed by something is known not to be the last.
    while (length > wanted) {
      const all = Buffer.concat(held);
      yield { frame: all.subarray(0, wanted), isLast: false };
      held = [all.subarray(wanted)];
      length -= wanted;
      wanted = size;
    }
  }
  yield { frame: Buffer.concat(held), isLast: true };
}

function unreadable(why: string, cause?: unknown): AppError {
  return new AppError(`A sealed file cannot be read: ${why}.`, { code: "seal.unreadable", cause });
}
