import type { LogFiles } from "./power-cuts.ts";
import type { Album, Snapshot } from "./store-under-load.ts";

/** A state of the files in which a machine without power may leave them, or in which it may not. */
export interface Cut {
  readonly files: LogFiles;
  /** What had been acknowledged before the power went. */
  readonly head: Snapshot["head"];
}

export interface CutKind {
  readonly says: string;
  /** Whether a disk that keeps what it was told to keep can leave this behind. */
  readonly isPossible: boolean;
  readonly make: (album: Album, fractions: () => number) => Cut | undefined;
}

const SECTOR_BYTES = 512;
const DB = "quarterdeck.db";
const WAL = "quarterdeck.db-wal";
const SHM = "quarterdeck.db-shm";

/**
 * SQLite with `synchronous=FULL` has the disk keep each commit before it returns: what is still on its way when the power goes is
 * what was never acknowledged. So sectors of that may be there or not, in any order; what is before it is there.
 */
export const CUTS: readonly CutKind[] = [
  {
    says: "WAL cut within what nobody was told of",
    isPossible: true,
    make: (album, dice) => afterAck(album, dice, cutOff),
  },
  {
    says: "WAL with sectors missing there, in any order",
    isPossible: true,
    make: (album, dice) => afterAck(album, dice, loseSectors),
  },
  {
    says: "WAL with zeros from somewhere there",
    isPossible: true,
    make: (album, dice) => afterAck(album, dice, zeroTail),
  },
  { says: "index of the WAL (-shm) lost, or an older one", isPossible: true, make: otherIndex },
  { says: "in the middle of copying the WAL into the database", isPossible: true, make: withinCheckpoint },
  { says: "while the WAL begins anew after that", isPossible: true, make: newGeneration },
  {
    says: "WAL cut before what was acknowledged",
    isPossible: false,
    make: (album, dice) => beforeAck(album, dice, cutOff),
  },
  {
    says: "WAL with zeros from somewhere before that",
    isPossible: false,
    make: (album, dice) => beforeAck(album, dice, zeroTail),
  },
  {
    says: "WAL lost as a whole",
    isPossible: false,
    make: (album, dice) => changed(any(album, dice), { [WAL]: Buffer.alloc(0) }),
  },
  { says: "an older WAL beside the database", isPossible: false, make: olderWal },
  { says: "an older database beside the WAL", isPossible: false, make: olderDatabase },
  { says: "everything as it was some time ago", isPossible: false, make: olderFolder },
  { says: "database cut off somewhere", isPossible: false, make: (album, dice) => damaged(album, dice, cutOff) },
  {
    says: "database with zeros in place of a page",
    isPossible: false,
    make: (album, dice) => damaged(album, dice, zeroPage),
  },
  {
    says: "database with one bit turned over",
    isPossible: false,
    make: (album, dice) => damaged(album, dice, turnBit),
  },
];

type Damage = (file: Buffer, fromByte: number, fractions: () => number) => Buffer;

/** The log as it was when something had been acknowledged, with what was written after that only partly on the disk. */
function afterAck({ snapshots }: Album, fractions: () => number, damage: Damage): Cut | undefined {
  const pairs = snapshots.slice(1).map((after, index) => ({ before: snapshots[index], after }));
  const same = pairs.filter(({ before, after }) => before !== undefined && isContinued(before, after));
  const { before, after } = pick(same, fractions) ?? {};
  if (before === undefined || after === undefined) return undefined;
  const wal = damage(after.files[WAL].subarray(0, after.wal.endsAt), before.wal.endsAt, fractions);
  return { files: { ...after.files, [WAL]: wal }, head: before.head };
}

/** Whether nothing but the same write-ahead log has grown. */
function isContinued(before: Snapshot, after: Snapshot): boolean {
  return before.wal.salts === after.wal.salts && before.files[DB].equals(after.files[DB]);
}

function beforeAck(album: Album, fractions: () => number, damage: Damage): Cut | undefined {
  const snapshot = pick(
    album.snapshots.filter(({ wal }) => wal.commits > 1),
    fractions,
  );
  if (snapshot === undefined) return undefined;
  const wal = damage(snapshot.files[WAL].subarray(0, snapshot.wal.endsAt), 0, fractions);
  return changed(snapshot, { [WAL]: wal });
}

function otherIndex(album: Album, fractions: () => number): Cut | undefined {
  const [snapshot, other] = [any(album, fractions), any(album, fractions)];
  const index = fractions() < 0.5 ? Buffer.alloc(0) : other?.files[SHM];
  return changed(snapshot, { [SHM]: index ?? Buffer.alloc(0) });
}

/** Some pages are copied, some not, and some in part; the write-ahead log still has all of them. */
function withinCheckpoint({ checkpoints }: Album, fractions: () => number): Cut | undefined {
  const { before, after } = pick(checkpoints, fractions) ?? {};
  if (before === undefined || after === undefined) return undefined;
  const mixed = Buffer.from(before.files[DB]);
  const copied = after.files[DB];
  const longer =
    fractions() < 0.5 ? mixed : Buffer.concat([mixed, Buffer.alloc(Math.max(0, copied.length - mixed.length))]);
  for (let at = 0; at < longer.length; at += SECTOR_BYTES) {
    if (fractions() < 0.5) copied.copy(longer, at, at, Math.min(at + SECTOR_BYTES, copied.length));
  }
  return changed(before, { [DB]: longer });
}

/** The first commits of a write-ahead log that was begun anew are only partly there; the database has all that was before. */
function newGeneration({ snapshots }: Album, fractions: () => number): Cut | undefined {
  const pairs = snapshots.slice(1).map((after, index) => ({ before: snapshots[index], after }));
  const renewed = pairs.filter(({ before, after }) => {
    return before !== undefined && before.wal.salts !== after.wal.salts && before.files[DB].equals(after.files[DB]);
  });
  const { before, after } = pick(renewed, fractions) ?? {};
  if (before === undefined || after === undefined) return undefined;
  const written = after.files[WAL].subarray(0, after.wal.endsAt);
  const wal = Buffer.concat([loseSectors(written, 0, fractions), before.files[WAL].subarray(written.length)]);
  return { files: { ...after.files, [WAL]: wal }, head: before.head };
}

function olderWal({ snapshots }: Album, fractions: () => number): Cut | undefined {
  const snapshot = pick(snapshots, fractions);
  const others = snapshots.filter(({ head, wal }) => {
    return snapshot !== undefined && head.sequence < snapshot.head.sequence && wal.salts !== snapshot.wal.salts;
  });
  const other = pick(others, fractions);
  return other === undefined ? undefined : changed(snapshot, { [WAL]: other.files[WAL] });
}

function olderDatabase({ snapshots }: Album, fractions: () => number): Cut | undefined {
  const snapshot = pick(snapshots, fractions);
  const others = snapshots.filter(({ files }) => snapshot !== undefined && !files[DB].equals(snapshot.files[DB]));
  const other = pick(
    others.filter(({ head }) => head.sequence < (snapshot?.head.sequence ?? 0)),
    fractions,
  );
  return other === undefined ? undefined : changed(snapshot, { [DB]: other.files[DB] });
}

function olderFolder(album: Album, fractions: () => number): Cut | undefined {
  const [one, other] = [any(album, fractions), any(album, fractions)];
  if (one === undefined || other === undefined || one.head.sequence === other.head.sequence) return undefined;
  const [older, newer] = one.head.sequence < other.head.sequence ? [one, other] : [other, one];
  return { files: older.files, head: newer.head };
}

/** A database that is all there is: whatever was in the write-ahead log has been copied. */
function damaged({ checkpoints }: Album, fractions: () => number, damage: Damage): Cut | undefined {
  const after = pick(checkpoints, fractions)?.after;
  if (after === undefined) return undefined;
  return changed(after, {
    [DB]: damage(after.files[DB], 0, fractions),
    [WAL]: Buffer.alloc(0),
    [SHM]: Buffer.alloc(0),
  });
}

function cutOff(file: Buffer, fromByte: number, fractions: () => number): Buffer {
  return file.subarray(0, placeIn(file, fromByte, fractions));
}

function zeroTail(file: Buffer, fromByte: number, fractions: () => number): Buffer {
  return Buffer.from(file).fill(0, placeIn(file, fromByte, fractions));
}

function loseSectors(file: Buffer, fromByte: number, fractions: () => number): Buffer {
  const torn = Buffer.from(file);
  const part = fractions();
  for (let at = Math.ceil(fromByte / SECTOR_BYTES) * SECTOR_BYTES; at < torn.length; at += SECTOR_BYTES) {
    if (fractions() < part) torn.fill(0, at, Math.min(at + SECTOR_BYTES, torn.length));
  }
  return torn;
}

const PAGE_BYTES = 4096;

function zeroPage(file: Buffer, _fromByte: number, fractions: () => number): Buffer {
  const at = Math.floor((fractions() * file.length) / PAGE_BYTES) * PAGE_BYTES;
  return Buffer.from(file).fill(0, at, Math.min(at + PAGE_BYTES, file.length));
}

function turnBit(file: Buffer, _fromByte: number, fractions: () => number): Buffer {
  const turned = Buffer.from(file);
  const at = Math.floor(fractions() * file.length);
  turned.writeUInt8(turned.readUInt8(at) ^ (1 << Math.floor(fractions() * 8)), at);
  return turned;
}

function placeIn(file: Buffer, fromByte: number, fractions: () => number): number {
  return fromByte + Math.floor(fractions() * (file.length - fromByte));
}

function changed(snapshot: Snapshot | undefined, files: Partial<LogFiles>): Cut | undefined {
  return snapshot && { files: { ...snapshot.files, ...files }, head: snapshot.head };
}

function any({ snapshots }: Album, fractions: () => number): Snapshot | undefined {
  return pick(snapshots, fractions);
}

function pick<Value>(values: readonly Value[], fractions: () => number): Value | undefined {
  return values[Math.floor(fractions() * values.length)];
}
