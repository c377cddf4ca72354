import { CallError, type CallFault } from "../../../../src/steps/network/call-failure.ts";
import type { HttpAnswer, HttpCall, SendHttp } from "../../../../src/steps/network/http-call.ts";
import type { Dice } from "../../dice.ts";
import type { DiskClock } from "../ships/disk-clock.ts";
import { idOf } from "./git-server.ts";
import { githubAnswer } from "./github-wire.ts";
import { gitlabAnswer } from "./gitlab-wire.ts";
import type { ForgeServer } from "./forge-server.ts";
import type { WireAnswer } from "./forge-wire.ts";
import { type Exchange, isSame, partOf } from "./traffic.ts";

export const ORIGIN = "https://forge.test";
/** What every request has to carry, and nothing else may say. */
export const TOKEN = "canary-of-the-forge-1512";

interface Deps {
  readonly forge: ForgeServer;
  readonly clock: DiskClock;
  readonly dice: Dice;
  readonly isTroubled: () => boolean;
  /** Whether nobody reaches the forge now. */
  readonly isAway: () => boolean;
  /** Called when a merge is asked for, before the forge knows. */
  readonly onMerge: (number: number) => void;
}

interface Life {
  readonly isDead: boolean;
}

interface Sent {
  readonly exchange: Exchange;
  readonly answer: HttpAnswer | CallFault;
}

/** The way to the forge: it takes its time, requests and answers get lost on it, and the forge wants to be left alone now and then. */
export class ForgeLine {
  readonly exchanges: Exchange[] = [];
  readonly #deps: Deps;
  readonly #counts = new Map<string, number>();
  /** Until then nobody gets an answer but this. */
  quietUntil = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** The way for one process of the application. */
  of(life: Life): SendHttp {
    return async (call) => {
      if (life.isDead) return await never();
      call.signal.throwIfAborted();
      const { exchange, answer } = await this.#sent(call, life);
      if (life.isDead) return await never();
      exchange.endedAt = this.#deps.clock.now();
      call.signal.throwIfAborted();
      if (typeof answer === "object") return answer;
      exchange.fault = answer;
      throw new CallError("the forge is away", { code: answer, wasConnected: answer !== "network.unreachable" });
    };
  }

  async #sent(call: HttpCall, life: Life): Promise<Sent> {
    const { clock, isAway } = this.#deps;
    const exchange = exchangeOf(call, { life, sentAt: clock.now() });
    this.exchanges.push(exchange);
    const luck = this.#luck(`${exchange.asker.run} ${exchange.asker.step}`);
    const isSent = await this.#pass(luck.between(5, 2500), call.signal);
    if (!isSent || life.isDead) {
      // What was on its way may be taken all the same.
      if (luck.chance(0.5)) this.#served(call, exchange);
      return { exchange, answer: "network.broken" };
    }
    if (isAway() || this.#hasTrouble(luck, 0.02)) return { exchange, answer: "network.unreachable" };
    if (this.#hasTrouble(luck, 0.03)) {
      const answer = { status: luck.pick([500, 502, 503]), json: "<html>" };
      return { exchange, answer: this.#answered(call, exchange, answer) };
    }
    if (isMerge(exchange)) this.#deps.onMerge(Number(/(\d+)\/merge$/u.exec(exchange.path)?.[1]));
    const answer = this.#served(call, exchange);
    if (this.#hasTrouble(luck, call.method === "GET" ? 0.03 : 0.25)) return await this.#lost(call, exchange, luck);
    await this.#pass(luck.between(5, 2500), call.signal);
    return { exchange, answer: this.#answered(call, exchange, answer) };
  }

  /** The forge has done it, and its answer does not come, or another one. */
  async #lost(call: HttpCall, exchange: Exchange, luck: Dice): Promise<Sent> {
    if (luck.chance(0.3)) {
      exchange.isForeign = true;
      const status = call.method !== "GET" && luck.chance(0.5) ? 200 : 502;
      return { exchange, answer: this.#answered(call, exchange, { status, json: "<html>" }) };
    }
    const isSlow = luck.chance(0.4);
    await this.#pass(isSlow ? call.timeoutMs : luck.between(5, 2500), call.signal);
    return { exchange, answer: isSlow ? "network.timeout" : "network.broken" };
  }

  #hasTrouble(luck: Dice, chance: number): boolean {
    return this.#deps.isTroubled() && luck.chance(chance);
  }

  /** False where it was told to end meanwhile. */
  async #pass(delayMs: number, signal: AbortSignal): Promise<boolean> {
    return await this.#deps.clock.sleep(delayMs, signal).then(
      () => true,
      () => false,
    );
  }

  #luck(name: string): Dice {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return this.#deps.dice.fork(`${name} ${count}`);
  }

  /** What the forge does of a request. */
  #served({ method, url, headers, body }: HttpCall, { asker, path, sentAt }: Exchange): WireAnswer {
    const { forge, clock } = this.#deps;
    const now = clock.now();
    forge.catchUp(now);
    if (this.quietUntil > now)
      return { status: forge.kind === "github" ? 403 : 429, json: { message: "API rate limit exceeded" } };
    const given = headers["authorization"] ?? headers["private-token"] ?? "";
    if (!given.endsWith(TOKEN)) return { status: 401, json: { message: "Bad credentials" } };
    const sent: unknown = body === undefined ? {} : JSON.parse(body);
    const call = { asker, method, path, query: url.searchParams, body: Object(sent), sentAt, now };
    return forge.kind === "github" ? githubAnswer(forge, call) : gitlabAnswer(forge, call);
  }

  #answered(call: HttpCall, exchange: Exchange, answer: WireAnswer): HttpAnswer {
    const { json, rows, hasMore = false } = answer;
    const text = typeof json === "string" ? json : JSON.stringify(json);
    const etag = `"${idOf("answer", text)}"`;
    const isKnown = answer.status === 200 && call.headers["if-none-match"] === etag;
    const status = isKnown ? 304 : answer.status;
    exchange.status = status;
    if (rows !== undefined) exchange.rows = rows;
    const headers: Record<string, string> = {
      "content-type": "application/json",
      ...(call.method === "GET" && answer.status === 200 && { etag }),
    };
    if (status === 403 || status === 429) {
      exchange.quietUntil = this.quietUntil;
      const now = this.#deps.clock.now();
      Object.assign(headers, limitHeaders({ untilMs: this.quietUntil, now, kind: this.#deps.forge.kind }));
    }
    if (hasMore) headers["link"] = `<${nextOf(call.url)}>; rel="next", <${ORIGIN}/last>; rel="last"`;
    const bytes = Buffer.from(isKnown ? "" : text);
    return { status, headers, body: bytes, isCut: false, url: call.url.href, redirects: 0, latencyMs: 1 };
  }

  /** Requests of a step that come although it was told to leave the forge alone, by the same process in the same attempt. */
  hasty(asker: Exchange["asker"], from: number, to: number): readonly Exchange[] {
    const own = this.exchanges.filter((one) => isSame(one.asker, asker) && one.sentAt >= from && one.sentAt <= to);
    return own.filter((one) =>
      own.some((other) => other.life === one.life && isBefore(other, one) && one.sentAt < (other.quietUntil ?? 0)),
    );
  }
}

/** Whether its answer was there when the other one was sent: nothing is asked for beside a merge. */
function isBefore(one: Exchange, { sentAt }: Exchange): boolean {
  const { endedAt = Infinity } = one;
  return endedAt < sentAt || (endedAt === sentAt && isMerge(one));
}

function isMerge({ method, path }: Exchange): boolean {
  return method === "PUT" && path.endsWith("/merge");
}

/** A request; who asks is said by the address. */
function exchangeOf({ method, url }: HttpCall, sent: Pick<Exchange, "life" | "sentAt">): Exchange {
  const [, run = "", step = "", path = ""] = /^\/q\/([^/]+)\/([^/]+)\/api\/v\d\/(.*)$/u.exec(url.pathname) ?? [];
  const page = Number(url.searchParams.get("page") ?? "1");
  return { asker: { run, step }, method, part: partOf(method, path), page, path, ...sent };
}

/** By the second, and on GitHub in one of two ways. */
function limitHeaders({ untilMs, now, kind }: { untilMs: number; now: number; kind: string }): Record<string, string> {
  const untilS = Math.ceil(untilMs / 1000);
  if (kind === "gitlab" || untilS % 2 === 0) return { "retry-after": String(Math.ceil((untilMs - now) / 1000)) };
  return { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(untilS) };
}

function nextOf(url: URL): string {
  const next = new URL(url);
  next.searchParams.set("page", String(Number(url.searchParams.get("page") ?? "1") + 1));
  return next.href;
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
