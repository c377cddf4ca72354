import { createServer, type Server } from "node:http";

import { listen, type ListenOptions } from "../platform/listen.ts";
import { HttpFaults } from "./argocd-faults.ts";
import { githubRoutes } from "./forge-github.ts";
import { gitlabRoutes } from "./forge-gitlab.ts";
import { answerForge, type ForgeApi } from "./forge-http.ts";
import { ForgeLimits } from "./forge-limits.ts";
import { createForgeState, type ForgeDefinition, type ForgeProject, type ForgeState } from "./forge-state.ts";

const GITHUB = "/api/v3";
const GITLAB = "/api/v4";

/** A host of repositories over HTTP, which speaks like a GitHub Enterprise Server and like a GitLab, both about the same repositories. */
export class ForgeSimulator implements AsyncDisposable {
  /** What goes wrong with requests. */
  readonly faults = new HttpFaults();
  readonly limits: ForgeLimits;
  readonly endpoints: readonly string[];
  readonly #state: ForgeState;
  readonly #server: Server;
  readonly #requests: string[] = [];

  private constructor(definition: ForgeDefinition, server: Server, url: string) {
    this.#state = createForgeState(definition, () => url);
    this.#server = server;
    this.limits = new ForgeLimits(definition.clock);
    const apis = apisOf(this.#state);
    this.endpoints = apis.flatMap(({ prefix, routes }) =>
      routes.map(({ method, path }) => `${method} ${prefix}${path}`),
    );
    const deps = { state: this.#state, apis, faults: this.faults, limits: this.limits };
    server.on("request", (request, response) => {
      this.#requests.push(`${request.method} ${request.url}`);
      answerForge(deps, request, response).catch(() => response.destroy());
    });
  }

  static async start({
    listenAt,
    ...definition
  }: ForgeDefinition & { readonly listenAt?: ListenOptions }): Promise<ForgeSimulator> {
    const server = createServer();
    const { host, port } = await listen(server, listenAt);
    return new ForgeSimulator(definition, server, `http://${host}:${port}`);
  }

  get url(): string {
    return this.#state.url();
  }

  get githubApi(): string {
    return `${this.url}${GITHUB}`;
  }

  get gitlabApi(): string {
    return `${this.url}${GITLAB}`;
  }

  /** Every request that has come in: `GET /api/v3/repos/harbor/deploy`. */
  get requests(): readonly string[] {
    return this.#requests;
  }

  /** A repository, by its path; for CI, reviews, rules, and what people do there. */
  project(path: string): ForgeProject {
    const project = this.#state.projects.get(path);
    if (project === undefined) throw new TypeError(`the simulated forge has no ${path}`);
    return project;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}

function apisOf(state: ForgeState): readonly ForgeApi[] {
  return [
    {
      prefix: GITHUB,
      routes: githubRoutes(state),
      says: {
        unknown: { message: "Bad credentials", status: "401" },
        forbidden: { message: "Resource not accessible by personal access token", status: "403" },
        nothing: { message: "Not Found", status: "404" },
      },
    },
    {
      prefix: GITLAB,
      routes: gitlabRoutes(state),
      says: {
        unknown: { message: "401 Unauthorized" },
        forbidden: { error: "insufficient_scope", error_description: "The request requires higher privileges." },
        nothing: { error: "404 Not Found" },
      },
    },
  ];
}
