import { isIPv6, type LookupFunction } from "node:net";

import { Client } from "undici";

import type { Clock } from "../../platform/clock.ts";
import { AppError } from "../../platform/errors.ts";
import { durationText } from "../../platform/duration.ts";
import { timeLimit } from "../../platform/time-limit.ts";
import type { NetworkPolicy } from "./address-policy.ts";
import { CallError, callError } from "./call-failure.ts";
import { checkedAddresses, type Lookup } from "./checked-addresses.ts";
import { readUpTo } from "./read-up-to.ts";
import { type Hop, redirected } from "./redirect.ts";
import type { TlsChoice } from "./tls-choice.ts";

/** A request to a server that is not ours. */
export interface HttpCall {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly tls: TlsChoice;
  readonly policy: NetworkPolicy;
  /** How many redirects are followed; with 0 a redirect is an answer like any other. */
  readonly redirects: number;
  /** What is read of the body. */
  readonly maxBytes: number;
  /** From the look-up of the name to the end of the body, redirects included. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name; several of one name are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The body is longer than what was read of it. */
  readonly isCut: boolean;
  /** Of the last request, without its query. */
  readonly url: string;
  readonly redirects: number;
  /** From the look-up of the name to the end of the body. */
  readonly latencyMs: number;
}

/** Sends one request. Throws CallError, what `checkedAddresses` throws, and the signal's reason. */
export type SendHttp = (call: HttpCall) => Promise<HttpAnswer>;

const CONNECT_MS = 10_000;
const MAX_HEADER_BYTES = 16 * 1024;

/**
 * HTTP/1.1 for calls to others: each over a connection of its own to an address that was checked, without proxies from the
 * environment, with a limit on time, redirects, headers and body.
 */
export function httpSender({ clock, lookup }: { readonly clock: Clock; readonly lookup: Lookup }): SendHttp {
  return async (call) => {
    using limit = timeLimit(clock, call.timeoutMs);
    const begun = clock.monotonic();
    const signal = AbortSignal.any([call.signal, limit.signal]);
    const trip = { wasConnected: false };
    try {
      const answer = await followed({ ...call, signal }, lookup, trip);
      return { ...answer, latencyMs: Math.round(clock.monotonic() - begun) };
    } catch (error) {
      call.signal.throwIfAborted();
      if (!limit.signal.aborted) throw error;
      const message = `${shownUrl(call.url)} did not answer within ${durationText(call.timeoutMs)}.`;
      throw new CallError(message, { code: "network.timeout", ...trip, cause: error });
    }
  };
}

/** What is known of a call that goes wrong. */
interface Trip {
  wasConnected: boolean;
}

async function followed(call: HttpCall, lookup: Lookup, trip: Trip): Promise<Omit<HttpAnswer, "latencyMs">> {
  const { method, url, headers, body, tls } = call;
  let hop: Hop = { method, url, headers, body, tls };
  for (let redirects = 0; ; redirects += 1) {
    const answer = await sent(hop, { call, lookup, trip });
    const next =
      call.redirects === 0 ? undefined : redirected(hop, { ...answer, location: answer.headers["location"] });
    if (next === undefined) return { ...answer, url: shownUrl(hop.url), redirects };
    if (redirects >= call.redirects) throw tooMany(call);
    hop = next;
  }
}

function tooMany({ url, redirects }: HttpCall): CallError {
  const message = `${shownUrl(url)} leads on after ${redirects} redirects. Name the last address in "url", or allow more under "redirects".`;
  return new CallError(message, { code: "http.too-many-redirects", wasConnected: true });
}

type Read = Pick<HttpAnswer, "status" | "headers" | "body" | "isCut">;

async function sent(
  hop: Hop,
  { call, lookup, trip }: { readonly call: HttpCall; readonly lookup: Lookup; readonly trip: Trip },
): Promise<Read> {
  const { policy, signal, maxBytes } = call;
  const addresses = await orAborted(checkedAddresses({ host: hop.url.hostname, policy, lookup }), signal);
  const client = new Client(hop.url.origin, {
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    allowH2: false,
    connect: { timeout: CONNECT_MS, lookup: fixedLookup(addresses), maxCachedSessions: 0, ...hop.tls },
  });
  client.once("connect", () => {
    trip.wasConnected = true;
  });
  try {
    const { statusCode, headers, body } = await client.request({
      method: hop.method,
      path: hop.url.pathname + hop.url.search,
      headers: { "user-agent": "quarterdeck", accept: "*/*", "accept-encoding": "identity", ...hop.headers },
      ...(hop.body !== undefined && { body: hop.body }),
      signal,
    });
    return { status: statusCode, headers: joined(headers), ...(await readUpTo(body, maxBytes)) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AppError) throw error;
    throw callError(error, { to: shownUrl(hop.url), ...trip });
  } finally {
    await client.destroy();
  }
}

/** Gives the addresses that were checked, whatever is asked for. */
export function fixedLookup(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_name, options, callback) => {
    const [first = { address: "", family: 4 }] = all;
    if (options.all === true) callback(null, all);
    else callback(null, first.address, first.family);
  };
}

/** The address for people: what stands after the path may be a secret. */
export function shownUrl(url: URL): string {
  return url.origin + url.pathname;
}

function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener("abort", abort));
}

function joined(headers: Readonly<Record<string, string | string[] | undefined>>): Readonly<Record<string, string>> {
  const lines = Object.entries(headers).flatMap(([name, value]): (readonly [string, string])[] =>
    value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(", ") : value]],
  );
  return Object.fromEntries(lines);
}
