import type { IncomingMessage } from "node:http";

import { forget } from "../platform/forget-bytes.ts";

export type ReadBody =
  | { readonly kind: "read"; readonly body: Buffer }
  | { readonly kind: "too-long" }
  /** Others have taken all the room there is for bodies. */
  | { readonly kind: "no-room" }
  /** The other side went away before the end, or was cut off because it took too long. */
  | { readonly kind: "broken" };

interface Guest {
  /** Ends it, and gives back all that it has. */
  readonly giveWay: () => void;
}

/**
 * The bytes of unfinished bodies that may be kept at the same time, whoever sends them. Where there is no more room, whoever has been at
 * it for longest has to give way: what is sent in earnest comes in one go, and strangers who end nothing keep nobody out.
 */
export class BodyRoom {
  readonly #guests = new Map<Guest, number>();
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** So many bytes more for a guest. False when there is not that much in all. */
  take(guest: Guest, bytes: number): boolean {
    const has = this.#guests.get(guest) ?? 0;
    if (!this.#guests.has(guest)) this.#guests.set(guest, 0);
    for (const [oldest] of this.#guests) {
      if (bytes <= this.#left) break;
      if (oldest !== guest) oldest.giveWay();
    }
    if (bytes > this.#left) return false;
    this.#guests.set(guest, has + bytes);
    this.#left -= bytes;
    return true;
  }

  /** Takes back all that a guest has. */
  leave(guest: Guest): void {
    this.#left += this.#guests.get(guest) ?? 0;
    this.#guests.delete(guest);
  }
}

/** Whether the length that a request announces is more than that; a request without a length is measured while it is read. */
export function announcesMore(request: IncomingMessage, mostBytes: number): boolean {
  const announced = request.headers["content-length"];
  return announced !== undefined && Number(announced) > mostBytes;
}

/**
 * Reads a body that has at most so many bytes, and never keeps more than that. The memory of what is read and thrown away is given
 * back at once and not when V8 comes to it, which for bytes outside of its heap is after 64 MiB.
 */
export function readBody(request: IncomingMessage, mostBytes: number, room: BodyRoom): Promise<ReadBody> {
  return new Promise((resolve) => {
    const gathered = new GatheredBody({ mostBytes, room, giveWay: () => end("no-room") });
    let isOver = false;
    const end = (read: ReadBody["kind"]): void => {
      if (isOver) return;
      isOver = true;
      const body = gathered.end();
      if (read === "read") resolve({ kind: read, body });
      else {
        forget(body);
        resolve({ kind: read });
      }
    };
    request.on("data", (chunk: Buffer) => {
      if (isOver) forget(chunk);
      else if (gathered.length + chunk.length > mostBytes) {
        forget(chunk);
        end("too-long");
      } else if (!gathered.add(chunk)) end("no-room");
    });
    request.on("end", () => end("read"));
    request.on("error", () => end("broken"));
    request.on("close", () => end("broken"));
  });
}

const EMPTY = Buffer.alloc(0);

/** The bytes of one body in one piece of memory, which grows with them. */
class GatheredBody {
  readonly #most: number;
  readonly #room: BodyRoom;
  readonly #guest: Guest;
  #bytes: Buffer = EMPTY;
  #length = 0;

  constructor({ mostBytes, room, giveWay }: Guest & { readonly mostBytes: number; readonly room: BodyRoom }) {
    this.#most = mostBytes;
    this.#room = room;
    this.#guest = { giveWay };
  }

  get length(): number {
    return this.#length;
  }

  /** Takes the chunk over, whose memory is not to be used any more; false when there is no room for it. */
  add(chunk: Buffer): boolean {
    const length = this.#length + chunk.length;
    if (this.#length === 0) {
      if (!this.#room.take(this.#guest, length)) return this.#refuse(chunk);
      // Most bodies come in one piece.
      this.#bytes = chunk;
    } else {
      if (!this.#growTo(length)) return this.#refuse(chunk);
      chunk.copy(this.#bytes, this.#length);
      forget(chunk);
    }
    this.#length = length;
    return true;
  }

  /** What was gathered; from now on it belongs to whoever asked. */
  end(): Buffer {
    this.#room.leave(this.#guest);
    const { buffer } = this.#bytes;
    if (this.#length === this.#bytes.length || !(buffer instanceof ArrayBuffer)) return this.#bytes;
    // In memory of exactly its size, as a chunk is, so that it can be given back as well.
    return Buffer.from(buffer.transfer(this.#length));
  }

  #growTo(length: number): boolean {
    const size = this.#bytes.length;
    if (length <= size) return true;
    const larger = Math.min(this.#most, Math.max(length, 2 * size));
    if (!this.#room.take(this.#guest, larger - size)) return false;
    const grown = Buffer.allocUnsafeSlow(larger);
    this.#bytes.copy(grown);
    forget(this.#bytes);
    this.#bytes = grown;
    return true;
  }

  #refuse(chunk: Buffer): false {
    forget(chunk);
    return false;
  }
}
