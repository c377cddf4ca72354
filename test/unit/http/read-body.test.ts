import { IncomingMessage } from "node:http";
import { Socket } from "node:net";

import { describe, expect, it } from "vitest";

import { BodyRoom, readBody } from "../../../src/http/read-body.ts";

/** Bytes that share their memory with nobody, as they come from a connection. */
function chunkOf(length: number, fill = "x"): Buffer {
  return Buffer.allocUnsafeSlow(length).fill(fill);
}

function begin(most: number, roomBytes = 1000, room = new BodyRoom(roomBytes)) {
  const request = new IncomingMessage(new Socket());
  return { request, room, read: readBody(request, most, room) };
}

const other = { giveWay: () => undefined };

describe("reading a body", () => {
  it("puts it together however it is cut", async () => {
    const { request, room, read } = begin(300);
    for (const [length, fill] of [
      [1, "a"],
      [100, "b"],
      [3, "c"],
      [120, "d"],
    ] as const) {
      request.emit("data", chunkOf(length, fill));
    }
    request.emit("end");
    const answer = await read;
    expect(answer.kind === "read" && answer.body.toString()).toBe(`a${"b".repeat(100)}ccc${"d".repeat(120)}`);
    expect(room.take(other, 1000)).toBe(true);
  });

  it("keeps a body of one piece as it came", async () => {
    const { request, read } = begin(300);
    const chunk = chunkOf(200);
    request.emit("data", chunk);
    request.emit("end");
    expect(await read).toMatchObject({ kind: "read", body: { length: 200 } });
    expect(chunk).toHaveLength(200);
  });

  it("gives the memory of strangers' bytes back at once, and does not leave 64 MiB of it to V8", async () => {
    const { request, room, read } = begin(300);
    // Some of the size of the memory that Node shares among small ones.
    const chunks = [chunkOf(100), chunkOf(150), chunkOf(100), chunkOf(5000), chunkOf(Buffer.poolSize)];
    for (const chunk of chunks) request.emit("data", chunk);
    expect(await read).toEqual({ kind: "too-long" });
    expect(chunks.map(({ length }) => length)).toEqual([0, 0, 0, 0, 0]);
    expect(room.take(other, 1000)).toBe(true);
  });

  it("leaves memory that belongs to others alone", async () => {
    const { request, read } = begin(10);
    const shared = Buffer.from("a text in the memory that all small ones share");
    request.emit("data", shared);
    expect(await read).toEqual({ kind: "too-long" });
    expect(shared.toString()).toContain("that all small ones share");
  });

  it("takes no more room than there is, and gives it back when nobody comes to the end", async () => {
    const { request, room, read } = begin(900, 500);
    request.emit("data", chunkOf(400));
    request.emit("data", chunkOf(400));
    expect(await read).toEqual({ kind: "no-room" });
    expect(room.take(other, 500)).toBe(true);
  });

  it("gives way to others that come later, whoever has been at it for longest first", async () => {
    const room = new BodyRoom(1000);
    const [oldest, older, newest] = [begin(900, 0, room), begin(900, 0, room), begin(900, 0, room)];
    oldest.request.emit("data", chunkOf(400));
    older.request.emit("data", chunkOf(400));
    // Having said something again does not make one newer.
    oldest.request.emit("data", chunkOf(100));
    newest.request.emit("data", chunkOf(300));
    expect(await oldest.read).toEqual({ kind: "no-room" });
    newest.request.emit("data", chunkOf(400));
    expect(await older.read).toEqual({ kind: "no-room" });
    newest.request.emit("end");
    expect(await newest.read).toMatchObject({ kind: "read", body: { length: 700 } });
    expect(room.take(other, 1000)).toBe(true);
  });
});
