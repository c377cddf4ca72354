import { AppError } from "../platform/errors.ts";

/** One thing in a tar file, as `git archive` writes it. */
export type TarEntry =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "file"; readonly path: string; readonly isExecutable: boolean; readonly content: Buffer }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

const BLOCK = 512;
const OWNER_EXECUTES = 0o100;

// Where things stand in the header of POSIX.1-1988 (ustar), and how long they are.
const NAME = [0, 100] as const;
const MODE = [100, 8] as const;
const SIZE = [124, 12] as const;
const CHECKSUM = [148, 8] as const;
const TYPE_AT = 156;
const LINK = [157, 100] as const;
const PREFIX = [345, 155] as const;

/** The entries of a tar file: those that Git writes (ustar with pax headers), and nothing else. Throws `archive.malformed`. */
export function* readTar(tar: Buffer): Iterable<TarEntry> {
  let named: ReadonlyMap<string, string> = new Map();
  for (let at = 0; at + BLOCK <= tar.length;) {
    const header = tar.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return;
    checkSum(header);
    const type = String.fromCharCode(header[TYPE_AT] ?? 0);
    const size = type === "2" || type === "5" ? 0 : numberAt(header, SIZE);
    const content = tar.subarray(at + BLOCK, at + BLOCK + size);
    if (content.length < size) throw malformed("it ends in the middle of a file");
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (type === "g") continue;
    if (type === "x") {
      named = paxRecords(content);
      continue;
    }
    yield entryOf({ header, type, content, named });
    named = new Map();
  }
}

function entryOf(read: {
  header: Buffer;
  type: string;
  content: Buffer;
  named: ReadonlyMap<string, string>;
}): TarEntry {
  const { header, type, content, named } = read;
  const prefix = textAt(header, PREFIX);
  const path = named.get("path") ?? `${prefix === "" ? "" : `${prefix}/`}${textAt(header, NAME)}`;
  switch (type) {
    case "0":
      return { kind: "file", path, isExecutable: (numberAt(header, MODE) & OWNER_EXECUTES) !== 0, content };
    case "5":
      return { kind: "folder", path };
    case "2":
      return { kind: "link", path, target: named.get("linkpath") ?? textAt(header, LINK) };
    default:
      throw malformed(`it holds something (of type ${JSON.stringify(type)}) that Git does not write`);
  }
}

function textAt(header: Buffer, [at, length]: readonly [number, number]): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end === -1 ? length : end);
}

function numberAt(header: Buffer, place: readonly [number, number]): number {
  const text = textAt(header, place).trim();
  if (/^[0-7]+$/u.test(text)) return Number.parseInt(text, 8);
  throw malformed("a number in it is none");
}

/** The sum over the header with spaces in the place of the sum. */
function checkSum(header: Buffer): void {
  const [from, length] = CHECKSUM;
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= from && at < from + length ? 0x20 : byte;
  if (sum !== numberAt(header, CHECKSUM)) throw malformed("a header in it does not add up");
}

/** `LENGTH KEY=VALUE\n`, where the length is that of the whole record. */
function paxRecords(content: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const length = Number(content.toString("latin1", at, space));
    if (space === -1 || !Number.isInteger(length) || length < 5 || at + length > content.length) {
      throw malformed("a long name in it is cut off");
    }
    const record = content.toString("utf8", space + 1, at + length - 1);
    const equals = record.indexOf("=");
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

function malformed(why: string): AppError {
  return new AppError(`The archive cannot be read: ${why}.`, { code: "archive.malformed" });
}
