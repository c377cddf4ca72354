import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";

import { ciGreenBlueprint } from "../../src/demo/blueprints/ci-green.ts";
import { openDemoWorld } from "../../src/demo/demo-world.ts";
import { ServerProcess } from "../../src/demo/server-process.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { ENTRY } from "../support/process-rig.ts";
import { seededFractions } from "../support/seeded-fractions.ts";
import { mutate } from "./mutate.ts";
import type { Row } from "./table.ts";

/** What strangers send at the same time, and how often. */
interface Wave {
  readonly what: string;
  readonly connections: number;
  /** The bytes of one connection; `openMs` is how long it is kept open when they are out, in milliseconds. */
  readonly bytes: (index: number) => readonly Buffer[];
  readonly openMs?: number;
}

const MOST_GROWTH_MIB = 32;
const AT_ONCE = 100;
const MIB = 1024 * 1024;
const HOST = "Host: 127.0.0.1\r\n";
const FORM = "Content-Type: application/x-www-form-urlencoded\r\n";
const PATH = "POST /slack/events HTTP/1.1\r\n";

const text = (value: string): readonly Buffer[] => [Buffer.from(value, "latin1")];
/** Whoever has no secret can still sign something that looks right until it is computed. */
const claimed = (): string =>
  `X-Slack-Request-Timestamp: ${Math.floor(Date.now() / 1000)}\r\nX-Slack-Signature: v0=${"0".repeat(64)}\r\n${FORM}`;
const HOOK = "POST /triggers/ci-green HTTP/1.1\r\n";
const JSON_TYPE = "Content-Type: application/json\r\n";
const hooked = `${JSON_TYPE}X-GitHub-Event: push\r\nX-GitHub-Delivery: 1\r\nX-Hub-Signature-256: sha256=${"0".repeat(64)}\r\n`;
const MEBIBYTE = Buffer.alloc(MIB, "x");

const WAVES: readonly Wave[] = [
  {
    what: "signed with another secret",
    connections: 10_000,
    bytes: () => text(`${PATH}${HOST}${claimed()}Content-Length: 2000\r\n\r\n${"x".repeat(2000)}`),
  },
  {
    what: "a mebibyte each, signed with another secret",
    connections: 400,
    bytes: () => [...text(`${PATH}${HOST}${claimed()}Content-Length: ${MIB}\r\n\r\n`), MEBIBYTE],
  },
  {
    what: "a mebibyte each that does not end",
    connections: 100,
    bytes: () => [...text(`${PATH}${HOST}${claimed()}Content-Length: ${MIB}\r\n\r\n`), MEBIBYTE.subarray(1)],
    openMs: 2000,
  },
  {
    what: "a gibibyte announced",
    connections: 500,
    bytes: () => [...text(`${PATH}${HOST}${claimed()}Content-Length: 1073741824\r\n\r\n`), MEBIBYTE],
  },
  {
    what: "pieces without an end",
    connections: 100,
    bytes: () => [
      ...text(`${PATH}${HOST}${claimed()}Transfer-Encoding: chunked\r\n\r\n`),
      ...Array.from({ length: 40 }, () =>
        Buffer.concat([Buffer.from("10000\r\n"), MEBIBYTE.subarray(0, 65_536), Buffer.from("\r\n")]),
      ),
    ],
  },
  {
    what: "headers of 15 KiB without an end",
    connections: 1000,
    bytes: () => text(`${PATH}${HOST}X: ${"x".repeat(15_000)}`),
    openMs: 1000,
  },
  {
    what: "addresses that nobody has, and links that nobody made",
    connections: 5000,
    bytes: (index) =>
      text(
        `GET /runs/run_${index}?until=${"9".repeat(11)}&key=k&signature=${"a".repeat(43)}&x=${"y".repeat(3000)} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
      ),
  },
  {
    what: "webhooks of half a mebibyte, signed with another secret",
    connections: 400,
    bytes: () => [...text(`${HOOK}${HOST}${hooked}Content-Length: ${MIB / 2}\r\n\r\n`), MEBIBYTE.subarray(0, MIB / 2)],
  },
  {
    what: "guessed tokens of the API, and webhooks for triggers that there are not",
    connections: 5000,
    bytes: (index) =>
      text(
        index % 2 === 0
          ? `POST /api/commands/promote/runs HTTP/1.1\r\n${HOST}Authorization: Bearer qd_${"x".repeat(40)}${index}\r\n${JSON_TYPE}Content-Length: 60000\r\n\r\n${"x".repeat(60_000)}`
          : `POST /triggers/green-${index} HTTP/1.1\r\n${HOST}${hooked}Content-Length: 60000\r\n\r\n${"x".repeat(60_000)}`,
      ),
  },
  {
    what: "many requests on one connection",
    connections: 200,
    bytes: (index) => text(`GET /healthz?${index} HTTP/1.1\r\n${HOST}\r\n`.repeat(300)),
  },
];

/** Sends hostile traffic to the real server in a process of its own, and looks at the most memory that it takes. */
export async function measureHostileTraffic(seed: number, share = 1): Promise<readonly Row[]> {
  await using world = await openDemoWorld({
    clock: systemClock,
    random: systemRandom,
    receive: "http",
    blueprints: [ciGreenBlueprint],
  });
  const server = await ServerProcess.start({ entry: ENTRY, environment: world.environment }, process.env);
  try {
    const port = Number(world.environment["PORT"]);
    const freshMib = await restingMib(server.pid);
    const restMib = await busyMib(server.pid, port, share);
    const rows: Row[] = [];
    let mostMib = restMib;
    for (const wave of [...WAVES, mutated(seed)]) {
      const connections = Math.ceil(wave.connections * share);
      const beforeMib = await restingMib(server.pid);
      const thisMib = await peakMib(server.pid, () => send(port, { ...wave, connections }));
      rows.push(grown(`${connections} strangers: ${wave.what}`, thisMib - beforeMib));
      mostMib = Math.max(mostMib, thisMib);
    }
    const all = `all of them, one after the other (${freshMib.toFixed(0)} MiB fresh, ${restMib.toFixed(0)} at work)`;
    return [...rows, grown(all, mostMib - restMib), await alive(port)];
  } finally {
    await server.kill("SIGKILL");
  }
}

function grown(what: string, mib: number): Row {
  return {
    what: `memory that is taken by ${what}`,
    result: `${Math.max(0, mib).toFixed(0)} MiB`,
    goal: `<= ${MOST_GROWTH_MIB} MiB`,
    holds: mib <= MOST_GROWTH_MIB,
  };
}

/** Bytes that were requests before chance had them. */
function mutated(seed: number): Wave {
  const kept = WAVES.map(({ bytes }) => bytes(1)[0]?.toString("latin1").slice(0, 2000) ?? "");
  const material = { fraction: seededFractions(seed), kept, words: ["\r\n", "\r\n\r\n", HOST, FORM], longest: 20_000 };
  return {
    what: "anything",
    connections: 5000,
    bytes: (index) => text(mutate(kept[index % kept.length] ?? "", material)),
  };
}

/**
 * What a server takes that is at work: V8 lets its heap grow with the number of requests, whoever sends them, and keeps it. What
 * strangers add is what they take beyond what as many requests of Slack itself leave behind.
 */
async function busyMib(pid: number, port: number, share: number): Promise<number> {
  for (let round = 0; round < ROUNDS; round += 1) {
    await send(port, { what: "", connections: Math.ceil(ORDINARY * share), bytes: ordinary });
    await send(port, { what: "", connections: Math.ceil(LARGE * share), bytes: large });
  }
  return await restingMib(pid);
}

/** What Slack itself sends. */
function ordinary(index: number): readonly Buffer[] {
  return bySlack(`ssl_check=1&text=${"x".repeat(1500)}${index}`);
}

function large(index: number): readonly Buffer[] {
  return bySlack(`ssl_check=1&text=${"x".repeat(500_000)}${index}`);
}

function bySlack(body: string): readonly Buffer[] {
  const head = Object.entries(signed(body)).map(([name, value]) => `${name}: ${value}\r\n`);
  return text(`${PATH}${HOST}${head.join("")}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
}

function signed(body: string): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac("sha256", "demo-signing-secret-0001").update(`v0:${timestamp}:${body}`).digest("hex");
  return {
    "content-type": "application/x-www-form-urlencoded",
    "x-slack-request-timestamp": timestamp,
    "x-slack-signature": `v0=${signature}`,
  };
}

async function alive(port: number): Promise<Row> {
  const body = "ssl_check=1";
  const headers = signed(body);
  const { status } = await fetch(`http://127.0.0.1:${port}/slack/events`, { method: "POST", body, headers });
  return { what: "Slack is answered after all that", result: String(status), goal: "200", holds: status === 200 };
}

async function send(port: number, { connections, bytes, openMs = 0 }: Wave): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    for (let index = next++; index < connections; index = next++) await exchange(port, bytes(index), openMs);
  };
  await Promise.all(Array.from({ length: Math.min(openMs > 0 ? connections : AT_ONCE, connections) }, one));
}

async function exchange(port: number, pieces: readonly Buffer[], openMs: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  // Whatever comes back is thrown away; being cut off is what is to be expected.
  socket
    .on("error", () => undefined)
    .setMaxListeners(0)
    .resume();
  const closed = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
  for (const piece of pieces) {
    if (!(await written(socket, piece))) break;
  }
  if (openMs === 0) socket.end();
  else await Promise.race([closed, systemClock.sleep(openMs)]);
  if (openMs > 0) socket.destroy();
  await closed;
}

function written(socket: Socket, piece: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once("close", () => resolve(false));
    socket.write(piece, (error) => resolve(error === undefined || error === null));
  });
}

const LOOK_EVERY_MS = 20;
const ORDINARY = 10_000;
const LARGE = 200;
const ROUNDS = 3;

async function peakMib(pid: number, work: () => Promise<void>): Promise<number> {
  let most = 0;
  const over = new AbortController();
  const looking = (async () => {
    while (!over.signal.aborted) {
      most = Math.max(most, await residentMib(pid));
      await systemClock.sleep(LOOK_EVERY_MS);
    }
  })();
  await work();
  over.abort();
  await looking;
  return most;
}

/** What it takes when nothing is asked of it for a while. */
async function restingMib(pid: number): Promise<number> {
  const seen: number[] = [];
  for (let look = 0; look < 20; look += 1) {
    seen.push(await residentMib(pid));
    await systemClock.sleep(100);
  }
  return Math.min(...seen);
}

async function residentMib(pid: number): Promise<number> {
  const kib = /^VmRSS:\s+(\d+) kB/mu.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}
