import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { type HttpRequest, type HttpRoute, jsonAnswer, textAnswer } from "../../src/http/http-route.ts";
import { HttpServer } from "../../src/http/http-server.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { exchangeRaw, openRaw, type RawConnection } from "../support/raw-request.ts";
import { eventually } from "../support/eventually.ts";

const LIMIT = 1024;
/** What Node tells of each request of which it has made a response. */
const BEGUN = "http.server.request.start";
const HOST = "Host: quarterdeck\r\n";

let server: HttpServer;
let address: string;
let taken: HttpRequest[] = [];

const echo: HttpRoute = {
  method: "POST",
  path: "/echo",
  mostBodyBytes: LIMIT,
  admit: ({ headers }) => (headers["x-stranger"] === undefined ? undefined : textAnswer(401, "no")),
  answer: (request) => {
    taken.push(request);
    return textAnswer(200, request.body.toString("latin1"));
  },
};

beforeEach(async () => {
  taken = [];
  server = new HttpServer({ host: "127.0.0.1", port: 0, clock: systemClock, logger: silentLogger });
  server.add(echo);
  server.add({
    method: "GET",
    path: "/things/",
    mostBodyBytes: 0,
    answer: ({ path, query }) => textAnswer(200, `${path} ${query}`),
  });
  server.add({
    method: "GET",
    path: "/broken",
    mostBodyBytes: 0,
    answer: () => Promise.reject(new Error("secret detail")),
  });
  const { host, port } = await server.listen();
  address = `http://${host}:${port}`;
});

afterEach(() => server[Symbol.asyncDispose]());

describe("the HTTP server", () => {
  it("answers its routes, and nothing else", async () => {
    const status = async (path: string, method = "GET"): Promise<number> =>
      (await fetch(`${address}${path}`, { method })).status;
    expect(await (await fetch(`${address}/things/a/b?c=d`)).text()).toBe("/things/a/b c=d\n");
    expect(await Promise.all([status("/"), status("/things"), status("/echo/"), status("//")])).toEqual([
      404, 404, 404, 404,
    ]);
    expect(await Promise.all([status("/echo"), status("/echo", "PUT"), status("/things/1", "POST")])).toEqual([
      405, 405, 405,
    ]);
    expect(await status("/things/1", "HEAD")).toBe(200);
  });

  it("says nothing about itself, also where something fails", async () => {
    for (const path of ["/", "/things/1", "/broken"]) {
      const response = await fetch(`${address}${path}`);
      expect(Array.from(response.headers.keys())).not.toContain("server");
      expect(Array.from(response.headers.keys())).not.toContain("x-powered-by");
      expect(await response.text()).not.toMatch(/secret detail|node|v2\d/iu);
    }
    expect((await fetch(`${address}/broken`)).status).toBe(500);
  });

  it("lets a route say in its own way what is refused in its place", async () => {
    const refuse: HttpRoute["refuse"] = ({ status, message }) => jsonAnswer(status, { why: message });
    server.add({ ...echo, path: "/own/", refuse });
    server.add({ ...echo, path: "/own/broken", refuse, answer: () => Promise.reject(new Error("secret detail")) });
    const post = (path: string, body: string) => fetch(`${address}${path}`, { method: "POST", body });
    const answers = [
      await fetch(`${address}/own/x`),
      await post("/own/x", "x".repeat(2000)),
      await post("/own/broken", ""),
    ];
    expect(await Promise.all(answers.map(async (answer) => [answer.status, await answer.json()]))).toEqual([
      [405, { why: "Only POST." }],
      [413, { why: "The body is too long." }],
      [500, { why: expect.stringContaining("the log of the server") }],
    ]);
    expect(answers.map(({ headers }) => headers.get("allow"))).toEqual(["POST", null, null]);
    expect(answers[1]?.headers.get("connection")).toBe("close");
  });

  it("takes several requests over one connection", async () => {
    await using connection = await openRaw(address);
    for (const word of ["first", "second"]) {
      connection.socket.write(`POST /echo HTTP/1.1\r\n${HOST}Content-Length: ${word.length}\r\n\r\n${word}`);
      await connection.until(new RegExp(`${word}\n$`, "u"));
    }
    expect(connection.text().match(/200 OK/gu)).toHaveLength(2);
  });

  it("refuses a body that is announced to be longer than the route takes before it has come", async () => {
    const text = await exchangeRaw(address, `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 1099511627776\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1.1 413/u);
  });

  it("refuses a body of unknown length as soon as it is too long", async () => {
    await using connection = await openRaw(address);
    connection.socket.write(`POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`);
    for (let index = 0; index < 5; index += 1) connection.socket.write(`100\r\n${"x".repeat(256)}\r\n`);
    await connection.closed;
    expect(connection.text()).toMatch(/^HTTP\/1.1 413/u);
    expect(taken).toEqual([]);
  });

  it("refuses whom a route does not admit without waiting for the body", async () => {
    const head = `POST /echo HTTP/1.1\r\n${HOST}X-Stranger: 1\r\nContent-Length: 1000\r\n\r\n`;
    expect(await exchangeRaw(address, head)).toMatch(/^HTTP\/1.1 401/u);
  });

  it("tells whoever asks before sending a body whether it may", async () => {
    await using connection = await openRaw(address);
    connection.socket.write(`POST /echo HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n`);
    await connection.until(/^HTTP\/1.1 100 Continue/u);
    connection.socket.write("word");
    expect(await connection.until(/word\n$/u)).toContain("200 OK");
  });

  it("keeps so much of unfinished bodies and no more, whoever sends them", async () => {
    server.add({ method: "POST", path: "/large", mostBodyBytes: 1_000_000, answer: () => textAnswer(200, "") });
    const unfinished = await Promise.all(Array.from({ length: 24 }, () => openRaw(address)));
    const head = `POST /large HTTP/1.1\r\n${HOST}Content-Length: 1000000\r\n\r\n`;
    for (const { socket } of unfinished) socket.write(head + "x".repeat(999_999));
    const refused = await Promise.any(unfinished.map((connection) => connection.until(/^HTTP\/1\.1 \d+/u)));
    expect(refused).toMatch(/^HTTP\/1\.1 503 /u);
    // Those who end nothing keep nobody out.
    const whole = { method: "POST", body: "x".repeat(1_000_000) };
    expect((await fetch(`${address}/large`, whole)).status).toBe(200);
    for (const connection of unfinished) await connection[Symbol.asyncDispose]();
    const after = await eventually(async () => {
      const response = await fetch(`${address}/echo`, { method: "POST", body: "hello" });
      expect(response.status).toBe(200);
      return await response.text();
    });
    expect(after).toBe("hello\n");
  });

  it("cuts off whoever asks on without waiting for answers, by the thousand at once", async () => {
    await using connection = await openRaw(address);
    let begun = 0;
    const count = (): void => void (begun += 1);
    subscribe(BEGUN, count);
    connection.socket.write(`GET /things/1 HTTP/1.1\r\n${HOST}\r\n`.repeat(1000));
    await connection.closed;
    unsubscribe(BEGUN, count);
    // What Node has read is not made into requests and responses, of which each takes some kilobytes.
    expect(begun).toBe(2);
    expect(connection.text().match(/^HTTP/gmu)?.length ?? 0).toBeLessThan(2);
    expect((await fetch(`${address}/things/1`)).status).toBe(200);
  });

  it("drops a request whose body is cut short, and lives on", async () => {
    const connection = await openRaw(address);
    connection.socket.write(`POST /echo HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\nhalf`);
    connection.socket.end();
    await connection.closed;
    expect(taken).toEqual([]);
    expect((await fetch(`${address}/things/1`)).status).toBe(200);
  });

  it("cuts off whoever does not come to the end of the headers or of the body", async () => {
    const begunMs = performance.now();
    const slowHead = exchangeRaw(address, `POST /echo HTTP/1.1\r\n${HOST}`);
    const silent = exchangeRaw(address, "");
    const slowBody = exchangeRaw(address, `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\nhalf`);
    expect(await slowHead).toMatch(/^HTTP\/1.1 408/u);
    expect(await silent).toMatch(/^(?:HTTP\/1.1 408|$)/u);
    expect(await slowBody).toMatch(/^HTTP\/1.1 408/u);
    expect(performance.now() - begunMs).toBeLessThan(20_000);
    expect(taken).toEqual([]);
  });

  it("takes nothing whose end can be understood in two ways", async () => {
    const attempts = [
      `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /things/x HTTP/1.1\r\n${HOST}\r\n`,
      `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n4\r\nword\r\n0\r\n\r\n`,
      `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 4\r\nContent-Length: 5\r\n\r\nword!`,
      `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 4, 4\r\n\r\nword`,
      `POST /echo HTTP/1.1\r\n${HOST}Content-Length: +4\r\n\r\nword`,
      `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
      `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
      `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n4;\nword\r\n0\r\n\r\n`,
      `POST /echo HTTP/1.1\r\n${HOST}X: a\nContent-Length: 4\r\n\r\nword`,
      "POST /echo HTTP/1.1\r\nContent-Length: 4\r\n\r\nword",
    ];
    const answers = await Promise.all(attempts.map((bytes) => exchangeRaw(address, bytes)));
    expect(answers.map((text) => text.slice(0, 12))).toEqual(attempts.map(() => "HTTP/1.1 400"));
    expect(taken).toEqual([]);
  });

  it("says whose port it is that it cannot have", async () => {
    const port = Number(new URL(address).port);
    const second = new HttpServer({ host: "127.0.0.1", port, clock: systemClock, logger: silentLogger });
    await expect(second.listen()).rejects.toMatchObject({
      code: "http.listen",
      message: `Another program listens on 127.0.0.1:${port} already. End it, or set PORT to a free port`,
    });
    const nowhere = new HttpServer({ host: "203.0.113.1", port: 0, clock: systemClock, logger: silentLogger });
    await expect(nowhere.listen()).rejects.toThrow("203.0.113.1 is no address of this machine. Set HOST");
  });

  it("lets what is under way end when it stops, and takes nothing new", async () => {
    const late = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    server.add({
      method: "GET",
      path: "/late",
      mostBodyBytes: 0,
      answer: async () => {
        entered.resolve();
        await late.promise;
        return textAnswer(200, "done");
      },
    });
    await using idle = await openRaw(address);
    idle.socket.write(`GET /things/1 HTTP/1.1\r\n${HOST}\r\n`);
    await idle.until(/200 OK/u);
    const response = fetch(`${address}/late`);
    await entered.promise;
    const stopping = server[Symbol.asyncDispose]();
    await idle.closed;
    await expect(fetch(`${address}/things/1`)).rejects.toThrow("fetch failed");
    late.resolve();
    expect(await (await response).text()).toBe("done\n");
    await stopping;
  });

  it("keeps little for more connections than it takes, and rids itself of those that say nothing", async () => {
    const before = process.memoryUsage().rss;
    const connections: RawConnection[] = [];
    // In groups, so that none is lost before the server sees it.
    for (let group = 0; group < 60; group += 1) {
      connections.push(...(await Promise.all(Array.from({ length: 20 }, () => openRaw(address)))));
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(48 * 1024 * 1024);
    await Promise.all(connections.map(({ closed }) => closed));
    expect((await fetch(`${address}/things/1`)).status).toBe(200);
  });
});
