import { createHash } from "node:crypto";

import type { HttpAnswer, HttpHead } from "../../../../src/http/http-route.ts";
import { tryJson } from "../../../../src/platform/try-json.ts";
import type { FakeClock } from "../../../support/fake-clock.ts";
import type { ApiServer } from "./api-server.ts";

/** What somebody wants to be done once, however often it has to be asked for. */
export interface Wish {
  /** The token that it is asked with. */
  readonly name: string;
  readonly key: string | undefined;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly scope: "run" | "cancel" | "retry";
  /** What of it is to stand in the log. */
  readonly recorded: { readonly command: string; readonly typed: unknown; readonly cause: unknown };
}

/** A moment as the world knows it. */
export interface Moment {
  /** On the monotonic clock. */
  readonly ms: number;
  /** On the clock of the server. */
  readonly wall: number;
  /** How many rows the log has. */
  readonly rows: number;
}

/** One request that may have reached the server. */
export interface Call {
  readonly name: string;
  readonly secret: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly query: string;
  /** Where it is asked for something to be done. */
  readonly wish: Wish | undefined;
  readonly scope: "run" | "cancel" | "retry" | "read" | undefined;
  /** When it was looked whether the token is believed; empty where nobody was there. */
  readonly moments: Moment[];
  /** What the server said; undefined where it did not live so long. */
  answer: { readonly status: number; readonly body: unknown; readonly text: string; readonly at: Moment } | undefined;
  /** Whether whoever asked got that. */
  isHeard: boolean;
  /** Something that must never happen. */
  failure: string | undefined;
}

interface Deps {
  readonly server: () => ApiServer | undefined;
  readonly clock: FakeClock;
  readonly rows: () => number;
}

/** How a request goes. */
export interface Way {
  readonly secret: string;
  /** How long the body takes after the head. */
  readonly bodyAfterMs?: number;
  readonly isLost?: boolean;
}

/** Those who ask, and what they have asked and were told: the truth of the world. */
export class ApiCaller {
  readonly calls: Call[] = [];
  readonly wishes: Wish[] = [];
  readonly #deps: Deps;
  #waiting = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Whether there is somebody whom the server has not answered yet. */
  get isWaitedFor(): boolean {
    return this.#waiting > 0;
  }

  moment(): Moment {
    const { clock, rows } = this.#deps;
    return { ms: clock.monotonic(), wall: clock.now(), rows: rows() };
  }

  /** Asks for it. */
  async send(wish: Wish, way: Way): Promise<Call> {
    const { name, path, key, body, scope } = wish;
    const call = this.#begin({ name, secret: way.secret, method: "POST", path, query: "", wish, scope });
    const headers = { "content-type": "application/json", ...(key !== undefined && { "idempotency-key": key }) };
    await this.#carry(call, headers, { ...way, text: JSON.stringify(body) });
    return call;
  }

  /** Asks about something. */
  async read(asked: Pick<Call, "name" | "secret" | "path" | "scope"> & { readonly query?: string }): Promise<Call> {
    const call = this.#begin({ query: "", ...asked, method: "GET", wish: undefined });
    await this.#carry(call, {}, { secret: asked.secret, text: "" });
    return call;
  }

  /** The same where something without an end may be answered. */
  async open(
    asked: Pick<Call, "name" | "secret" | "path" | "query">,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ readonly call: Call; readonly stream: HttpAnswer["stream"]; readonly server: ApiServer | undefined }> {
    const call = this.#begin({ ...asked, method: "GET", wish: undefined, scope: "read" });
    const server = this.#deps.server();
    const answer = await this.#carry(call, headers, { secret: asked.secret, text: "" });
    return { call, stream: answer?.stream, server };
  }

  #begin(call: Omit<Call, "moments" | "answer" | "isHeard" | "failure">): Call {
    const begun = { ...call, moments: [], answer: undefined, isHeard: false, failure: undefined };
    this.calls.push(begun);
    return begun;
  }

  async #carry(
    call: Call,
    headers: Readonly<Record<string, string>>,
    { secret, text, bodyAfterMs = 0, isLost = false }: Way & { readonly text: string },
  ): Promise<HttpAnswer | undefined> {
    const server = this.#deps.server();
    if (server === undefined || server.isDead) return undefined;
    const { method, path, query } = call;
    const head: HttpHead = { method, path, query, headers: { authorization: `Bearer ${secret}`, ...headers } };
    call.moments.push(this.moment());
    this.#waiting += 1;
    try {
      const answer = server.admit(head) ?? (await this.#bring(call, { server, head, text, bodyAfterMs }));
      if (answer === undefined) return undefined;
      const { status, body = "" } = answer;
      call.answer = { status, body: tryJson(body), text: body, at: this.moment() };
      call.isHeard = !isLost;
      return answer;
    } catch (error) {
      call.failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return undefined;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** The body comes, perhaps long after the head. */
  async #bring(
    call: Call,
    {
      server,
      head,
      text,
      bodyAfterMs,
    }: { readonly server: ApiServer; readonly head: HttpHead; readonly text: string; readonly bodyAfterMs: number },
  ): Promise<HttpAnswer | undefined> {
    if (bodyAfterMs > 0) await this.#deps.clock.sleep(bodyAfterMs);
    if (server.isDead) return undefined;
    call.moments.push(this.moment());
    return await server.answer(head, Buffer.from(text));
  }
}

/** The id of a request by its key, as the document of the API leaves to the server and programs rely on. */
export function requestIdOf(key: string): string {
  return `key_${createHash("sha256").update(key).digest("hex").slice(0, 32)}`;
}
