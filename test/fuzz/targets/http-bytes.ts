import { once } from "node:events";
import { connect } from "node:net";

import { HttpServer } from "../../../src/http/http-server.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { HttpReceiver, SLACK_PATH } from "../../../src/slack/http-receiver.ts";
import { runRoute } from "../../../src/web/run-route.ts";
import { statusRoutes } from "../../../src/web/status-routes.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const failed: string[] = [];
const logger = { ...silentLogger, error: (text: string) => void failed.push(text) };
const server = new HttpServer({ host: "127.0.0.1", port: 0, clock: systemClock, logger });
const receiver = new HttpReceiver({ signingSecret: "a-secret-of-fuzzers", clock: systemClock, logger });
await receiver.start();
server.add(receiver.route);
const key = { id: "k1", bytes: new Uint8Array(32).fill(3) };
server.add(
  runRoute({
    keys: [key],
    clock: systemClock,
    pageCommand: () => "/qd page",
    view: () => {
      throw new Error("nobody has a link");
    },
    events: () => [],
    readFile: () => Promise.reject(new Error("there is no file")),
    names: () => Promise.resolve(new Map()),
  }),
);

for (const route of statusRoutes({
  metrics: { text: () => Promise.resolve("a 1\n"), contentType: "text/plain" },
  standings: () => Promise.reject(new Error("nobody asks")),
})) {
  if (route.path !== "/readyz") server.add(route);
}
const { port } = await server.listen();

const HOST = "Host: 127.0.0.1\r\n";
const seconds = String(Math.floor(Date.now() / 1000));
const signed = `X-Slack-Request-Timestamp: ${seconds}\r\nX-Slack-Signature: v0=${"0".repeat(64)}\r\n`;
const FORM = "Content-Type: application/x-www-form-urlencoded\r\n";

/** The bytes that a stranger sends over a connection to the real server, up to the end of the connection. */
export const target: FuzzTarget = {
  seeds: [
    `GET /healthz HTTP/1.1\r\n${HOST}\r\n`,
    `GET /metrics HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
    `HEAD /healthz HTTP/1.1\r\n${HOST}\r\nGET /nothing?x=1 HTTP/1.1\r\n${HOST}\r\n`,
    `POST ${SLACK_PATH} HTTP/1.1\r\n${HOST}${signed}${FORM}Content-Length: 7\r\n\r\ntext=ab`,
    `POST ${SLACK_PATH} HTTP/1.1\r\n${HOST}${signed}${FORM}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    `POST ${SLACK_PATH} HTTP/1.1\r\n${HOST}${FORM}Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`,
    `GET /runs/run_1?until=9&key=k1&signature=${"a".repeat(43)} HTTP/1.1\r\n${HOST}User-Agent: x\r\n\r\n`,
    `OPTIONS * HTTP/1.1\r\n${HOST}Origin: null\r\n\r\n`,
    `GET /healthz HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n`,
    `CONNECT a:1 HTTP/1.1\r\n${HOST}\r\n`,
  ],
  words: [
    "GET ",
    "POST ",
    "HEAD ",
    "PUT ",
    "CONNECT ",
    " HTTP/1.1\r\n",
    " HTTP/1.0\r\n",
    "\r\n\r\n",
    "\r\n",
    HOST,
    "Content-Length: ",
    "Transfer-Encoding: chunked\r\n",
    "0\r\n\r\n",
    "ffffffff\r\n",
    "Expect: 100-continue\r\n",
    "Upgrade: h2c\r\n",
    signed,
    FORM,
    SLACK_PATH,
    "/runs/",
    "/healthz",
    "//",
    "%00",
    "Origin: null\r\n",
    "X: ",
  ],
  longest: 40_000,
  async run(input) {
    failed.length = 0;
    const answer = await exchanged(Buffer.from(input, "latin1"));
    must(failed.length === 0, failed.join());
    const statuses = Array.from(answer.matchAll(/^HTTP\/1\.1 (\d{3})/gmu), ([, status]) => status);
    must(!statuses.some((status) => status === "500"), answer.slice(0, 200));
    must(
      !/^(?:server|x-powered-by|access-control-[a-z-]+):/imu.test(answer),
      "nothing is said about the server, and nobody is let in from elsewhere",
    );
    must(
      (await exchanged(Buffer.from(`GET /healthz HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`))).includes("alive"),
      "it goes on",
    );
    return statuses;
  },
};

async function exchanged(bytes: Buffer): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => void chunks.push(chunk));
  // What was cut off is closed, too.
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  socket.end(bytes);
  await closed;
  return Buffer.concat(chunks).toString("latin1");
}
