import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

import { tryJson } from "../platform/try-json.ts";
import type { HttpFault, HttpFaults } from "./argocd-faults.ts";
import { FORGE_PAGE_POLICY, forgePage } from "./forge-page.ts";
import type { ForgeLimits } from "./forge-limits.ts";
import { type ForgeAnswer, ForgeRefusal, type ForgeRoute, matchRoute } from "./forge-router.ts";
import type { ForgeState, ForgeToken } from "./forge-state.ts";

export interface ForgeApi {
  /** `/api/v3` */
  readonly prefix: string;
  readonly routes: readonly ForgeRoute[];
  /** What it says to a token that it does not know, to one without the right, and to an address that is none. */
  readonly says: { readonly unknown: object; readonly forbidden: object; readonly nothing: object };
}

export interface ForgeHttpDeps {
  readonly state: ForgeState;
  readonly apis: readonly ForgeApi[];
  readonly faults: HttpFaults;
  readonly limits: ForgeLimits;
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object | undefined;
}

const DEFAULT_PAGE = 30;
const LARGEST_PAGE = 100;

/** Answers one request: limits, tokens, routes, pages, ETags, and what goes wrong. */
export async function answerForge(
  deps: ForgeHttpDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", deps.state.url());
  if (sendPage(deps, { request, pathname: url.pathname }, response)) return;
  const fault = deps.faults.take(`${request.method} ${url.pathname}${url.search}`);
  if (fault !== undefined && (await spoiled(deps, fault, response))) return;
  const body = await text(request);
  const reply = await replyTo(deps, { url, request, body });
  if (fault?.kind === "reset-after") {
    response.socket?.resetAndDestroy();
    return;
  }
  const content = reply.body === undefined ? "" : JSON.stringify(reply.body);
  response.writeHead(reply.status, { "content-type": "application/json; charset=utf-8", ...reply.headers });
  if (fault?.kind !== "truncated") {
    response.end(content);
    return;
  }
  response.write(content.slice(0, Math.floor(content.length / 2)), () => response.socket?.destroy());
}

/** A page of another origin may not run checks again. */
function sendPage(
  { state }: ForgeHttpDeps,
  { request, pathname }: { readonly request: IncomingMessage; readonly pathname: string },
  response: ServerResponse,
): boolean {
  const { method = "GET", headers } = request;
  const isOwn = headers.origin === undefined || headers.origin === state.url();
  const page = isOwn ? forgePage(state, method, pathname) : undefined;
  if (page === undefined) return false;
  response.writeHead(page.status, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": FORGE_PAGE_POLICY,
    ...(page.location !== undefined && { location: page.location }),
  });
  response.end(page.html);
  return true;
}

/** What happens instead of the request, or before it. */
async function spoiled({ state }: ForgeHttpDeps, fault: HttpFault, response: ServerResponse): Promise<boolean> {
  switch (fault.kind) {
    case "slow":
      await state.clock.sleep(fault.delayMs);
      return false;
    case "reset-before":
      response.socket?.resetAndDestroy();
      return true;
    case "status":
      response.writeHead(fault.status, { "content-type": "application/json" });
      response.end(JSON.stringify({ message: fault.message }));
      return true;
    case "html":
      response.writeHead(fault.status, { "content-type": "text/html" });
      response.end("<html><body><h1>Unicorn!</h1></body></html>\n");
      return true;
    case "hang":
      return true;
    case "truncated":
    case "reset-after":
      return false;
  }
}

interface Incoming {
  readonly url: URL;
  readonly request: IncomingMessage;
  readonly body: string;
}

async function replyTo(deps: ForgeHttpDeps, incoming: Incoming): Promise<Reply> {
  const { url } = incoming;
  const api = deps.apis.find(({ prefix }) => url.pathname.startsWith(`${prefix}/`));
  if (api === undefined) return { status: 404, headers: {}, body: { message: "This address is not simulated." } };
  const limited = deps.limits.refusal();
  if (limited !== undefined) return limited;
  try {
    const { answer, status } = await routed(deps, api, incoming);
    const reply = conditional(paged(answer, url), incoming.request, status);
    deps.limits.spend(reply.status);
    return { ...reply, headers: { ...deps.limits.headers(), ...reply.headers } };
  } catch (error) {
    if (!(error instanceof ForgeRefusal)) throw error;
    deps.limits.spend(error.status);
    return { status: error.status, headers: deps.limits.headers(), body: error.body };
  }
}

async function routed(
  { state }: ForgeHttpDeps,
  api: ForgeApi,
  { url, request, body }: Incoming,
): Promise<{ readonly answer: ForgeAnswer; readonly status: number }> {
  const token = tokenOf(state, request);
  const match = matchRoute(api.routes, request.method ?? "GET", url.pathname.slice(api.prefix.length));
  if (token === undefined) throw new ForgeRefusal(401, api.says.unknown);
  if (match === undefined) throw new ForgeRefusal(404, api.says.nothing);
  if (!token.rights.includes(match.route.right)) throw new ForgeRefusal(403, api.says.forbidden);
  const { route, params } = match;
  const answer = await route.handle({ params, query: url.searchParams, body: tryJson(body) ?? {}, user: token.user });
  return { answer, status: answer.status ?? 200 };
}

function tokenOf(state: ForgeState, { headers }: IncomingMessage): ForgeToken | undefined {
  const [scheme = "", value = ""] = (headers.authorization ?? "").split(" ");
  const sent = headers["private-token"] ?? headers["job-token"] ?? (scheme.toLowerCase() === "bearer" ? value : "");
  return state.tokens.get(String(sent));
}

/** One page of a list, with the address of the next one. */
function paged({ body, list }: ForgeAnswer, url: URL): { readonly body: object; readonly link: string | undefined } {
  if (list === undefined) return { body, link: undefined };
  const whole = membersOf(body, list);
  const size = Math.min(LARGEST_PAGE, Number(url.searchParams.get("per_page") ?? DEFAULT_PAGE));
  const at = Number(url.searchParams.get("page") ?? 1);
  const part = whole.slice((at - 1) * size, at * size);
  const next = new URL(url);
  next.searchParams.set("page", String(at + 1));
  const link = at * size < whole.length ? `<${next.href}>; rel="next"` : undefined;
  return { body: list === "self" ? part : { ...body, [list]: part }, link };
}

function membersOf(body: object, list: NonNullable<ForgeAnswer["list"]>): readonly unknown[] {
  const members: unknown = list === "self" ? body : Object.entries(body).find(([key]) => key === list)?.[1];
  return Array.isArray(members) ? members : [];
}

function conditional(
  { body, link }: { readonly body: object; readonly link: string | undefined },
  { headers, method }: IncomingMessage,
  status: number,
): Reply {
  const more = link === undefined ? {} : { link };
  if (method !== "GET") return { status, headers: more, body };
  const etag = `W/"${createHash("sha256").update(JSON.stringify(body)).digest("hex")}"`;
  if (headers["if-none-match"] === etag) return { status: 304, headers: { etag, ...more }, body: undefined };
  return { status, headers: { etag, ...more }, body };
}

async function text(request: IncomingMessage): Promise<string> {
  let body = "";
  request.setEncoding("utf8");
  for await (const chunk of request) body += chunk;
  return body;
}
