import { setImmediate } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { type HttpStream, textAnswer } from "../../src/http/http-route.ts";
import { HttpServer } from "../../src/http/http-server.ts";
import { maskedRoutes } from "../../src/http/masked-routes.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { SecretMask } from "../../src/platform/masking.ts";
import { eventually } from "../support/eventually.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { openRaw } from "../support/raw-request.ts";

const GET = "GET /stream HTTP/1.1\r\nHost: quarterdeck\r\n\r\n";

let server: HttpServer;
let clock: FakeClock;
let address: string;
let stream: HttpStream;
let ended: boolean;

beforeEach(async () => {
  clock = new FakeClock();
  ended = false;
  server = new HttpServer({ host: "127.0.0.1", port: 0, clock, logger: silentLogger });
  server.add({
    method: "GET",
    path: "/stream",
    mostBodyBytes: 0,
    answer: () => ({ status: 200, headers: { "content-type": "text/plain" }, stream: watched(stream) }),
  });
  const { host, port } = await server.listen();
  address = `http://${host}:${port}`;
});
afterEach(async () => {
  const stopped = server[Symbol.asyncDispose]();
  await clock.advance(3000);
  await stopped;
});

function watched(inner: HttpStream): HttpStream {
  return async function* pieces(signal) {
    try {
      yield* inner(signal);
    } finally {
      ended = true;
    }
  };
}

const endOf = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

async function* untilTheEnd(signal: AbortSignal): AsyncGenerator<string> {
  yield "one\n";
  yield "two\n";
  await endOf(signal);
}

describe("an answer that goes on", () => {
  it("goes out piece by piece, and ends when all is said", async () => {
    stream = async function* pieces() {
      yield "one\n";
      await setImmediate();
      yield "two\n";
    };
    const response = await fetch(`${address}/stream`);
    expect(response.headers.get("content-length")).toBeNull();
    expect(await response.text()).toBe("one\ntwo\n");
    expect(ended).toBe(true);
  });

  it("ends when whoever asked goes away", async () => {
    stream = untilTheEnd;
    const connection = await openRaw(address);
    connection.socket.write(GET);
    await connection.until(/two/u);
    expect(ended).toBe(false);
    await connection[Symbol.asyncDispose]();
    await eventually(() => expect(ended).toBe(true));
  });

  it("ends in order when the server stops", async () => {
    stream = untilTheEnd;
    await using connection = await openRaw(address);
    connection.socket.write(GET);
    await connection.until(/two/u);
    await server[Symbol.asyncDispose]();
    await connection.closed;
    expect(connection.text()).toMatch(/0\r\n\r\n$/u);
  });

  it("asks for no more than is taken, and cuts off whoever takes nothing", async () => {
    let said = 0;
    stream = async function* pieces() {
      for (; said < 100_000; said += 1) yield "x".repeat(1024);
    };
    await using connection = await openRaw(address);
    connection.socket.pause();
    connection.socket.write(GET);
    const held = await eventually(async () => {
      const before = said;
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect([said > 0, said]).toEqual([true, before]);
      return said;
    });
    // What the two sides of a connection hold.
    expect(held).toBeLessThan(20_000);
    await clock.advance(10_000);
    await eventually(() => expect(ended).toBe(true));
    connection.socket.resume();
    await connection.closed;
    expect(connection.text()).not.toMatch(/0\r\n\r\n$/u);
  });

  it("is cut off where it cannot be said to its end", async () => {
    stream = async function* pieces() {
      yield "one\n";
      await setImmediate();
      throw new Error("broken");
    };
    await expect((await fetch(`${address}/stream`)).text()).rejects.toThrow("terminated");
  });

  it("is not begun for whoever asks for the head alone", async () => {
    stream = untilTheEnd;
    const response = await fetch(`${address}/stream`, { method: "HEAD" });
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
      200,
      "text/plain",
      "",
    ]);
    expect(ended).toBe(false);
  });

  it("holds no secret in any piece", async () => {
    const mask = new SecretMask();
    mask.add("hunter2hunter2");
    maskedRoutes(server, mask).add({
      method: "GET",
      path: "/masked",
      mostBodyBytes: 0,
      answer: () => ({
        status: 200,
        stream: async function* pieces() {
          yield "it is hunter2hunter2\n";
        },
      }),
    });
    expect(await (await fetch(`${address}/masked`)).text()).toBe("it is «secret»\n");
  });
});

describe("a route for any method", () => {
  it("is told of each of them", async () => {
    server.add({ method: "any", path: "/thing/", mostBodyBytes: 10, answer: ({ method }) => textAnswer(200, method) });
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      expect(await (await fetch(`${address}/thing/1`, { method })).text()).toBe(`${method}\n`);
    }
  });
});
