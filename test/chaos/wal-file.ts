const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/** What a write-ahead log of SQLite holds that counts, by its file format: frames after its header that carry its two salts. */
export interface WalContent {
  /** Grows with each time that the log begins anew; two logs with other salts have nothing in common. */
  readonly salts: string;
  readonly pageBytes: number;
  /** Where the last commit ends; the header alone when there is none. */
  readonly endsAt: number;
  readonly commits: number;
}

export function readWal(file: Buffer): WalContent {
  if (file.length < HEADER_BYTES) return { salts: "", pageBytes: 0, endsAt: 0, commits: 0 };
  const pageBytes = file.readUInt32BE(8);
  const salts = file.toString("hex", 16, 24);
  let [endsAt, commits] = [HEADER_BYTES, 0];
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  for (let at = HEADER_BYTES; at + frameBytes <= file.length; at += frameBytes) {
    if (file.toString("hex", at + 8, at + 16) !== salts) break;
    const isCommit = file.readUInt32BE(at + 4) !== 0;
    if (isCommit) [endsAt, commits] = [at + frameBytes, commits + 1];
  }
  return { salts, pageBytes, endsAt, commits };
}
