import type { z } from "zod";

import type { Clock } from "../../platform/clock.ts";
import { readBody } from "../network/answer-check.ts";
import type { NetworkPolicy } from "../network/address-policy.ts";
import type { HttpCall, SendHttp } from "../network/http-call.ts";
import { answerError, forgeError, limited, notApi, resetOf } from "./forge-failure.ts";
import { nextPage } from "./link-header.ts";

// A page of a hundred checks holds the reports of each, of up to 128 KiB.
const MAX_BYTES = 24 * 1024 * 1024;
const PER_PAGE = "100";
const MOST_PAGES = 250;
const REDIRECTS = 3;

export interface ForgeClientDeps {
  readonly clock: Clock;
  readonly send: SendHttp;
  readonly networkPolicy: () => NetworkPolicy;
  /** `GitHub`, `GitLab` or the address of one's own, for messages. */
  readonly forge: string;
  readonly api: URL;
  readonly tls: HttpCall["tls"];
  readonly timeoutMs: number;
  /** Asked for each request, as tokens expire. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  readonly signal: AbortSignal;
}

/** What is asked for: where, as what, and how it is called when people are told that it cannot be had. */
export interface ForgeQuestion<Value> {
  /** Below the address of the API, without a slash before it. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly as: z.ZodType<Value>;
  readonly what: string;
}

export interface ForgeOrder<Value> extends ForgeQuestion<Value> {
  readonly method: "POST" | "PUT";
  readonly json: Readonly<Record<string, string | boolean>>;
}

interface Page<Value> {
  readonly value: Value;
  readonly next: URL | undefined;
}

/**
 * Speaks JSON over HTTP with the API of a forge. What was read before is asked for by its ETag, which costs nothing of GitHub's limit
 * while it has not changed; where no requests are left, none is sent before there are. Throws `forge.*` and what `SendHttp` throws.
 */
export class ForgeClient {
  readonly #deps: ForgeClientDeps;
  readonly #read = new Map<string, { readonly etag: string; readonly page: Page<unknown> }>();
  #quietUntilMs = 0;

  constructor(deps: ForgeClientDeps) {
    this.#deps = deps;
  }

  async get<Value>(question: ForgeQuestion<Value>): Promise<Value> {
    const { value } = await this.#page(this.#url(question), question);
    return value;
  }

  /** The same over all pages of a list. */
  async all<Value>(question: ForgeQuestion<Value>): Promise<readonly Value[]> {
    const { query, what } = question;
    let next: URL | undefined = this.#url({ ...question, query: { ...query, per_page: PER_PAGE } });
    const found: Value[] = [];
    while (next !== undefined) {
      if (found.length >= MOST_PAGES) {
        const message = `${this.#deps.forge} has more than ${MOST_PAGES} pages of ${what}, and nobody looks at more.`;
        throw forgeError("forge.too-many", message);
      }
      const page: Page<Value> = await this.#page(next, question);
      found.push(page.value);
      ({ next } = page);
    }
    return found;
  }

  /** Changes something, once: whether it had its effect is not known when this throws something with the retry class `backoff`. */
  async order<Value>(order: ForgeOrder<Value>): Promise<Value> {
    const { method, json } = order;
    const answer = await this.#sent({ method, url: this.#url(order), json });
    if (answer.status >= 300) throw answerError(answer, this.#asked(order));
    return this.#parsed(order, answer.json);
  }

  async #page<Value>(url: URL, question: ForgeQuestion<Value>): Promise<Page<Value>> {
    const before = this.#read.get(url.href);
    const answer = await this.#sent({ method: "GET", url, etag: before?.etag });
    if (answer.status === 304 && before !== undefined) {
      // It was parsed with the schema of the same address.
      return { ...before.page, value: this.#parsed(question, before.page.value) };
    }
    if (answer.status !== 200) throw answerError(answer, this.#asked(question));
    const page = { value: this.#parsed(question, answer.json), next: this.#next(answer.headers["link"]) };
    const { etag } = answer.headers;
    if (etag !== undefined) this.#read.set(url.href, { etag, page });
    return page;
  }

  async #sent({ method, url, json, etag }: Sent): Promise<Answered> {
    const { clock, send, networkPolicy, tls, timeoutMs, signal, forge } = this.#deps;
    const quietMs = this.#quietUntilMs - clock.monotonic();
    if (quietMs > 0) throw limited(forge, quietMs, clock.now());
    const answer = await send({
      method,
      url,
      headers: {
        ...(json !== undefined && { "content-type": "application/json" }),
        ...(etag !== undefined && { "if-none-match": etag }),
        ...(await this.#deps.headers()),
      },
      body: json === undefined ? undefined : JSON.stringify(json),
      tls,
      policy: networkPolicy(),
      redirects: REDIRECTS,
      maxBytes: MAX_BYTES,
      timeoutMs,
      signal,
    });
    const { status, headers } = answer;
    const resetMs = resetOf(headers, clock.now());
    if (resetMs !== undefined) this.#quietUntilMs = clock.monotonic() + resetMs;
    return { status, headers, json: readBody(answer).json };
  }

  #parsed<Value>({ as, what }: ForgeQuestion<Value>, value: unknown): Value {
    const parsed = as.safeParse(value);
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues[0]?.path.join(".") ?? "";
    throw notApi(this.#deps.forge, `when asked for ${what}${where === "" ? "" : ` (at ${where})`}`);
  }

  /** The token goes nowhere but to the API that it is for. */
  #next(header: string | undefined): URL | undefined {
    const { api, forge } = this.#deps;
    const address = nextPage(header);
    if (address === undefined) return undefined;
    const url = URL.parse(address, api.href);
    if (url?.origin === api.origin) return url;
    throw notApi(forge, `names a next page on another host, so it`);
  }

  #url({ path, query = {} }: Pick<ForgeQuestion<unknown>, "path" | "query">): URL {
    const url = new URL(`${this.#deps.api.href.replace(/\/+$/u, "")}/${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  #asked({ what }: Pick<ForgeQuestion<unknown>, "what">): Parameters<typeof answerError>[1] {
    const { forge, clock } = this.#deps;
    return { forge, what, nowMs: clock.now() };
  }
}

interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly json?: Readonly<Record<string, string | boolean>>;
  readonly etag?: string | undefined;
}

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: unknown;
}
