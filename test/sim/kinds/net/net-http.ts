import type { Clock } from "../../../../src/platform/clock.ts";
import { timeLimit } from "../../../../src/platform/time-limit.ts";
import { CallError } from "../../../../src/steps/network/call-failure.ts";
import { checkedAddresses } from "../../../../src/steps/network/checked-addresses.ts";
import type { HttpAnswer, HttpCall, SendHttp } from "../../../../src/steps/network/http-call.ts";
import { type Hop, redirected } from "../../../../src/steps/network/redirect.ts";
import type { Dice } from "../../dice.ts";

/** A request as a far end hears it. */
export interface Heard {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly at: number;
}

/** What a far end does with it. */
export type Reply =
  | {
      readonly kind: "answer";
      readonly afterMs: number;
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: "lost"; readonly afterMs: number; readonly code: "network.unreachable" | "network.broken" }
  /** It says nothing, for ever. */
  | { readonly kind: "silent" };

export type FarEnd = (request: Heard) => Reply;

/** One look of a step at a far end, from the first request to the last answer. */
export interface Look {
  /** With its query. */
  readonly url: string;
  readonly life: number;
  readonly askedAt: number;
  /** When the process had the answer, or knew that there is none; undefined while it waits, and where it gave up by itself. */
  answeredAt: number | undefined;
  /** Of the last answer; undefined where there was none. */
  answer: { readonly status: number; readonly body: string; readonly isCut: boolean } | undefined;
  /** How often it was led on. */
  redirects: number;
  /** What the last answer asked for, if anything. */
  realm: string | undefined;
  /** Somebody was led to an address that nothing may be sent to. */
  isRefused: boolean;
}

interface Deps {
  readonly clock: Clock;
  /** The true time. */
  readonly now: () => number;
  readonly life: number;
  readonly dice: Dice;
  readonly ends: ReadonlyMap<string, FarEnd>;
  /** Hosts that are at a private address. */
  readonly inside: ReadonlySet<string>;
  readonly looks: Look[];
}

/** The network between one process and the far ends. */
export function netSender(deps: Deps): SendHttp {
  const { clock, now, life, looks } = deps;
  return async (call) => {
    const look: Look = {
      url: call.url.href,
      life,
      askedAt: now(),
      answeredAt: undefined,
      answer: undefined,
      redirects: 0,
      realm: undefined,
      isRefused: false,
    };
    looks.push(look);
    using limit = timeLimit(clock, call.timeoutMs);
    const begun = clock.monotonic();
    const signal = AbortSignal.any([call.signal, limit.signal]);
    try {
      const answer = await followed(deps, { ...call, signal });
      look.answeredAt = now();
      look.answer = { status: answer.status, body: Buffer.from(answer.body).toString(), isCut: answer.isCut };
      look.redirects = answer.redirects;
      look.realm = answer.headers["www-authenticate"];
      return { ...answer, latencyMs: Math.round(clock.monotonic() - begun) };
    } catch (error) {
      call.signal.throwIfAborted();
      look.answeredAt = now();
      look.isRefused = error instanceof Error && "code" in error && error.code === "network.refused-address";
      if (!limit.signal.aborted) throw error;
      throw new CallError("it did not answer in time", { code: "network.timeout", wasConnected: true, cause: error });
    }
  };
}

async function followed(deps: Deps, call: HttpCall): Promise<Omit<HttpAnswer, "latencyMs">> {
  const { method, url, headers, body, tls } = call;
  let hop: Hop = { method, url, headers, body, tls };
  for (let redirects = 0; ; redirects += 1) {
    const answer = await asked(deps, call, hop);
    const { headers: own } = answer;
    const next = call.redirects === 0 ? undefined : redirected(hop, { ...answer, location: own["location"] });
    if (next === undefined) return { ...answer, url: hop.url.origin + hop.url.pathname, redirects };
    if (redirects >= call.redirects)
      throw new CallError("it leads on", { code: "http.too-many-redirects", wasConnected: true });
    hop = next;
  }
}

async function asked(
  { clock, now, dice, ends, inside }: Deps,
  { policy, signal, maxBytes }: HttpCall,
  { url, method, headers }: Hop,
): Promise<Pick<HttpAnswer, "status" | "headers" | "body" | "isCut">> {
  const host = url.hostname;
  const lookup = (name: string): Promise<readonly string[]> =>
    ends.has(name) ? Promise.resolve([inside.has(name) ? "10.0.0.7" : "93.184.216.34"]) : Promise.reject(new Error());
  await checkedAddresses({ host, policy, lookup });
  await clock.sleep(dice.between(1, 8), signal);
  const reply = ends.get(host)?.({ url, method, headers, at: now() }) ?? { kind: "silent" };
  if (reply.kind === "silent") return await clock.sleep(Number.MAX_SAFE_INTEGER, signal).then(neverSaid);
  await clock.sleep(reply.afterMs, signal);
  if (reply.kind === "lost")
    throw new CallError("the server is away", { code: reply.code, wasConnected: reply.code === "network.broken" });
  const body = Buffer.from(reply.body);
  return {
    status: reply.status,
    headers: reply.headers ?? {},
    body: body.subarray(0, maxBytes),
    isCut: body.length > maxBytes,
  };
}

function neverSaid(): never {
  throw new RangeError("nothing was ever said");
}
