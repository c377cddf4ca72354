import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

import type { Clock } from "../platform/clock.ts";
import { AppError, errorText } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import { SlackApiRoutes } from "./slack-api-routes.ts";
import { SlackEvents } from "./slack-events.ts";
import { readBody, replyJson } from "./slack-http.ts";
import { SlackPeople } from "./slack-people.ts";
import { SlackSocketMode } from "./slack-socket-mode.ts";
import { SlackWebApi } from "./slack-web-api.ts";
import type { SlackWorkspaceDefinition } from "./slack-workspace-definition.ts";
import { createSlackWorld, type SlackWorld } from "./slack-world.ts";

export interface SlackSimulatorOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly workspace: SlackWorkspaceDefinition;
  readonly botToken: string;
  readonly appToken: string;
  /** 127.0.0.1 when absent. */
  readonly host?: string;
  /** Any free port when absent or 0. */
  readonly port?: number;
  /** How much wider than Slack's the rate limits are: 1 when absent, Infinity for none. */
  readonly rateLimitMultiplier?: number;
  /** Slack's 3 seconds when absent. */
  readonly acknowledgeMs?: number;
}

/** A running simulated Slack. */
export interface SlackSimulator extends AsyncDisposable {
  /** The page for people, `http://127.0.0.1:41234`. */
  readonly url: string;
  /** What the app is given as the address of Slack; ends in `/api/`. */
  readonly apiUrl: string;
  readonly world: SlackWorld;
  readonly people: SlackPeople;
  readonly socket: SlackSocketMode;
  stop(): Promise<void>;
}

export async function startSlackSimulator(options: SlackSimulatorOptions): Promise<SlackSimulator> {
  let url = "";
  const stopping = new AbortController();
  const world = createSlackWorld({
    ...options,
    definition: options.workspace,
    rateLimitMultiplier: options.rateLimitMultiplier ?? 1,
    baseUrl: () => url,
  });
  const timings = { acknowledgeMs: options.acknowledgeMs ?? 3_000, pingEveryMs: 5_000 };
  const socket = new SlackSocketMode({ world, timings });
  const delivery = () => socket;
  const events = new SlackEvents({ world, delivery, signal: stopping.signal });
  const people = new SlackPeople({ world, delivery, events });
  const api = new SlackWebApi({ world, more: socket.methods });
  const routes = new SlackApiRoutes({ world, api });
  const server = createServer((request, response) => void answer(routes, request, response));
  server.on("upgrade", (request: IncomingMessage, tcp: Duplex, head: Buffer) => socket.upgrade(request, tcp, head));
  url = await listen(server, options.host ?? "127.0.0.1", options.port ?? 0);
  const stop = async (): Promise<void> => {
    stopping.abort();
    socket.stop();
    await close(server);
  };
  return { url, apiUrl: `${url}/api/`, world, people, socket, stop, [Symbol.asyncDispose]: stop };
}

async function answer(routes: SlackApiRoutes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const url = new URL(request.url ?? "/", "http://simulator");
    const exchange = { request, response, url, body: await readBody(request) };
    if (await routes.handle(exchange)) return;
    replyJson(response, { error: "not found" }, 404);
  } catch (thrown) {
    if (!response.headersSent) replyJson(response, { error: errorText(thrown) }, 500);
  }
}

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `The simulated Slack cannot listen on ${host}:${String(port)}`;
      reject(new AppError(message, { code: "slack-simulator.listen", cause }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      const bound = typeof address === "object" && address !== null ? address.port : port;
      resolve(`http://${host.includes(":") ? `[${host}]` : host}:${String(bound)}`);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    // Fallen silent or kept open, no connection may hold the end up.
    server.closeAllConnections();
  });
}
