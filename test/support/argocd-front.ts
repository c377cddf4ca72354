import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";

import { listen } from "../../src/platform/listen.ts";

/** What a caller of Argo CD asks, at the moment of which a test has its say. */
export interface Passing {
  readonly method: string;
  readonly path: string;
  /** The token with which it came. */
  readonly token: string;
}

export interface ArgocdFrontDeps {
  /** The address of the real one. */
  readonly url: string;
  /** The token that goes on to it, whatever the caller's own. */
  readonly token: string;
}

/** Stands before Argo CD: knows its callers apart by their tokens, and lets a test stop a request before it or its answer after it. */
export class ArgocdFront implements AsyncDisposable {
  /** Awaited before a request is handed on; one whose caller is gone by then is not. */
  before: (passing: Passing) => Promise<void> | void = () => undefined;
  /** What is answered in place of Argo CD; undefined lets it answer. */
  instead: (passing: Passing) => { readonly status: number; readonly body: string } | undefined = () => undefined;
  /** Awaited before the answer is handed back. */
  after: (passing: Passing) => Promise<void> | void = () => undefined;
  /** The syncs that were handed on, by application. */
  readonly syncs: string[] = [];
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async open(deps: ArgocdFrontDeps): Promise<ArgocdFront> {
    const late: { front?: ArgocdFront } = {};
    const server = createServer((incoming, response) => void late.front?.pass(deps, incoming, response));
    const { port } = await listen(server);
    late.front = new ArgocdFront(server, `http://127.0.0.1:${port}`);
    return late.front;
  }

  async pass({ url, token }: ArgocdFrontDeps, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url: path = "/", headers } = incoming;
    const passing = { method, path, token: (headers.authorization ?? "").replace("Bearer ", "") };
    incoming.pause();
    await this.before(passing);
    if (response.destroyed || response.socket?.destroyed === true) return;
    const instead = this.instead(passing);
    if (instead !== undefined) {
      incoming.resume();
      response.writeHead(instead.status, { "content-type": "application/json" }).end(instead.body);
      return;
    }
    const sync = /^\/api\/v1\/applications\/(?<name>[^/?]+)\/sync/u.exec(path)?.groups?.["name"];
    if (method === "POST" && sync !== undefined) this.syncs.push(sync);
    const onward = request(`${url}${path}`, { method, headers: { ...headers, authorization: `Bearer ${token}` } });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    onward.on("response", (answer) => void this.#answer({ passing, answer, response }));
    incoming.pipe(onward);
  }

  async #answer(passed: {
    readonly passing: Passing;
    readonly answer: IncomingMessage;
    readonly response: ServerResponse;
  }): Promise<void> {
    const { passing, answer, response } = passed;
    answer.pause();
    await this.after(passing);
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
