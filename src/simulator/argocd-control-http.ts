import type { IncomingMessage, ServerResponse } from "node:http";

import { errorText } from "../platform/errors.ts";
import type { Control } from "./argocd-control.ts";
import { ControlCommand } from "./argocd-control-command.ts";
import type { ArgocdInstance } from "./argocd-instance.ts";
import { simulatorState } from "./argocd-state.ts";

export interface ControlHandlerDeps {
  readonly instance: ArgocdInstance;
  readonly control: Control;
}

// Several changes at once are told as one.
const EVENT_DELAY_MS = 50;
const HEADERS = { "cache-control": "no-store" };

/**
 * The simulator's own addresses, for another process: `POST /_control` with a command as JSON, `GET /_control/state`, and
 * `GET /_control/events`, which sends the state as a server-sent event at every change.
 */
export class ControlHandler {
  readonly #deps: ControlHandlerDeps;
  readonly #watchers = new Set<ServerResponse>();
  #isPending = false;

  constructor(deps: ControlHandlerDeps) {
    this.#deps = deps;
    deps.instance.applications.subscribe(() => this.#changed());
    deps.instance.cluster.store.onChange(() => this.#changed());
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://simulator");
    const endpoint = `${request.method} ${pathname}`;
    if (endpoint === "GET /_control/state")
      return reply(response, { status: 200, body: simulatorState(this.#deps.instance) });
    if (endpoint === "GET /_control/events") return this.#watch(response);
    if (endpoint === "POST /_control") return this.#command(request, response);
    return reply(response, {
      status: 404,
      body: { error: "use POST /_control, GET /_control/state or GET /_control/events" },
    });
  }

  async #command(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A page of somebody else cannot send this type without being asked for leave first.
    if (request.headers["content-type"] !== "application/json")
      return reply(response, { status: 415, body: { error: "a command is sent as application/json" } });
    try {
      let text = "";
      for await (const chunk of request.setEncoding("utf8")) text += chunk;
      await this.#deps.control.run(ControlCommand.parse(JSON.parse(text)));
      reply(response, { status: 200, body: {} });
      this.#changed();
    } catch (error) {
      reply(response, { status: 400, body: { error: errorText(error) } });
    }
  }

  #watch(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream", ...HEADERS });
    response.write(this.#event());
    this.#watchers.add(response);
    response.on("close", () => this.#watchers.delete(response));
  }

  #changed(): void {
    if (this.#watchers.size === 0 || this.#isPending) return;
    this.#isPending = true;
    this.#deps.instance.pace.afterUnscaled(EVENT_DELAY_MS, () => {
      this.#isPending = false;
      const event = this.#event();
      for (const watcher of this.#watchers) watcher.write(event);
    });
  }

  #event(): string {
    return `data: ${JSON.stringify(simulatorState(this.#deps.instance))}\n\n`;
  }
}

function reply(response: ServerResponse, { status, body }: { readonly status: number; readonly body: object }): void {
  response.writeHead(status, { "content-type": "application/json", ...HEADERS });
  response.end(JSON.stringify(body));
}
