/** A request to the API of a forge. */
export interface ForgeRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The body as JSON; `{}` when there was none. */
  readonly body: unknown;
  /** The account whose token was sent. */
  readonly user: string;
}

export interface ForgeRoute {
  readonly method: "GET" | "POST" | "PUT";
  /** `{name}` stands for one segment. */
  readonly path: string;
  /** What a token needs to be allowed; `write` for what changes something. */
  readonly right: "read" | "write";
  /** A body, or the whole of a list, of which the caller gets one page. Throws a ForgeRefusal. */
  handle(request: ForgeRequest): ForgeAnswer | Promise<ForgeAnswer>;
}

export interface ForgeAnswer {
  /** 200 when absent. */
  readonly status?: number;
  readonly body: object;
  /** What is a list and given in pages: the body itself, or this member of it. */
  readonly list?: "self" | "check_runs" | "check_suites" | "statuses" | "workflow_runs";
}

/** What a forge says instead of doing it. */
export class ForgeRefusal extends Error {
  readonly status: number;
  readonly body: object;

  constructor(status: number, body: object) {
    super(`refused with ${status}`);
    this.name = "ForgeRefusal";
    this.status = status;
    this.body = body;
  }
}

/** The route of a request with what stands in its path; undefined when there is none. */
export function matchRoute(
  routes: readonly ForgeRoute[],
  method: string,
  path: string,
): { readonly route: ForgeRoute; readonly params: Readonly<Record<string, string>> } | undefined {
  const segments = path.split("/");
  for (const route of routes) {
    if (route.method !== method) continue;
    const params = paramsOf(route.path.split("/"), segments);
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

function paramsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? "";
    const name = /^\{(\w+)\}$/u.exec(part)?.[1];
    if (name === undefined && part !== segment) return undefined;
    if (name !== undefined) params[name] = decodeURIComponent(segment);
  }
  return params;
}
