import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

import type { Clock } from "../platform/clock.ts";
import { AppError, errorCode, errorText } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import { SlackAdministration } from "./slack-administration.ts";
import { administrationControls } from "./slack-administration-controls.ts";
import { SlackApiRoutes } from "./slack-api-routes.ts";
import { SlackControlRoutes } from "./slack-control-routes.ts";
import type { SlackDelivery } from "./slack-delivery.ts";
import { SlackEvents } from "./slack-events.ts";
import { SlackHttpDelivery, type SlackRequestTarget } from "./slack-http-delivery.ts";
import { readBody, replyJson, type SlackExchange } from "./slack-http.ts";
import { type SlackOutageKind, startOutage } from "./slack-outage.ts";
import { SlackPage } from "./slack-page.ts";
import { peopleControls } from "./slack-people-controls.ts";
import { SlackPeople } from "./slack-people.ts";
import { SlackSocketMode } from "./slack-socket-mode.ts";
import { faultControls, socketControls } from "./slack-trouble-controls.ts";
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
  /** Where the page finds `state` and `events` of a simulated Argo CD, to show it beside the channels. */
  readonly argoUrl?: string;
}

/** A running simulated Slack. */
export interface SlackSimulator extends AsyncDisposable {
  /** The page for people, `http://127.0.0.1:41234`. */
  readonly url: string;
  /** What the app is given as the address of Slack; ends in `/api/`. */
  readonly apiUrl: string;
  readonly world: SlackWorld;
  readonly people: SlackPeople;
  readonly administration: SlackAdministration;
  readonly socket: SlackSocketMode;
  /** The names of the Web API methods and of the controls that it answers. */
  readonly routes: { readonly methods: readonly string[]; readonly controls: readonly string[] };
  /** Takes all of Slack down; the function that it returns brings it back. */
  startOutage(kind?: SlackOutageKind): () => void;
  /** From now on payloads go to the app's own address, signed; false, and no change, when it fails Slack's check. */
  deliverOverHttp(target: SlackRequestTarget): Promise<boolean>;
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
  let delivery: SlackDelivery = socket;
  const events = new SlackEvents({ world, delivery: () => delivery, signal: stopping.signal });
  const people = new SlackPeople({ world, delivery: () => delivery, events });
  const administration = new SlackAdministration({ world, events });
  const api = new SlackWebApi({ world, more: socket.methods });
  const controls = new SlackControlRoutes({
    world,
    controls: {
      ...peopleControls(people),
      ...administrationControls(administration),
      ...faultControls({ world, socket }),
      ...socketControls(socket),
    },
  });
  const page = new SlackPage({ world, socket, argoUrl: options.argoUrl });
  const server = serve([new SlackApiRoutes({ world, api }), controls, page], socket);
  url = await listen(server, options.host ?? "127.0.0.1", options.port ?? 0);
  const stop = async (): Promise<void> => {
    stopping.abort();
    page.stop();
    socket.stop();
    await close(server);
  };
  return {
    url,
    apiUrl: `${url}/api/`,
    world,
    people,
    administration,
    socket,
    routes: { methods: api.methods, controls: controls.names },
    startOutage: (kind) => startOutage({ world, socket }, kind),
    deliverOverHttp: async (target) => {
      const http = new SlackHttpDelivery({ world, target, acknowledgeMs: timings.acknowledgeMs });
      const verified = await http.verify();
      if (verified) delivery = http;
      return verified;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

interface Routes {
  /** Answers the request, or says false to leave it to the next. */
  handle(exchange: SlackExchange): Promise<boolean>;
}

function serve(routes: readonly Routes[], socket: SlackSocketMode): Server {
  const server = createServer((request, response) => void answer(routes, request, response));
  server.on("upgrade", (request: IncomingMessage, tcp: Duplex, head: Buffer) => socket.upgrade(request, tcp, head));
  return server;
}

async function answer(routes: readonly Routes[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const url = new URL(request.url ?? "/", "http://simulator");
    const exchange = { request, response, url, body: await readBody(request) };
    for (const route of routes) if (await route.handle(exchange)) return;
    replyJson(response, { error: "not found" }, 404);
  } catch (thrown) {
    if (response.headersSent) response.destroy();
    else replyJson(response, { code: errorCode(thrown), error: errorText(thrown) }, 500);
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
