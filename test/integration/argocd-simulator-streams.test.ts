import { connect } from "node:net";

import { afterEach, expect, test } from "vitest";

import { accountToken } from "../../src/simulator/argocd-accounts.ts";
import type { ArgocdSimulatorOptions } from "../../src/simulator/argocd-simulator.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";
import { createSelfSignedCertificate } from "../support/self-signed-certificate.ts";
import { application, deployment, MemoryManifests, SimulatedWorld, textAt } from "./argocd-simulator-world.ts";

const OLD = "1111111111111111111111111111111111111111";
const NEW = "2222222222222222222222222222222222222222";
const EVENT_STREAM = "text/event-stream";
const WATCH = "/api/v1/stream/applications";
const SHORT = "fields=error,result.type,result.application.metadata.name,result.application.metadata.resourceVersion";

let world: SimulatedWorld;
let connections: RawStream[] = [];
afterEach(async () => {
  for (const connection of connections) connection.close();
  connections = [];
  await world.stop();
});

async function start(options: Partial<ArgocdSimulatorOptions> = {}): Promise<void> {
  const folders = (tag: string): Record<string, object[]> =>
    Object.fromEntries(["checkout/prod", "web/prod"].map((folder) => [folder, [deployment("it", `it:${tag}`)]]));
  world = await SimulatedWorld.start(new FakeClock(), {
    gitRepositories: new MemoryManifests(NEW).add(OLD, folders("1")).add(NEW, folders("2")),
    applications: [
      application("checkout-prod", { liveRevisions: [OLD] }),
      application("web-prod", { liveRevisions: [OLD] }),
    ],
    ...options,
  });
}

/** A request whose answer is kept byte for byte, without the marks of the chunks. */
class RawStream {
  text = "";
  isClosed = false;
  readonly #socket;

  constructor(path: string, headers: Readonly<Record<string, string>> = {}) {
    const { port } = new URL(world.simulator.url);
    this.#socket = connect(Number(port), "127.0.0.1");
    const all = { host: "simulator", authorization: `Bearer ${accountToken("quarterdeck")}`, ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
    this.#socket.setEncoding("utf8").on("data", (data) => {
      this.text += data;
    });
    this.#socket.on("close", () => {
      this.isClosed = true;
    });
    this.#socket.on("error", () => undefined);
    connections.push(this);
  }

  get head(): string {
    return this.text.slice(0, this.text.indexOf("\r\n\r\n"));
  }

  get body(): string {
    return this.text
      .slice(this.head.length + 4)
      .replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n/gu, "")
      .replace(/\r\n$/u, "");
  }

  close(): void {
    this.#socket.destroy();
  }
}

async function watch(query = "", accept = EVENT_STREAM): Promise<RawStream> {
  const before = world.simulator.openStreams;
  const stream = new RawStream(`${WATCH}?${query}`, accept === "" ? {} : { accept });
  await expect.poll(() => world.simulator.openStreams).toBe(before + 1);
  await arrived();
  return stream;
}

/** Lets what was written reach the other end: a round trip of its own takes longer. */
async function arrived(): Promise<void> {
  await fetch(`${world.simulator.url}/healthz`);
  await settle();
}

async function refresh(name = "checkout-prod"): Promise<void> {
  await world.call({ method: "GET", path: `/api/v1/applications/${name}?refresh=normal` });
  await arrived();
}

const frames = (stream: RawStream): string[] =>
  stream.body
    .split("\n")
    .filter((line) => line.includes("{"))
    .map((line) => {
      const { result } = JSON.parse(line.replace(/^data: /u, ""));
      return `${textAt(result, "type")} ${textAt(result, "application.metadata.name")}`;
    });

test("server-sent events only for exactly that Accept; a space and two line ends behind each frame", async () => {
  await start();
  const events = await watch(SHORT);
  expect(events.head.toLowerCase()).toContain("content-type: text/event-stream");
  expect(events.body).toMatch(/^data: \{"result":\{.*?\}\} \n\n\ndata: /u);
  const plain = await watch(SHORT, "text/event-stream, */*");
  expect(plain.head.toLowerCase()).toContain("content-type: application/json");
  expect(plain.body).toMatch(/^\{"result":\{[^\n]*\}\}\n\{/u);
});

test("a watch of everything begins with everything, unless it names a resource version", async () => {
  await start();
  expect(frames(await watch())).toEqual(["ADDED checkout-prod", "ADDED web-prod"]);
  expect(frames(await watch("name=web-prod"))).toEqual(["ADDED web-prod"]);
  const later = await watch("resourceVersion=1");
  expect(later.text).toBe("");
  await refresh();
  expect(new Set(frames(later))).toEqual(new Set(["MODIFIED checkout-prod"]));
});

test("nothing is said, not even headers, before the first frame; then a comment comes every 15 seconds", async () => {
  await start();
  const silent = await watch("name=nope");
  const events = await watch(SHORT);
  await world.clock.advance(31_000);
  await arrived();
  expect(silent.text).toBe("");
  expect(events.body.match(/\n:\n/gu)).toHaveLength(1);
  expect(events.body).toMatch(/\n\n:\n:\n$/u);
});

test("frames are reduced to the fields asked for, and one that equals the last is left out", async () => {
  await start();
  const stream = await watch("fields=result.type,result.application.metadata.name");
  expect(stream.body).toContain(
    'data: {"result":{"application":{"metadata":{"name":"checkout-prod"}},"type":"ADDED"}} \n',
  );
  await refresh();
  await refresh();
  expect(frames(stream)).toEqual(["ADDED checkout-prod", "ADDED web-prod", "MODIFIED checkout-prod"]);
});

test("whoever may not get an application never hears of it", async () => {
  await start();
  const policies = [{ resource: "applications", action: "get", object: "default/web-*" }];
  await world.simulator.control({ action: "set-policies", account: "quarterdeck", policies });
  const stream = await watch(SHORT);
  await world.during(world.simulator.control({ action: "refresh", application: "checkout-prod" }));
  await arrived();
  expect(frames(stream)).toEqual(["ADDED web-prod"]);
});

test("a token that is not valid is refused with an error that is an object", async () => {
  await start();
  const stream = new RawStream(WATCH, { authorization: "Bearer nobody" });
  await expect.poll(() => stream.text).toContain("http_status");
  expect(stream.head).toContain("401");
  expect(JSON.parse(stream.body)).toEqual({
    error: { grpc_code: 16, http_code: 401, message: "no session information", http_status: "Unauthorized" },
  });
});

test("a silent stream stays open and says nothing more", async () => {
  await start();
  const stream = await watch(SHORT);
  await world.simulator.control({ action: "disturb-streams", effect: "silence" });
  await refresh();
  await world.clock.advance(60_000);
  await arrived();
  expect(frames(stream)).toHaveLength(2);
  expect(stream.isClosed).toBe(false);
});

test.each([
  ["end", /\}\} \n\n\n$/u],
  ["cut", /"name":"$/u],
  ["fail", /\{"error":\{"grpc_code":14,"http_code":503,.*\}\}$/u],
] as const)("a stream can %s", async (effect, last) => {
  await start();
  const stream = await watch(SHORT);
  await world.simulator.control({ action: "disturb-streams", effect });
  await expect.poll(() => world.simulator.openStreams).toBe(0);
  await arrived();
  expect(stream.body).toMatch(last);
});

test("frames can be lost without a trace", async () => {
  await start();
  const stream = await watch(SHORT);
  await world.simulator.control({ action: "drop-frames", count: 1 });
  await refresh();
  expect(frames(stream)).toEqual(["ADDED checkout-prod", "ADDED web-prod", "MODIFIED checkout-prod"]);
});

test("a stream can begin with what was true one write ago, and lose what follows at once", async () => {
  await start();
  await refresh();
  const present = Number(world.simulator.application("checkout-prod")?.metadata.resourceVersion);
  await world.simulator.control({ action: "set-new-streams", replaysBefore: true, dropsAfterReplay: 2 });
  const stream = await watch(`name=checkout-prod&${SHORT}`);
  const replayed = /"resourceVersion":"(\d+)"/u.exec(stream.body)?.[1];
  expect(Number(replayed)).toBeLessThan(present);
  await refresh();
  expect(frames(stream)).toEqual(["ADDED checkout-prod"]);
});

test("the stream of a tree begins with the first change", async () => {
  await start();
  const stream = new RawStream(`${WATCH}/checkout-prod/resource-tree?project=default`, { accept: EVENT_STREAM });
  await expect.poll(() => world.simulator.openStreams).toBe(1);
  await arrived();
  expect(stream.text).toBe("");
  await refresh();
  expect(stream.body).toMatch(/^data: \{"result":\{"nodes":\[/u);
});

test("an application that is gone is told as DELETED, and its successor as ADDED", async () => {
  await start();
  const stream = await watch(SHORT);
  await world.simulator.control({ action: "delete-application", application: "web-prod" });
  await world.simulator.control({ action: "create-application", definition: application("web-prod") });
  await arrived();
  expect(frames(stream).slice(2)).toEqual(["DELETED web-prod", "ADDED web-prod", "MODIFIED web-prod"]);
});

test("with a certificate of its own the simulator speaks HTTPS, which is not trusted unasked", async () => {
  const { key, cert } = createSelfSignedCertificate("simulator");
  await start({ tls: { key, cert } });
  expect(world.simulator.url).toMatch(/^https:/u);
  await expect(fetch(`${world.simulator.url}/healthz`)).rejects.toThrow(/fetch failed/u);
});
