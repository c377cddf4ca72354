import type { IncomingMessage } from "node:http";

export type ReadBody =
  | { readonly kind: "read"; readonly body: Buffer }
  | { readonly kind: "too-long" }
  /** Others have taken all the room there is for bodies. */
  | { readonly kind: "no-room" }
  /** The other side went away before the end, or was cut off because it took too long. */
  | { readonly kind: "broken" };

/** The bytes of unfinished bodies that may be kept at the same time, whoever sends them. */
export class BodyRoom {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** False when there is not that much. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#left += bytes;
  }
}

const EMPTY = Buffer.alloc(0);

/** Whether the length that a request announces is more than that; a request without a length is measured while it is read. */
export function announcesMore(request: IncomingMessage, mostBytes: number): boolean {
  const announced = request.headers["content-length"];
  return announced !== undefined && Number(announced) > mostBytes;
}

/** Reads a body that has at most so many bytes, and never keeps more than that. */
export function readBody(request: IncomingMessage, mostBytes: number, room: BodyRoom): Promise<ReadBody> {
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let length = 0;
    let isOver = false;
    const end = (read: ReadBody): void => {
      if (isOver) return;
      isOver = true;
      for (const chunk of chunks) room.giveBack(chunk.length);
      chunks = [];
      resolve(read);
    };
    request.on("data", (chunk: Buffer) => {
      if (isOver) return;
      length += chunk.length;
      if (length > mostBytes) end({ kind: "too-long" });
      else if (room.take(chunk.length)) chunks.push(chunk);
      else end({ kind: "no-room" });
    });
    request.on("end", () => {
      const [first = EMPTY] = chunks;
      end({ kind: "read", body: chunks.length < 2 ? first : Buffer.concat(chunks, length) });
    });
    request.on("error", () => end({ kind: "broken" }));
    request.on("close", () => end({ kind: "broken" }));
  });
}
