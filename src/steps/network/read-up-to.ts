const FIRST_BYTES = 16 * 1024;

/**
 * At most `limit` bytes of a body. They are copied: a chunk of one byte would otherwise keep alive the whole buffer that it was read
 * into. Leaving it early ends the body.
 */
export async function readUpTo(
  body: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<{ readonly body: Uint8Array; readonly isCut: boolean }> {
  let read = Buffer.alloc(Math.min(limit, FIRST_BYTES));
  let length = 0;
  for await (const chunk of body) {
    const taken = Math.min(chunk.length, limit - length);
    if (length + taken > read.length) read = grown(read, Math.min(limit, Math.max(length + taken, read.length * 2)));
    read.set(chunk.subarray(0, taken), length);
    length += taken;
    if (taken < chunk.length) return { body: read.subarray(0, length), isCut: true };
  }
  return { body: read.subarray(0, length), isCut: false };
}

function grown(read: Buffer<ArrayBuffer>, bytes: number): Buffer<ArrayBuffer> {
  const larger = Buffer.alloc(bytes);
  larger.set(read);
  return larger;
}
