import { EnvHttpProxyAgent, request } from "undici";

import type { Clock } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import { timeLimit } from "../platform/time-limit.ts";
import { anchorFileName } from "./anchor-file-name.ts";
import type { AnchorTarget } from "./anchor-target.ts";
import { anchorText, type SignedHead } from "./signed-head.ts";

export interface UploadTargetDeps {
  readonly name: string;
  /** Below which each head gets an address of its own; without a slash at the end. */
  readonly url: string;
  /** Read at each use; undefined where none is needed. */
  readonly token: () => string | undefined;
  /** The surrounding environment, of which the proxies are used. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

const WITHIN_MS = 30_000;
const MOST_ANSWER_BYTES = 65_536;
// `If-None-Match: *` lets nothing be replaced: whoever understands it says so where something is there.
const IS_THERE = 412;

/** Keeps each head as an object of its own below an address, by HTTP PUT. */
export class UploadTarget implements AnchorTarget {
  readonly name: string;
  readonly #deps: UploadTargetDeps;

  constructor(deps: UploadTargetDeps) {
    this.name = deps.name;
    this.#deps = deps;
  }

  get address(): string {
    return `url ${this.#deps.url}`;
  }

  async write(head: SignedHead, signal: AbortSignal): Promise<string> {
    const { url, token, environment, clock } = this.#deps;
    const place = `${url}/${anchorFileName(head)}`;
    const bearer = token();
    const agent = new EnvHttpProxyAgent({
      httpProxy: environment["http_proxy"] ?? "",
      httpsProxy: environment["https_proxy"] ?? environment["HTTPS_PROXY"] ?? "",
      noProxy: environment["no_proxy"] ?? environment["NO_PROXY"] ?? "",
    });
    using limit = timeLimit(clock, WITHIN_MS);
    try {
      const { statusCode, body } = await request(place, {
        method: "PUT",
        dispatcher: agent,
        signal: AbortSignal.any([limit.signal, signal]),
        headers: {
          "content-type": "application/json",
          "if-none-match": "*",
          "user-agent": "quarterdeck",
          ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        },
        body: `${anchorText(head)}\n`,
      });
      // Destroyed unread it would throw where nobody catches.
      await body.dump({ limit: MOST_ANSWER_BYTES });
      if ((statusCode >= 200 && statusCode < 300) || statusCode === IS_THERE) return place;
      throw refused(url, statusCode);
    } catch (error) {
      if (error instanceof AppError) throw error;
      const message = `An anchor cannot be put to ${url}, which does not answer. Check the address, the proxy and the certificate`;
      throw new AppError(message, { code: "audit.anchor", retry: "backoff", cause: error });
    } finally {
      await agent.destroy();
    }
  }
}

function refused(url: string, status: number): AppError {
  const message = `An anchor was not taken by ${url} (HTTP ${status}). Check the address, and that the token may create objects there`;
  return new AppError(message, { code: "audit.anchor", retry: "backoff", details: { status } });
}
