import { createServer, type ServerResponse } from "node:http";

import { afterEach, describe, expect, it } from "vitest";

import type { Application } from "../../src/argocd/application.ts";
import { ArgocdHttp } from "../../src/argocd/argocd-http.ts";
import { WatchStream } from "../../src/argocd/watch-stream.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { listen } from "../../src/platform/listen.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { anApplication } from "../unit/argocd/application-builder.ts";

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** The streaming end of an Argo CD: the test holds the open responses. */
async function aFeed(port = 0) {
  const streams: ServerResponse[] = [];
  const accepts: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    accepts.push(request.headers.accept);
    streams.push(response);
  });
  const address = await listen(server, { port });
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { streams, accepts, stop, port: address.port };
}

function aWatch(port: number) {
  const heard: string[] = [];
  const warned: unknown[] = [];
  const http = new ArgocdHttp({
    url: `http://127.0.0.1:${port}`,
    token: "a.b.c",
    clock: systemClock,
    mayWrite: () => true,
  });
  const watch = new WatchStream({
    http,
    clock: systemClock,
    random: systemRandom,
    logger: { ...silentLogger, warn: (_message, fields) => warned.push(fields) },
    filter: {},
    listener: {
      opened: () => heard.push("opened"),
      frame: (type: string, application: Application) => {
        heard.push(`${type} ${application.metadata.resourceVersion}`);
        return application;
      },
      unreadable: () => heard.push("unreadable"),
      closed: () => heard.push("closed"),
    },
  });
  watch.start();
  closing.push(async () => {
    await watch[Symbol.asyncDispose]();
    await http[Symbol.asyncDispose]();
  });
  return { watch, heard, warned };
}

// The form of the stream without keepalives, as when a proxy swallows the Accept header.
const ENDLESS = "endless";

const frame = (version: number, more: object = {}): string =>
  `data: ${JSON.stringify({ result: { type: "MODIFIED", application: anApplication({ version, ...more }) } })} \n\n\n`;
const begin = (response: ServerResponse | undefined): void =>
  void response?.writeHead(200, { "content-type": "text/event-stream" });

describe("WatchStream over HTTP", () => {
  it("asks for exactly an event stream, and takes silence before the headers for nothing but silence", async () => {
    const feed = await aFeed();
    closing.push(feed.stop);
    const { watch, heard } = aWatch(feed.port);
    await until(() => feed.streams.length === 1);
    expect(feed.accepts).toEqual(["text/event-stream"]);
    expect(watch.health()).toMatchObject({ connected: false });
    begin(feed.streams[0]);
    feed.streams[0]?.write(frame(1));
    await until(() => heard.length === 2);
    expect(heard).toEqual(["opened", "MODIFIED 1"]);
  });

  it("puts frames together that come byte by byte, and large ones", async () => {
    const feed = await aFeed();
    closing.push(feed.stop);
    const { heard } = aWatch(feed.port);
    await until(() => feed.streams.length === 1);
    const [stream] = feed.streams;
    begin(stream);
    for (const byte of Buffer.from(frame(1))) stream?.write(Buffer.from([byte]));
    stream?.write(frame(2, { metadata: { labels: { big: "x".repeat(3_000_000) } } }));
    stream?.write(":\n");
    stream?.write(frame(3));
    await until(() => heard.length === 4);
    expect(heard).toEqual(["opened", "MODIFIED 1", "MODIFIED 2", "MODIFIED 3"]);
  });

  it("survives a restart of the server on the same port, and a frame that was cut by it", async () => {
    const first = await aFeed();
    const { watch, heard } = aWatch(first.port);
    await until(() => first.streams.length === 1);
    begin(first.streams[0]);
    first.streams[0]?.write(frame(1));
    first.streams[0]?.write(frame(2).slice(0, 50));
    await until(() => heard.length === 2);
    await first.stop();
    await until(() => !watch.health().connected);
    const second = await aFeed(first.port);
    closing.push(second.stop);
    await until(() => second.streams.length === 1);
    begin(second.streams[0]);
    second.streams[0]?.write(frame(3));
    await until(() => heard.length === 5);
    expect(heard).toEqual(["opened", "MODIFIED 1", "closed", "opened", "MODIFIED 3"]);
  });

  it.each([
    [
      401,
      "application/json",
      '{"error":{"grpc_code":16,"http_code":401,"message":"no session information"}}',
      "argocd.auth",
    ],
    [200, "text/html", "<html>Sign in</html>", "argocd.not-json"],
    [200, "application/json", ENDLESS, "argocd.not-json"],
    [502, "text/html", "<html>Bad Gateway</html>", "argocd.transient"],
    [307, "text/html", "", "argocd.redirect"],
  ])("says why it does not get in: %i %s", async (status, type, body, code) => {
    const feed = await aFeed();
    closing.push(feed.stop);
    const { watch, heard, warned } = aWatch(feed.port);
    await until(() => feed.streams.length === 1);
    feed.streams[0]?.writeHead(status, { "content-type": type, location: "https://elsewhere.example.com/" });
    if (body === ENDLESS) feed.streams[0]?.write("{}\n");
    else feed.streams[0]?.end(body);
    await until(() => warned.length > 0);
    expect(warned).toMatchObject([{ code }]);
    expect(watch.health().connected).toBe(false);
    expect(heard).toEqual([]);
  });
});
