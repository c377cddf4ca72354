import type { Caller } from "./argocd-accounts.ts";

export interface ApiRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The body as JSON; `{}` when there was none. */
  readonly body: unknown;
  readonly caller: Caller;
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** `{name}` stands for one segment; `{name...}` at the end for the rest. */
  readonly path: string;
  /** Whether anybody may call it; then `caller` may have no account. */
  readonly open?: true;
  /** Answers the body; throws an ApiError to refuse. */
  handle(request: ApiRequest): object | Promise<object>;
}

export type Match =
  | { readonly kind: "found"; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: "wrong-method" }
  | { readonly kind: "unknown" };

interface CompiledRoute {
  readonly route: Route;
  readonly pattern: RegExp;
}

/** Finds the route of a request. */
export class Router {
  readonly #routes: readonly CompiledRoute[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes.map((route) => ({ route, pattern: compile(route.path) }));
  }

  /** `GET /api/v1/applications` and so on, for comparison with the table of what is covered. */
  get endpoints(): readonly string[] {
    return this.#routes.map(({ route }) => `${route.method} ${route.path}`);
  }

  match(method: string, path: string): Match {
    let isKnown = false;
    for (const { route, pattern } of this.#routes) {
      const found = pattern.exec(path);
      if (found === null) continue;
      isKnown = true;
      if (route.method !== method) continue;
      const params = Object.entries(found.groups ?? {}).map(([name, value]) => [name, decoded(value)]);
      return { kind: "found", route, params: Object.fromEntries(params) };
    }
    return { kind: isKnown ? "wrong-method" : "unknown" };
  }
}

function compile(path: string): RegExp {
  const pattern = path
    .split("/")
    .map((segment) => {
      const name = /^\{(\w+)(\.\.\.)?\}$/u.exec(segment);
      if (name === null) return segment.replaceAll(".", "\\.");
      return `(?<${name[1]}>${name[2] === undefined ? "[^/]+" : ".+"})`;
    })
    .join("/");
  return new RegExp(`^${pattern}$`, "u");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
