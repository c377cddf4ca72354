import { createPrivateKey, sign, type KeyObject } from "node:crypto";

import { EnvHttpProxyAgent, request } from "undici";
import { z } from "zod";

import { type Clock, tryIsoTime } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import { timeLimit } from "../platform/time-limit.ts";
import { tryJson } from "../platform/try-json.ts";

export interface GitHubAppTokenDeps {
  readonly appId: string;
  readonly installationId: string;
  /** PEM text. */
  readonly privateKey: string;
  readonly apiUrl: string;
  /** PEM text of the authority that signed the API's certificate, when it is not a public one. */
  readonly readCa: () => Promise<string | undefined>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

const InstallationToken = z.looseObject({ token: z.string().min(1).max(4096), expires_at: z.string() });

const RENEW_BEFORE_MS = 5 * 60_000;
const REQUEST_MS = 20_000;
const LARGEST_ANSWER = 256 * 1024;
// GitHub allows ten minutes of life and recommends a minute of allowance for clocks that differ.
const ASSERTION_PAST_S = 60;
const ASSERTION_LIFE_S = 540;

/** The access token of a GitHub App's installation: asked for when needed, kept until five minutes before it expires. */
export class GitHubAppToken {
  readonly #deps: GitHubAppTokenDeps;
  #known: { readonly token: string; readonly expiresAt: number } | undefined;
  #asking: Promise<string> | undefined;

  constructor(deps: GitHubAppTokenDeps) {
    this.#deps = deps;
  }

  /** Rejects with `git.authentication` when GitHub refuses the App and `git.unreachable` when it does not answer. */
  async token(): Promise<string> {
    if (this.#known !== undefined && this.#known.expiresAt - RENEW_BEFORE_MS > this.#deps.clock.now())
      return this.#known.token;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** Forgets the token, after a server refused it. */
  forget(): void {
    this.#known = undefined;
  }

  async #ask(): Promise<string> {
    const { apiUrl, installationId, appId, environment, readCa, clock } = this.#deps;
    const ca = await readCa();
    const assertion = appAssertion({ appId, key: this.#key(), nowMs: clock.now() });
    const trust = ca === undefined ? {} : { connect: { ca }, requestTls: { ca } };
    const agent = new EnvHttpProxyAgent({
      httpProxy: environment["http_proxy"] ?? "",
      httpsProxy: environment["https_proxy"] ?? environment["HTTPS_PROXY"] ?? "",
      noProxy: environment["no_proxy"] ?? environment["NO_PROXY"] ?? "",
      ...trust,
    });
    using limit = timeLimit(clock, REQUEST_MS);
    try {
      const url = `${apiUrl.replace(/\/+$/u, "")}/app/installations/${encodeURIComponent(installationId)}/access_tokens`;
      const answer = await request(url, {
        method: "POST",
        dispatcher: agent,
        headersTimeout: REQUEST_MS,
        bodyTimeout: REQUEST_MS,
        signal: limit.signal,
        headers: {
          accept: "application/vnd.github+json",
          authorization: `Bearer ${assertion}`,
          "user-agent": "quarterdeck",
          "x-github-api-version": "2022-11-28",
        },
      });
      const body = await limitedText(answer.body);
      if (answer.statusCode !== 201) throw this.#refused(answer.statusCode);
      return this.#keep(body);
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw new AppError(
        `GitHub at ${apiUrl} does not answer, so no token for the App's installation ${installationId} can be had. Check the address, the proxy and the certificate`,
        {
          code: "git.unreachable",
          retry: "backoff",
          cause: error,
        },
      );
    } finally {
      await agent.destroy();
    }
  }

  #keep(body: string): string {
    const parsed = InstallationToken.safeParse(tryJson(body));
    const expiresAt = parsed.success ? tryIsoTime(parsed.data.expires_at) : undefined;
    if (!parsed.success || expiresAt === undefined || /[\p{Cc}\s]/u.test(parsed.data.token)) {
      throw new AppError(
        `${this.#deps.apiUrl} answered something that is no installation token. Check that apiUrl is the address of GitHub's REST API`,
        { code: "git.authentication" },
      );
    }
    this.#known = { token: parsed.data.token, expiresAt };
    return parsed.data.token;
  }

  #key(): KeyObject {
    try {
      return createPrivateKey(this.#deps.privateKey);
    } catch {
      // The cause is dropped: it could quote the key.
      throw new AppError(
        "The private key of the GitHub App is not a PEM private key. Download a new one from the App's settings",
        { code: "git.authentication" },
      );
    }
  }

  #refused(status: number): AppError {
    const { apiUrl, appId, installationId } = this.#deps;
    const what = `GitHub at ${apiUrl} refused a token for App ${appId}, installation ${installationId} (HTTP ${status})`;
    if (status === 429 || status >= 500) {
      return new AppError(`${what}. It is overloaded or down; it is asked again later`, {
        code: "git.unreachable",
        retry: "backoff",
      });
    }
    return new AppError(
      `${what}. Check both numbers, that the key belongs to the App and was not deleted, that the App is still installed, and this machine's clock`,
      { code: "git.authentication" },
    );
  }
}

/** The signed statement by which an App proves itself to GitHub: a JSON Web Token, RS256. */
function appAssertion(input: { readonly appId: string; readonly key: KeyObject; readonly nowMs: number }): string {
  const nowS = Math.floor(input.nowMs / 1000);
  const header = base64url({ alg: "RS256", typ: "JWT" });
  const claims = base64url({ iat: nowS - ASSERTION_PAST_S, exp: nowS + ASSERTION_LIFE_S, iss: input.appId });
  const signature = sign("RSA-SHA256", Buffer.from(`${header}.${claims}`), input.key).toString("base64url");
  return `${header}.${claims}.${signature}`;
}

function base64url(value: Readonly<Record<string, string | number>>): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

async function limitedText(body: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > LARGEST_ANSWER) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
