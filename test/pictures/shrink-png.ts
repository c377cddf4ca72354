import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const MOST_COLOURS = 256;

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, one after the other. */
  readonly bytes: Buffer;
}

/** The same picture with its 256 most frequent colours: of what stands on a screen nobody misses the others. Takes 8-bit RGB or RGBA. */
export function shrinkPng(png: Buffer): Buffer {
  const { width, height, bytes } = decode(png);
  const palette = frequentColours(bytes);
  const indexes = new Map(palette.map((colour, index) => [colour, index]));
  const rows = Buffer.alloc((width + 1) * height);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const colour = bytes.readUIntBE(pixel * 3, 3);
    const index = indexes.get(colour) ?? nearest(palette, colour);
    indexes.set(colour, index);
    rows[pixel + Math.floor(pixel / width) + 1] = index;
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  const table = Buffer.alloc(palette.length * 3);
  for (const [index, colour] of palette.entries()) table.writeUIntBE(colour, index * 3, 3);
  const data = deflateSync(rows, { level: 9 });
  const end = chunk("IEND", Buffer.alloc(0));
  return Buffer.concat([SIGNATURE, chunk("IHDR", head), chunk("PLTE", table), chunk("IDAT", data), end]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(data.length, 0);
  frame.set(body, 4);
  frame.writeUInt32BE(crc32(body), body.length + 4);
  return frame;
}

function frequentColours(bytes: Buffer): readonly number[] {
  const counts = new Map<number, number>();
  for (let at = 0; at < bytes.length; at += 3) {
    const colour = bytes.readUIntBE(at, 3);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const ordered = [...counts].toSorted((left, right) => right[1] - left[1]);
  return ordered.slice(0, MOST_COLOURS).map(([colour]) => colour);
}

function nearest(palette: readonly number[], colour: number): number {
  let best = { index: 0, distance: Number.POSITIVE_INFINITY };
  for (const [index, candidate] of palette.entries()) {
    const red = (candidate >> 16) - (colour >> 16);
    const green = ((candidate >> 8) & 255) - ((colour >> 8) & 255);
    const blue = (candidate & 255) - (colour & 255);
    const distance = red * red + green * green + blue * blue;
    if (distance < best.distance) best = { index, distance };
  }
  return best.index;
}

function decode(png: Buffer): Pixels {
  const parts = chunksOf(png);
  const head = parts.find(({ type }) => type === "IHDR")?.data ?? Buffer.alloc(13);
  const [width, height, depth, kind] = [head.readUInt32BE(0), head.readUInt32BE(4), head[8], head[9]];
  if (depth !== 8 || (kind !== 2 && kind !== 6)) throw new Error("only 8-bit RGB and RGBA are read");
  const channels = kind === 2 ? 3 : 4;
  const raw = inflateSync(Buffer.concat(parts.flatMap(({ type, data }) => (type === "IDAT" ? [data] : []))));
  const lines = unfiltered(raw, { length: width * channels, channels, height });
  const bytes = Buffer.alloc(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    lines.copy(bytes, pixel * 3, pixel * channels, pixel * channels + 3);
  }
  return { width, height, bytes };
}

function chunksOf(png: Buffer): readonly { readonly type: string; readonly data: Buffer }[] {
  const parts: { readonly type: string; readonly data: Buffer }[] = [];
  for (let at = SIGNATURE.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    parts.push({ type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) });
    at += length + 12;
  }
  return parts;
}

/** Undoes the five filters of the PNG specification, line by line. */
function unfiltered(
  raw: Buffer,
  { length, channels, height }: { readonly length: number; readonly channels: number; readonly height: number },
): Buffer {
  const lines = Buffer.alloc(length * height);
  for (let row = 0; row < height; row += 1) {
    const from = row * (length + 1);
    const at = row * length;
    for (let column = 0; column < length; column += 1) {
      const left = column < channels ? 0 : (lines[at + column - channels] ?? 0);
      const up = row === 0 ? 0 : (lines[at + column - length] ?? 0);
      const corner = column < channels || row === 0 ? 0 : (lines[at + column - length - channels] ?? 0);
      lines[at + column] = (raw[from + 1 + column] ?? 0) + guess(raw[from] ?? 0, { left, up, corner });
    }
  }
  return lines;
}

interface Around {
  readonly left: number;
  readonly up: number;
  readonly corner: number;
}

function guess(filter: number, { left, up, corner }: Around): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  return filter === 4 ? paeth({ left, up, corner }) : 0;
}

function paeth({ left, up, corner }: Around): number {
  const estimate = left + up - corner;
  const [toLeft, toUp, toCorner] = [left, up, corner].map((value) => Math.abs(estimate - value));
  if (toLeft === undefined || toUp === undefined || toCorner === undefined) return 0;
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
