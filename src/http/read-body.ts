import type { IncomingMessage } from "node:http";

export type ReadBody =
  | { readonly kind: "read"; readonly body: Buffer }
  | { readonly kind: "too-long" }
  /** The other side went away before the end, or was cut off because it took too long. */
  | { readonly kind: "broken" };

const EMPTY = Buffer.alloc(0);

/** Whether the length that a request announces is more than that; a request without a length is measured while it is read. */
export function announcesMore(request: IncomingMessage, mostBytes: number): boolean {
  const announced = request.headers["content-length"];
  return announced !== undefined && Number(announced) > mostBytes;
}

/** Reads a body that has at most so many bytes, and never keeps more than that. */
export function readBody(request: IncomingMessage, mostBytes: number): Promise<ReadBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= mostBytes) chunks.push(chunk);
      else resolve({ kind: "too-long" });
    });
    request.on("end", () => {
      const [first = EMPTY] = chunks;
      resolve({ kind: "read", body: chunks.length < 2 ? first : Buffer.concat(chunks, length) });
    });
    request.on("error", () => resolve({ kind: "broken" }));
    request.on("close", () => resolve({ kind: "broken" }));
  });
}
