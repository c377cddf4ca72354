import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

import type { Clock } from "../platform/clock.ts";
import { listen, type ListenOptions } from "../platform/listen.ts";
import { serveGit } from "./git-http-backend.ts";

/** What the host does instead of answering: nothing wrong, refuse the connection, refuse the caller, fail, or answer late. */
export type GitFault =
  | { readonly kind: "none" }
  | { readonly kind: "down" }
  | { readonly kind: "unauthorized" }
  | { readonly kind: "error" }
  | { readonly kind: "slow"; readonly delayMs: number };

export interface GitHostOptions extends ListenOptions {
  readonly clock: Clock;
  /** Bare repositories by their path, such as `acme/deploy.git`. */
  readonly repositories: Readonly<Record<string, string>>;
  /** When present, every request must carry it as a bearer token or as the password of basic authentication. */
  readonly token?: string;
}

// What a fetch asks for; anything else, a push above all, is refused.
const SERVICES = new Set(["/info/refs", "/git-upload-pack"]);

/** A read-only Git server over smart HTTP on the loopback interface, with switches for bad days. */
export class GitHost {
  readonly url: string;
  readonly #deps: GitHostOptions;
  readonly #server: Server;
  readonly #closing = new AbortController();
  #fault: GitFault = { kind: "none" };
  #requests = 0;

  private constructor(deps: GitHostOptions, server: Server, url: string) {
    this.#deps = deps;
    this.#server = server;
    this.url = url;
    server.on("request", (request, response) => void this.#answer(request, response));
  }

  static async start(options: GitHostOptions): Promise<GitHost> {
    const server = createServer();
    const { host, port } = await listen(server, options);
    return new GitHost(options, server, `http://${host}:${port}`);
  }

  /** How many requests have come in. */
  get requests(): number {
    return this.#requests;
  }

  /** The address to clone: `http://127.0.0.1:4711/acme/deploy.git`. */
  repositoryUrl(path: string): string {
    return `${this.url}/${path}`;
  }

  /** Holds until the next call. */
  setFault(fault: GitFault): void {
    this.#fault = fault;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error("the Git host is stopping"));
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#requests += 1;
    try {
      if (await this.#failed(request, response)) return;
      await this.#serve(request, response);
    } catch {
      response.destroy();
    }
  }

  async #failed(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const fault = this.#fault;
    if (fault.kind === "slow") await this.#deps.clock.sleep(fault.delayMs, this.#closing.signal);
    if (fault.kind === "none" || fault.kind === "slow") return false;
    if (fault.kind === "down") request.destroy();
    else if (fault.kind === "unauthorized") refuse(response);
    else response.writeHead(500, { "content-type": "text/plain" }).end("internal server error\n");
    return true;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isAllowed(request, this.#deps.token)) return refuse(response);
    const url = new URL(request.url ?? "/", this.url);
    for (const [path, folder] of Object.entries(this.#deps.repositories)) {
      const service = url.pathname.slice(path.length + 1);
      if (!url.pathname.startsWith(`/${path}/`)) continue;
      const pushes = url.searchParams.get("service") === "git-receive-pack";
      if (!SERVICES.has(service) || pushes) {
        response.writeHead(403, { "content-type": "text/plain" }).end("this host is read-only\n");
        return;
      }
      await serveGit({ folder, service, query: url.search.slice(1) }, request, response);
      return;
    }
    response.writeHead(404, { "content-type": "text/plain" }).end("repository not found\n");
  }
}

function refuse(response: ServerResponse): void {
  response.writeHead(401, { "www-authenticate": 'Basic realm="git"', "content-type": "text/plain" });
  response.end("authentication required\n");
}

function isAllowed(request: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return true;
  const [scheme = "", value = ""] = (request.headers.authorization ?? "").split(" ");
  if (scheme.toLowerCase() === "bearer") return value === token;
  if (scheme.toLowerCase() !== "basic") return false;
  const text = Buffer.from(value, "base64").toString("utf8");
  return text.slice(text.indexOf(":") + 1) === token;
}
