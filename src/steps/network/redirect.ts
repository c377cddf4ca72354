import { CallError } from "./call-failure.ts";
import type { TlsChoice } from "./tls-choice.ts";

/** One request on the way to the answer. */
export interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly tls: TlsChoice;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * The request that a redirect asks for; undefined where the answer is none. Another origin gets nothing that was meant for the first
 * one: no header, no client certificate, no body. Throws `http.redirect-refused` for what leaves HTTP or gives up TLS, and where
 * another origin would have to get the body.
 */
export function redirected(
  hop: Hop,
  answer: { readonly status: number; readonly location: string | undefined },
): Hop | undefined {
  const { status, location } = answer;
  if (!REDIRECTS.has(status) || location === undefined) return undefined;
  const url = newAddress(hop, location);
  const isSame = url.origin === hop.url.origin;
  const method = methodAfter(hop.method, status);
  const keepsBody = method === hop.method && hop.body !== undefined;
  if (keepsBody && !isSame) throw refused(hop, `it leads to ${url.origin}, which was not meant to get what is sent`);
  if (!isSame) return { method, url, headers: {}, body: undefined, tls: {} };
  return {
    ...hop,
    method,
    url,
    body: keepsBody ? hop.body : undefined,
    headers: keepsBody ? hop.headers : bodiless(hop),
  };
}

function newAddress(hop: Hop, location: string): URL {
  const url = URL.parse(location, hop.url.href);
  if (url === null) throw refused(hop, "its new address cannot be read");
  if (url.protocol !== "http:" && url.protocol !== "https:") throw refused(hop, `it leads to ${url.protocol}`);
  if (hop.url.protocol === "https:" && url.protocol === "http:") throw refused(hop, "it leads from https to http");
  // A user and a password in it would be sent as credentials.
  url.username = "";
  url.password = "";
  return url;
}

/** As browsers do it: what was posted is not posted again, except where the answer says so. */
function methodAfter(method: string, status: number): string {
  const isKept = method === "GET" || method === "HEAD" || status === 307 || status === 308;
  return isKept || (status !== 303 && method !== "POST") ? method : "GET";
}

function bodiless({ headers }: Hop): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.toLowerCase().startsWith("content-")));
}

function refused({ url }: Hop, why: string): CallError {
  const message = `The redirect of ${url.origin} is not followed: ${why}. Name the address that is meant in "url".`;
  return new CallError(message, { code: "http.redirect-refused", wasConnected: true });
}
