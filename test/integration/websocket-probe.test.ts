import { createServer, type Server } from "node:http";

import { afterEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";

import { systemClock } from "../../src/platform/clock.ts";
import { listen } from "../../src/platform/listen.ts";
import { systemLookup } from "../../src/steps/network/checked-addresses.ts";
import { type SocketCall, socketLooker } from "../../src/steps/websocket/socket-look.ts";
import { websocketProbe } from "../../src/steps/websocket/websocket-probe.ts";
import { createSelfSignedCertificate } from "../support/self-signed-certificate.ts";
import { StepBench } from "../support/step-bench.ts";
import { openTlsFront } from "../support/tls-front.ts";

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A server of WebSockets that does this with each. */
async function serve(onSocket: (socket: WebSocket) => void, status = 101): Promise<number> {
  const server: Server = createServer((_request, response) => void response.writeHead(426).end());
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (wanted) => wanted.has("feed.v1") && "feed.v1",
  });
  server.on("upgrade", (request, socket, head) => {
    if (status !== 101) socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    else sockets.handleUpgrade(request, socket, head, (each) => onSocket(each.on("error", () => undefined)));
  });
  open.push(async () => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  });
  return (await listen(server)).port;
}

const POLICY = { privateAddresses: "deny", allow: ["127.0.0.0/8"] } as const;
const look = socketLooker({ clock: systemClock, lookup: systemLookup });

function call(port: number, rest: Partial<SocketCall> = {}): SocketCall {
  return {
    url: new URL(`ws://127.0.0.1:${port}/feed`),
    headers: {},
    tls: {},
    policy: POLICY,
    timeoutMs: 5000,
    maxBytes: 1000,
    signal: new AbortController().signal,
    ...rest,
  };
}

function echo(socket: WebSocket): void {
  socket.on("message", (data) => socket.send(data));
}

describe("a look at a WebSocket", () => {
  it("is good when the socket opens, and closes it again", async () => {
    const closed = Promise.withResolvers<void>();
    const port = await serve((socket) => void socket.on("close", () => closed.resolve()));
    expect(await look(call(port))).toMatchObject({ problem: undefined });
    await closed.promise;
  });

  it("waits for the message that was wanted among others", async () => {
    const port = await serve((socket) => {
      socket.send("hello");
      echo(socket);
    });
    const judge: SocketCall["judge"] = ({ body }) => (Buffer.from(body).toString() === "ping" ? undefined : "not it");
    expect(await look(call(port, { message: "ping", judge }))).toMatchObject({ problem: undefined });
  });

  it("is bad when no message is the one, and says why the last was not", async () => {
    const port = await serve((socket) => socket.send("hello"));
    expect(await look(call(port, { judge: () => "not it", timeoutMs: 150 }))).toMatchObject({ problem: "not it" });
    const silent = await serve(() => undefined);
    expect(await look(call(silent, { judge: () => "x", timeoutMs: 150 }))).toMatchObject({
      problem: "no message came",
    });
  });

  it.each([401, 404, 302])("says that the server answered with status %i", async (status) => {
    const looking = look(call(await serve(() => undefined, status)));
    await expect(looking).rejects.toMatchObject({
      code: "http.bad-answer",
      message: expect.stringContaining(`${status}`),
    });
  });

  it("says so when the server closes it, or sends more than is read", async () => {
    const judge = (): string => "not it";
    const closing = await serve((socket) => socket.close(4001));
    await expect(look(call(closing, { judge }))).rejects.toMatchObject({ message: expect.stringContaining("4001") });
    const flooding = await serve((socket) => socket.send("x".repeat(5000)));
    await expect(look(call(flooding, { judge }))).rejects.toMatchObject({ code: "http.bad-answer" });
  });

  it("gives up on a server that never opens it", async () => {
    const server = createServer();
    server.on("upgrade", (_request, socket) => {
      open.unshift(() => {
        socket.destroy();
        return Promise.resolve();
      });
    });
    open.push(
      () =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
        }),
    );
    const { port } = await listen(server);
    await expect(look(call(port, { timeoutMs: 100 }))).rejects.toMatchObject({ code: "network.timeout" });
  });

  it("ends with the reason of its signal", async () => {
    const abort = new AbortController();
    const port = await serve(() => abort.abort(new Error("nobody wants it")));
    const looking = look(call(port, { signal: abort.signal, judge: () => "not it" }));
    await expect(looking).rejects.toThrow("nobody wants it");
  });

  it("takes a sub-protocol that the server does not speak for a fault", async () => {
    const port = await serve(() => undefined);
    expect(await look(call(port, { protocol: "feed.v1" }))).toMatchObject({ problem: undefined });
    await expect(look(call(port, { protocol: "feed.v2" }))).rejects.toMatchObject({ code: "http.bad-answer" });
  });

  it("sends nothing to an address that is refused", async () => {
    const port = await serve(() => undefined);
    const policy = { privateAddresses: "deny", allow: [] } as const;
    await expect(look(call(port, { policy }))).rejects.toMatchObject({ code: "network.refused-address" });
  });

  it("believes only a certificate that somebody vouches for", async () => {
    const certificate = createSelfSignedCertificate("127.0.0.1");
    const front = await openTlsFront(certificate, await serve(() => undefined));
    open.push(
      () =>
        new Promise<void>((resolve) => {
          front.server.close(() => resolve());
        }),
    );
    const url = new URL(`wss://127.0.0.1:${front.port}/`);
    await expect(look(call(0, { url }))).rejects.toMatchObject({ code: "network.tls" });
    expect(await look(call(0, { url, tls: { ca: certificate.cert } }))).toMatchObject({ problem: undefined });
  });
});

describe("websocket/probe", () => {
  it("is through when the feed answered so many times in a row", async () => {
    const tokens: string[] = [];
    const port = await serve((socket) => {
      socket.on("message", (data) => {
        tokens.push(Buffer.isBuffer(data) ? data.toString() : "not one buffer");
        socket.send(JSON.stringify({ type: "pong", count: tokens.length }));
      });
    });
    const bench = new StepBench(
      websocketProbe({ look, networkPolicy: () => POLICY, clock: systemClock }),
      systemClock.now(),
    );
    const output = await bench.output({
      url: `ws://127.0.0.1:${port}/feed?key=1`,
      send: "ping",
      assert: ["message.json.type == 'pong'", "message.json.count >= 2"],
      interval: 500,
      timeout: 200,
      "good-in-a-row": 2,
    });
    expect(output).toMatchObject({ targets: [{ target: `ws://127.0.0.1:${port}/feed`, looks: 3, bad: 1 }] });
    expect(tokens).toEqual(["ping", "ping", "ping"]);
  });
});
