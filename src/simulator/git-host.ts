import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

import type { Clock } from "../platform/clock.ts";
import { listen, type ListenOptions } from "../platform/listen.ts";
import { type BackendRequest, serveGit } from "./git-http-backend.ts";
import { type GitPushFault, GitPushRules, tokenOf } from "./git-push-rules.ts";

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
  /** Those who may push, by their tokens or passwords; nobody may where it is absent. They may read too. */
  readonly pushTokens?: readonly string[];
}

// What fetches and pushes ask for; anything else is refused.
const PUSH = "/git-receive-pack";
const SERVICES = new Set(["/info/refs", "/git-upload-pack", PUSH]);

/** A Git server over smart HTTP on the loopback interface, with switches for bad days. */
export class GitHost {
  readonly url: string;
  readonly #deps: GitHostOptions;
  readonly #server: Server;
  readonly #closing = new AbortController();
  readonly #pushRules: GitPushRules;
  #fault: GitFault = { kind: "none" };
  #requests = 0;

  private constructor(deps: GitHostOptions, server: Server, url: string) {
    this.#deps = deps;
    this.#server = server;
    this.url = url;
    this.#pushRules = new GitPushRules(deps.pushTokens ?? []);
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

  /** How many pushes have come in, whatever became of them. */
  get pushes(): number {
    return this.#pushRules.pushes;
  }

  /** What happens to the next push alone; each call adds one. */
  addPushFault(fault: GitPushFault): void {
    this.#pushRules.addFault(fault);
  }

  /** From now on nobody adds commits to these branches by a push; none lifts it. */
  async protect(path: string, branches: readonly string[]): Promise<void> {
    const folder = this.#deps.repositories[path];
    if (folder === undefined) throw new TypeError(`there is no repository ${path}`);
    await this.#pushRules.protect(folder, branches);
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
    const token = tokenOf(request);
    const isKnown = token === this.#deps.token || this.#pushRules.mayPush(token);
    if (this.#deps.token !== undefined && !isKnown) return refuse(response);
    const { pathname, search, searchParams } = new URL(request.url ?? "/", this.url);
    const found = Object.entries(this.#deps.repositories).find(([path]) => pathname.startsWith(`/${path}/`));
    if (found === undefined) {
      response.writeHead(404, { "content-type": "text/plain" }).end("repository not found\n");
      return;
    }
    const [path, folder] = found;
    const target = { folder, service: pathname.slice(path.length + 1), query: search.slice(1) };
    if (!SERVICES.has(target.service)) return forbid(response, "this host has no such service");
    const isPush = target.service === PUSH || searchParams.get("service") === PUSH.slice(1);
    if (!isPush) return serveGit(target, request, response);
    if (this.#deps.pushTokens === undefined) return forbid(response, "this host is read-only");
    if (token === undefined) return refuse(response);
    if (!this.#pushRules.mayPush(token)) return forbid(response, `Permission to ${path} denied`);
    await this.#takePush(target, request, response);
  }

  async #takePush(target: BackendRequest, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isAnswerLost = (await this.#pushRules.arrive(target.service)) === "lose-answer";
    await serveGit({ ...target, pusher: "git", isAnswerLost }, request, response);
  }
}

function forbid(response: ServerResponse, why: string): void {
  response.writeHead(403, { "content-type": "text/plain" }).end(`${why}\n`);
}

function refuse(response: ServerResponse): void {
  response.writeHead(401, { "www-authenticate": 'Basic realm="git"', "content-type": "text/plain" });
  response.end("authentication required\n");
}
