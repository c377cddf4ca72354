import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";

import { type WebSocket, WebSocketServer } from "ws";
import { z } from "zod";

import type { Clock } from "../platform/clock.ts";
import { listen, type ListenOptions } from "../platform/listen.ts";
import { tryJson } from "../platform/try-json.ts";
import type { ServingPod, Workloads } from "./argocd-workloads.ts";
import { instantQuery } from "./shop-prometheus.ts";
import type { PromSample } from "./shop-promql-value.ts";
import { ShopTraffic } from "./shop-traffic.ts";

export interface ShopOptions extends ListenOptions {
  readonly clock: Clock;
}

/** The programs of a simulated shop as their users and a Prometheus reach them. */
export interface ShopSimulator extends AsyncDisposable {
  /** `http://127.0.0.1:4711`: the health of each application at `/NAME/health`, its feed at `/NAME/feed`, Prometheus at `/api/v1/query`. */
  readonly url: string;
  /** Whether Prometheus answers; it does at first. */
  isPrometheusUp: boolean;
  /** From now on what runs in these clusters answers; nothing does before. */
  connect(workloads: Workloads): void;
}

const QUERY_PATH = "/api/v1/query";
const FEED = "feed";
const HEALTH = "health";

const Ping = z.looseObject({ type: z.literal("ping") });

/** Starts the shop on the loopback interface. */
export async function startShopSimulator(options: ShopOptions): Promise<ShopSimulator> {
  const server = createServer();
  const { host, port } = await listen(server, options);
  const url = `http://${host}:${port}`;
  const shop = new Shop(options);
  const sockets = new WebSocketServer({ noServer: true });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    shop.answer(request, response).catch(() => response.destroy());
  });
  server.on("upgrade", (request: IncomingMessage, tcp: Duplex, head: Buffer) => {
    tcp.on("error", () => tcp.destroy());
    const pod = shop.podFor(pathOf(request), FEED);
    if (pod === undefined || pod.isFailing) return void tcp.end(refusedUpgrade(pod === undefined ? 503 : 500));
    sockets.handleUpgrade(request, tcp, head, (socket) => feed(socket, pod));
  });
  return {
    url,
    get isPrometheusUp() {
      return shop.isPrometheusUp;
    },
    set isPrometheusUp(isUp) {
      shop.isPrometheusUp = isUp;
    },
    connect: (workloads) => shop.connect(workloads),
    [Symbol.asyncDispose]: async () => {
      shop.stop();
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A pod that has been given a request, and what it makes of it. */
interface Taken extends ServingPod {
  readonly isFailing: boolean;
  readonly ready: number;
  readonly wanted: number;
}

class Shop {
  isPrometheusUp = true;
  readonly #deps: ShopOptions;
  #clusters: { readonly workloads: Workloads; readonly traffic: ShopTraffic } | undefined;
  readonly #closing = new AbortController();
  /** How many requests each application was sent: pods take them in turn. */
  readonly #requests = new Map<string, number>();

  constructor(deps: ShopOptions) {
    this.#deps = deps;
  }

  connect(workloads: Workloads): void {
    this.#clusters = { workloads, traffic: new ShopTraffic({ clock: this.#deps.clock, workloads }) };
  }

  stop(): void {
    this.#closing.abort(new Error("the shop is closing"));
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request);
    if (path === QUERY_PATH) return this.#query(request, response);
    const [, application = ""] = path.split("/");
    if (this.#clusters?.workloads.of(application) === undefined || path !== `/${application}/${HEALTH}`)
      return json(response, 404, { error: "there is nothing here" });
    const pod = this.podFor(path, HEALTH);
    if (pod === undefined) return json(response, 503, { ready: 0, error: "no pod is ready" });
    const { version, revision, ready, wanted, answers } = pod;
    await this.#deps.clock.sleep(answers.latencyMs ?? 0, this.#closing.signal);
    if (pod.isFailing) return json(response, 500, { version, revision, error: "internal server error" });
    // A rollout keeps three quarters of the pods; with fewer than that there is something wrong.
    const isEnough = ready >= wanted - Math.floor(wanted / 4);
    return json(response, isEnough ? 200 : 503, { version, revision, ready });
  }

  /** The pod that takes the next request for a path of an application; undefined where there is none. */
  podFor(path: string, what: string): Taken | undefined {
    const [, application = ""] = path.split("/");
    const workload = this.#clusters?.workloads.of(application);
    if (workload === undefined || path !== `/${application}/${what}`) return undefined;
    const { serving, wanted } = workload;
    const count = (this.#requests.get(application) ?? 0) + 1;
    this.#requests.set(application, count);
    const pod = serving[count % Math.max(1, serving.length)];
    if (pod === undefined) return undefined;
    // Spread evenly: of ten requests to what fails a tenth of them the tenth one fails.
    const { failing = 0 } = pod.answers;
    const isFailing = Math.floor(count * failing) > Math.floor((count - 1) * failing);
    return { ...pod, isFailing, ready: serving.length, wanted };
  }

  async #query(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.isPrometheusUp) return json(response, 503, { status: "error", errorType: "unavailable", error: "down" });
    const form = await formOf(request);
    const rates = (rangeMs: number): readonly PromSample[] => this.#clusters?.traffic.rates(rangeMs) ?? [];
    const { status, body } = instantQuery(form.get("query"), { rates, nowMs: this.#deps.clock.now() });
    json(response, status, body);
  }
}

/** Says at once what runs, and answers every `{"type":"ping"}`. */
function feed(socket: WebSocket, { version, revision }: ServingPod): void {
  const send = (type: string): void => socket.send(JSON.stringify({ type, version, revision }));
  socket.on("error", () => socket.terminate());
  socket.on("message", (data) => {
    if (data instanceof Buffer && Ping.safeParse(tryJson(data.toString("utf8"))).success) send("pong");
  });
  send("hello");
}

function refusedUpgrade(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
}

function pathOf(request: IncomingMessage): string {
  return new URL(request.url ?? "/", "http://shop").pathname;
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  const { searchParams } = new URL(request.url ?? "/", "http://shop");
  return request.method === "POST" ? new URLSearchParams(await text(request)) : searchParams;
}
