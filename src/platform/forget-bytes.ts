/**
 * Gives the memory of bytes back now, and not when V8 comes to it, which for bytes outside of its heap is after 64 MiB. They are
 * empty afterwards; those that share their memory with others are left alone.
 */
export function forget(bytes: Buffer): void {
  const { buffer } = bytes;
  if (bytes.length > 0 && bytes.length === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
