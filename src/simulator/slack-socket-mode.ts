import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

import { WebSocketServer } from "ws";
import { z } from "zod";

import { SlackConnection, type SlackDisconnectOptions, type SlackDisconnectReason } from "./slack-connection.ts";
import type { SlackDelivery, SlackDeliveryOutcome, SlackEnvelope } from "./slack-delivery.ts";
import { defineSlackMethod, type SlackMethod } from "./slack-method.ts";
import type { SlackWorld } from "./slack-world.ts";

/** Slack limit: more connections of one app are sent away. */
const MOST_CONNECTIONS = 10;

const Acknowledgement = z.looseObject({ envelope_id: z.string(), payload: z.unknown().optional() });

interface Pending {
  /** Slack takes the acknowledgement only from a connection that it sent the envelope to. */
  readonly connections: readonly SlackConnection[];
  readonly resolve: (payload: unknown) => void;
}

export interface SlackSocketTimings {
  /** Slack's limit is 3 seconds. */
  readonly acknowledgeMs: number;
  readonly pingEveryMs: number;
}

/** The server side of Socket Mode, with the ways in which it goes wrong as controls. */
export class SlackSocketMode implements SlackDelivery {
  /** Waits this long before each delivery. */
  delayMs = 0;
  /** Waits this long before taking note of an acknowledgement. */
  acknowledgementDelayMs = 0;
  /** Refuses new connections during the upgrade. */
  refusesUpgrades = false;
  readonly #world: SlackWorld;
  readonly #timings: SlackSocketTimings;
  readonly #server = new WebSocketServer({ noServer: true, autoPong: false });
  readonly #tickets = new Set<string>();
  readonly #connections = new Set<SlackConnection>();
  readonly #pending = new Map<string, Pending>();
  #duplicates = 0;
  #held: (() => void)[] | undefined;
  #withholdsPongs = false;

  constructor(deps: { readonly world: SlackWorld; readonly timings: SlackSocketTimings }) {
    this.#world = deps.world;
    this.#timings = deps.timings;
  }

  /** The method with which the app asks for the address of a socket. */
  get methods(): Readonly<Record<string, SlackMethod>> {
    const open = defineSlackMethod({
      limit: "connections",
      token: "app",
      args: z.object({}),
      run: (_args, world) => {
        const ticket = world.ids.hex(16);
        this.#tickets.add(ticket);
        const base = world.baseUrl().replace(/^http/u, "ws");
        return { url: `${base}/link/?ticket=${ticket}&app_id=${world.workspace.app.appId}` };
      },
    });
    return { "apps.connections.open": open };
  }

  get connections(): readonly SlackConnection[] {
    return [...this.#connections];
  }

  /** Takes a WebSocket upgrade of `/link/` with a ticket that was not used before. */
  upgrade(request: IncomingMessage, tcp: Duplex, head: Buffer): void {
    // Node leaves an upgraded connection to whoever takes it: an app that dies in the middle resets it, and nobody else listens.
    tcp.on("error", () => tcp.destroy());
    const url = new URL(request.url ?? "/", "http://simulator");
    const known = url.pathname === "/link/" && this.#tickets.delete(url.searchParams.get("ticket") ?? "");
    if (!known || this.refusesUpgrades) {
      tcp.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    this.#server.handleUpgrade(request, tcp, head, (socket) => {
      const { clock, ids } = this.#world;
      const connection = new SlackConnection({
        id: ids.hex(4),
        socket,
        tcp,
        clock,
        pingEveryMs: this.#timings.pingEveryMs,
        onText: (text, from) => this.#acknowledge(text, from),
        onClosed: (closed) => this.#forget(closed),
      });
      this.#welcome(connection);
    });
  }

  async deliver(envelope: SlackEnvelope): Promise<SlackDeliveryOutcome> {
    const { clock, ids } = this.#world;
    if (this.delayMs > 0) await clock.sleep(this.delayMs);
    await this.#turn();
    const routes = this.#routes();
    if (routes.length === 0) return { status: "unreachable" };
    const id = ids.envelopeId();
    return new Promise((resolve) => {
      const sentAtMs = clock.monotonic();
      const noted = this.#world.journal.startDelivery({
        envelopeId: id,
        type: envelope.type,
        payload: envelope.payload,
        connection: routes.map((connection) => connection.id).join(","),
      });
      const timer = clock.setTimer(this.#timings.acknowledgeMs, () => {
        this.#pending.delete(id);
        resolve({ status: "timeout" });
      });
      this.#pending.set(id, {
        connections: routes,
        resolve: (payload) => {
          timer.cancel();
          noted(payload);
          resolve({ status: "acknowledged", payload, afterMs: clock.monotonic() - sentAtMs });
        },
      });
      for (const connection of routes) connection.send(frame(id, envelope));
    });
  }

  /** Asks connections to leave: the one with this id, or all. */
  refresh(
    options: SlackDisconnectOptions & { readonly id?: string; readonly reason?: SlackDisconnectReason } = {},
  ): void {
    for (const connection of this.#chosen(options.id))
      connection.disconnect(options.reason ?? "refresh_requested", options);
  }

  /** Ends TCP of the connection with this id, or of all. */
  kill(id?: string): void {
    for (const connection of this.#chosen(id)) connection.kill();
  }

  /** Leaves pings of all present and future connections unanswered, or answers them again. */
  withholdPongs(withhold: boolean): void {
    this.#withholdsPongs = withhold;
    for (const connection of this.#connections) connection.withholdsPongs = withhold;
  }

  /** Sends each of the next envelopes twice, over two connections where there are two. */
  duplicateNext(times: number): void {
    this.#duplicates += times;
  }

  /** Keeps all deliveries back until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  /** Lets held deliveries go, in the order in which they came or reversed. */
  release(order: "in-order" | "reversed" = "in-order"): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const go of order === "reversed" ? held.toReversed() : held) go();
  }

  /** Sends a frame of any content to every connection. */
  sendRaw(data: string | Buffer): void {
    for (const connection of this.#connections) connection.sendRaw(data);
  }

  stop(): void {
    this.release();
    this.kill();
    this.#server.close();
  }

  #welcome(connection: SlackConnection): void {
    if (this.#connections.size >= MOST_CONNECTIONS)
      return connection.disconnect("too_many_websockets", { closeAfterMs: 1000 });
    connection.withholdsPongs = this.#withholdsPongs;
    this.#connections.add(connection);
    connection.send({
      type: "hello",
      connection_info: { app_id: this.#world.workspace.app.appId },
      num_connections: this.#connections.size,
      debug_info: { host: "applink-simulated", build_number: 1, approximate_connection_time: 3600 },
    });
    this.#world.changes.notify({ kind: "socket" });
  }

  #forget(connection: SlackConnection): void {
    this.#connections.delete(connection);
    this.#world.changes.notify({ kind: "socket" });
  }

  /** One arbitrary connection; a second one too when the envelope is to arrive twice. */
  #routes(): readonly SlackConnection[] {
    const open = this.connections.filter((connection) => connection.routed);
    const first = this.#world.ids.pick(open);
    if (first === undefined) return [];
    if (this.#duplicates === 0) return [first];
    this.#duplicates -= 1;
    return [first, open.find((connection) => connection !== first) ?? first];
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#held === undefined) resolve();
      else this.#held.push(resolve);
    });
  }

  #chosen(id: string | undefined): readonly SlackConnection[] {
    return this.connections.filter((connection) => id === undefined || connection.id === id);
  }

  #acknowledge(text: string, from: SlackConnection): void {
    const acknowledgement = tryAcknowledgement(text);
    if (acknowledgement === undefined) return;
    const note = (): void => {
      const pending = this.#pending.get(acknowledgement.envelope_id);
      if (pending === undefined || !pending.connections.includes(from)) return;
      this.#pending.delete(acknowledgement.envelope_id);
      pending.resolve(acknowledgement.payload);
    };
    if (this.acknowledgementDelayMs === 0) note();
    else this.#world.clock.setTimer(this.acknowledgementDelayMs, note);
  }
}

function tryAcknowledgement(text: string): z.infer<typeof Acknowledgement> | undefined {
  try {
    return Acknowledgement.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function frame(id: string, envelope: SlackEnvelope): unknown {
  const { type, payload, retry } = envelope;
  if (type !== "events_api") return { envelope_id: id, type, accepts_response_payload: true, payload };
  const retrying = { retry_attempt: retry?.attempt ?? 0, retry_reason: retry?.reason ?? "" };
  return { envelope_id: id, type, accepts_response_payload: false, payload, ...retrying };
}
