import type { Asker } from "./forge-server.ts";
import type { Row } from "./traffic.ts";

/** A request as a forge gets it. */
export interface WireCall {
  readonly asker: Asker;
  readonly method: string;
  /** Below the address of the API. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  readonly sentAt: number;
  readonly now: number;
}

export interface WireAnswer {
  readonly status: number;
  readonly json: unknown;
  /** What it says, as far as it is judged. */
  readonly rows?: readonly Row[];
  /** There is another page. */
  readonly hasMore?: boolean;
}

// Fewer than anybody asks for, as a server may have it.
const MOST_A_PAGE = 2;

/** A page of a list, with what of it was told. */
export function paged<Item>(
  call: Pick<WireCall, "query">,
  items: readonly Item[],
): { readonly items: readonly Item[]; readonly hasMore: boolean } {
  const page = Number(call.query.get("page") ?? "1");
  const from = (page - 1) * MOST_A_PAGE;
  return { items: items.slice(from, from + MOST_A_PAGE), hasMore: items.length > from + MOST_A_PAGE };
}

export function refusal(status: number, message: string): WireAnswer {
  return { status, json: { message } };
}

export const NOT_FOUND = refusal(404, "Not Found");

/** What answers a request, by its path; it gets what the pattern has found. */
export type Route<Server> = readonly [
  pattern: RegExp,
  answer: (server: Server, call: WireCall, ...found: readonly string[]) => WireAnswer,
];

/** The answer of the first route that fits. */
export function routed<Server>(
  routes: readonly Route<Server>[],
  { server, call, path }: { readonly server: Server; readonly call: WireCall; readonly path: string },
): WireAnswer {
  for (const [pattern, answer] of routes) {
    const found = pattern.exec(path);
    if (found !== null) return answer(server, call, ...found.slice(1));
  }
  return NOT_FOUND;
}
