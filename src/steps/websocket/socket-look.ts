import { WebSocket, type RawData } from "ws";

import type { Clock } from "../../platform/clock.ts";
import { durationText } from "../../platform/duration.ts";
import { timeLimit } from "../../platform/time-limit.ts";
import { CallError, callError } from "../network/call-failure.ts";
import { checkedAddresses, type Lookup } from "../network/checked-addresses.ts";
import type { Look } from "../network/good-in-a-row.ts";
import { fixedLookup, type HttpCall, shownUrl } from "../network/http-call.ts";

/** A WebSocket to a server that is not ours, opened to see whether it answers. */
export interface SocketCall extends Pick<
  HttpCall,
  "url" | "headers" | "tls" | "policy" | "timeoutMs" | "maxBytes" | "signal"
> {
  /** The sub-protocol that the server has to take. */
  readonly protocol?: string | undefined;
  /** Sent once the socket is open. */
  readonly message?: string | undefined;
  /** Why a message is not the one that is waited for; undefined when it is. Without this an open socket is enough. */
  readonly judge?:
    | ((message: { readonly body: Uint8Array; readonly latencyMs: number }) => string | undefined)
    | undefined;
}

export type LookAtSocket = (call: SocketCall) => Promise<Look>;

/**
 * Opens a WebSocket to an address that was checked, without redirects and proxies, and closes it again. Throws CallError, what
 * `checkedAddresses` throws, and the signal's reason.
 */
export function socketLooker({ clock, lookup }: { readonly clock: Clock; readonly lookup: Lookup }): LookAtSocket {
  return async (call) => {
    using limit = timeLimit(clock, call.timeoutMs);
    const begun = clock.monotonic();
    const elapsed = (): number => Math.round(clock.monotonic() - begun);
    const signal = AbortSignal.any([call.signal, limit.signal]);
    const trip: Trip = { wasOpen: false, problem: undefined };
    try {
      await heard({ ...call, signal }, { lookup, elapsed, trip });
      return { problem: undefined, latencyMs: elapsed() };
    } catch (error) {
      call.signal.throwIfAborted();
      if (!limit.signal.aborted) throw error;
      if (trip.wasOpen) return { problem: trip.problem ?? "no message came", latencyMs: elapsed() };
      const message = `${shownUrl(call.url)} did not answer within ${durationText(call.timeoutMs)}.`;
      throw new CallError(message, { code: "network.timeout", wasConnected: false, cause: error });
    }
  };
}

interface Trip {
  wasOpen: boolean;
  /** Why the newest message was not the one. */
  problem: string | undefined;
}

interface Hearing {
  readonly lookup: Lookup;
  readonly elapsed: () => number;
  readonly trip: Trip;
}

async function heard(call: SocketCall, { lookup, elapsed, trip }: Hearing): Promise<void> {
  const { url, signal, judge, message } = call;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
  signal.addEventListener("abort", abort, { once: true });
  const opening = openSocket(call, lookup).then((socket) => {
    socket.on("open", () => {
      trip.wasOpen = true;
      if (message !== undefined) socket.send(message);
      if (judge === undefined) resolve();
    });
    socket.on("message", (data) => {
      trip.problem = judge?.({ body: bytesOf(data), latencyMs: elapsed() });
      if (judge !== undefined && trip.problem === undefined) resolve();
    });
    socket.on("unexpected-response", (request, response) => {
      request.destroy();
      reject(noSocket(url, `it answered with status ${response.statusCode ?? 0}`));
    });
    socket.on("close", (code) => reject(noSocket(url, `it was closed (${code})${trip.problem ?? ""}`)));
    socket.on("error", (error) => reject(socketError(error, { url, wasOpen: trip.wasOpen })));
    return socket;
  });
  opening.catch(reject);
  try {
    signal.throwIfAborted();
    await promise;
  } finally {
    signal.removeEventListener("abort", abort);
    // A socket that is ended while it is being opened says so with an error, for which the listener above stays.
    opening.then((socket) => socket.terminate()).catch(() => undefined);
  }
}

async function openSocket(
  { url, policy, headers, tls, maxBytes, protocol }: SocketCall,
  lookup: Lookup,
): Promise<WebSocket> {
  const addresses = await checkedAddresses({ host: url.hostname, policy, lookup });
  return new WebSocket(url, protocol === undefined ? [] : [protocol], {
    headers: { "user-agent": "quarterdeck", ...headers },
    lookup: fixedLookup(addresses),
    maxPayload: maxBytes,
    perMessageDeflate: false,
    followRedirects: false,
    ...tls,
  });
}

function noSocket(url: URL, why: string): CallError {
  const message = `${shownUrl(url)} is no WebSocket that can be used: ${why}.`;
  return new CallError(message, { code: "http.bad-answer", wasConnected: true });
}

function socketError(error: Error, { url, wasOpen }: { readonly url: URL; readonly wasOpen: boolean }): CallError {
  const isProtocol = "code" in error && typeof error.code === "string" && error.code.startsWith("WS_ERR_");
  if (isProtocol || !("code" in error)) return noSocket(url, error.message);
  return callError(error, { to: shownUrl(url), wasConnected: wasOpen });
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
