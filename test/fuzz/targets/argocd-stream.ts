import { setImmediate } from "node:timers/promises";

import type { Application } from "../../../src/argocd/application.ts";
import { WatchStream } from "../../../src/argocd/watch-stream.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { readRecording } from "../../unit/argocd/recording.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const recorded = readRecording("watch-event-stream").flatMap(({ text }) => (text === "" ? [] : [text]));
const frame = recorded.find((text) => text.includes("result")) ?? "";

/** The bytes of the watch, in pieces as the network cuts them. */
export const target: FuzzTarget = {
  seeds: [
    `${recorded.slice(0, 12).join("\n")}\n\n`,
    `${frame}\n\n: keepalive\n\n${frame}\n\n`,
    '{"error":{"grpc_code":14,"http_code":503,"message":"upstream connect error","http_status":"Service Unavailable"}}\n',
    'data: {"result":{"type":"DELETED","application":{"metadata":{"name":"checkout-prod","namespace":"argocd","uid":"u","resourceVersion":"7"},"spec":{},"status":{}}}}\r\n\r\n',
  ],
  words: [
    "data: ",
    "data:",
    "\n\n",
    "\r\n",
    ": keepalive\n\n",
    'data: {"result":',
    '{"error":{"message":"x","grpc_code":16}}',
    '"type":"MODIFIED"',
    '"application":',
    "event: x\n",
    "\u00C3",
    "\u00A9",
  ],
  longest: 60_000,
  async run(input) {
    const bytes = Buffer.from(input, "latin1");
    // No bytes at all are no chunk either.
    if (bytes.length === 0) return [];
    const whole = await heard([bytes]);
    const cut = Math.max(1 + (bytes.length % 7) * 97, Math.ceil(bytes.length / 500));
    const pieces = await heard(
      Array.from({ length: Math.ceil(bytes.length / cut) }, (_, at) => bytes.subarray(at * cut, (at + 1) * cut)),
    );
    must(JSON.stringify(whole) === JSON.stringify(pieces), "it does not matter how the bytes are cut");
    return whole;
  },
};

/** What a listener hears of one connection that brings these bytes and ends. */
async function heard(chunks: readonly Buffer[]): Promise<readonly string[]> {
  const said: string[] = [];
  const over = Promise.withResolvers<void>();
  let connections = 0;
  await using stream = new WatchStream({
    http: {
      stream: () => {
        connections += 1;
        if (connections > 1) return Promise.reject(new Error("no more"));
        return Promise.resolve(brought(chunks, over.resolve));
      },
    },
    clock: new FakeClock(),
    random: { bytes: () => Buffer.alloc(0), fraction: () => 0.5 },
    logger: silentLogger,
    filter: {},
    listener: {
      opened: () => void said.push("opened"),
      frame: (type: string, application: Application) => {
        said.push(`${type} ${application.metadata.namespace}/${application.metadata.name}`);
        return application;
      },
      unreadable: () => void said.push("unreadable"),
      closed: () => void said.push("closed"),
    },
  });
  stream.start();
  await over.promise;
  await setImmediate();
  return said;
}

async function* brought(chunks: readonly Buffer[], over: () => void): AsyncGenerator<Buffer> {
  try {
    yield* chunks;
  } finally {
    over();
  }
  await Promise.resolve();
}
