import { createHash } from "node:crypto";

import { z } from "zod";

import { AppError } from "../../platform/errors.ts";
import { tryJson } from "../../platform/try-json.ts";
import type { NetworkPolicy } from "../network/address-policy.ts";
import type { HttpAnswer, SendHttp } from "../network/http-call.ts";
import type { TlsChoice } from "../network/tls-choice.ts";
import { ACCEPTED } from "./image-manifest.ts";
import { DIGEST, type ImageReference } from "./image-reference.ts";
import { tryChallenge } from "./registry-challenge.ts";

interface RegistryClientDeps {
  readonly send: SendHttp;
  readonly policy: NetworkPolicy;
  readonly image: Pick<ImageReference, "registry" | "repository">;
  readonly login: { readonly user: string; readonly password: string } | undefined;
  /** Besides the registry, the host that gives tokens and may see the login. */
  readonly tokenHost: string | undefined;
  readonly tls: TlsChoice;
  /** Without TLS, also where the registry is not on this machine. */
  readonly http: boolean;
  readonly signal: AbortSignal;
}

/** Some bytes of a registry, whose digest was compared. */
export interface Fetched {
  readonly text: string;
  readonly digest: string;
  readonly contentType: string;
}

// The specification asks registries for no more of a manifest; configurations are as large at most.
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_TOKEN_BYTES = 64 * 1024;
const TIMEOUT_MS = 30_000;
const AGAIN_MS = 5000;

const Token = z.looseObject({ token: z.string().optional(), access_token: z.string().optional() });

/** Docker's own registry is reached under another name than its images have, and gives its tokens under a third. */
const DOCKER_HUB = { registry: "docker.io", host: "registry-1.docker.io", tokenHost: "auth.docker.io" };

/**
 * Reads manifests and configurations from one repository of a registry, as the OCI distribution specification has it. The login is
 * sent to the registry itself and to the host of its tokens alone, never over plain HTTP to another machine unless that was allowed,
 * and what it gives for it to nobody but the registry.
 */
export class RegistryClient {
  readonly #deps: RegistryClientDeps;
  #authorization: string | undefined;

  constructor(deps: RegistryClientDeps) {
    this.#deps = deps;
  }

  /** By tag or digest. Throws `image.not-found`, `image.denied`, `image.registry-away` (retry), `image.digest-differs`, and what the network throws. */
  async manifest(reference: string): Promise<Fetched> {
    const answer = await this.#get(`manifests/${reference}`, ACCEPTED);
    return checked(answer, { wanted: DIGEST.test(reference) ? reference : undefined, what: this.#what(reference) });
  }

  /** The configuration of an image. */
  async blob(digest: string): Promise<Fetched> {
    return checked(await this.#get(`blobs/${digest}`, "*/*"), { wanted: digest, what: this.#what(digest) });
  }

  async #get(path: string, accept: string): Promise<HttpAnswer> {
    const url = new URL(`${this.#origin}/v2/${this.#deps.image.repository}/${path}`);
    const first = await this.#send(url, { accept, ...this.#header });
    if (first.status !== 401 || this.#authorization !== undefined) return this.#judged(first, path);
    this.#authorization = await this.#authorize(first.headers["www-authenticate"] ?? "");
    return this.#judged(await this.#send(url, { accept, ...this.#header }), path);
  }

  get #header(): Readonly<Record<string, string>> {
    return this.#authorization === undefined ? {} : { authorization: this.#authorization };
  }

  get #origin(): string {
    const { image, http, tls } = this.#deps;
    const host = image.registry === DOCKER_HUB.registry ? DOCKER_HUB.host : image.registry;
    const isPlain = http || (isOnThisMachine(host) && tls.ca === undefined);
    return `${isPlain ? "http" : "https"}://${host}`;
  }

  async #authorize(header: string): Promise<string> {
    const { login } = this.#deps;
    const challenge = tryChallenge(header);
    if (challenge === undefined) throw denied(this.#deps.image, "it does not say how to ask");
    if (challenge.kind === "bearer") return `Bearer ${await this.#token(challenge)}`;
    if (login === undefined) throw denied(this.#deps.image, 'it wants to know who asks; say it under "registry"');
    return basic(login);
  }

  /** What is asked for follows from the image, not from what the registry says. */
  async #token({ realm, service }: { readonly realm: string; readonly service: string | undefined }): Promise<string> {
    const { login, image } = this.#deps;
    const url = this.#realm(realm);
    if (service !== undefined) url.searchParams.set("service", service);
    url.searchParams.set("scope", `repository:${image.repository}:pull`);
    const answer = await this.#send(url, login === undefined ? {} : { authorization: basic(login) }, MOST_TOKEN_BYTES);
    if (answer.status === 401 || answer.status === 403) throw denied(image, `${url.host} does not know who asks`);
    if (answer.status !== 200)
      throw away(image, `${url.host} answered ${answer.status} when asked for a token`, answer);
    const read = answer.isCut ? undefined : Token.safeParse(tryJson(textOf(answer))).data;
    const token = read?.token ?? read?.access_token ?? "";
    if (/^[\x21-\x7e]+$/u.test(token)) return token;
    throw denied(image, `${url.host} gave no token`);
  }

  /** Where a token is had. Throws `image.realm-refused` for a place that must not see the login. */
  #realm(realm: string): URL {
    const { image, login, tokenHost } = this.#deps;
    const url = URL.parse(realm);
    const refused = (why: string, hint: string): AppError => {
      const message = `${image.registry} sends whoever asks to ${JSON.stringify(realm.slice(0, 200))} for a token, ${why}. ${hint}`;
      return new AppError(message, { code: "image.realm-refused" });
    };
    const own = new URL(this.#origin);
    const isPlain = url?.protocol === "http:" && own.protocol === "http:";
    if (url === null || url.username !== "" || url.password !== "" || (url.protocol !== "https:" && !isPlain)) {
      throw refused("which is no address for that", "Ask whoever runs the registry");
    }
    const trusted = [own.host, tokenHost, ...(image.registry === DOCKER_HUB.registry ? [DOCKER_HUB.tokenHost] : [])];
    if (login === undefined || trusted.includes(url.host)) return url;
    throw refused(
      "and that host was not meant to see the login",
      `If it is the right one, say "token-host: ${url.host}"`,
    );
  }

  /** Redirects lead to where a registry keeps its content: another host gets no header of ours. */
  async #send(url: URL, headers: Readonly<Record<string, string>>, maxBytes = MOST_BYTES): Promise<HttpAnswer> {
    const { send, policy, tls, signal } = this.#deps;
    const redirects = headers["accept"] === undefined ? 0 : 3;
    return await send({ method: "GET", url, headers, tls, policy, redirects, maxBytes, timeoutMs: TIMEOUT_MS, signal });
  }

  #judged(answer: HttpAnswer, path: string): HttpAnswer {
    const { image } = this.#deps;
    const { status } = answer;
    if (status === 200) return answer;
    if (status === 401 || status === 403) throw denied(image, "whoever asks may not read it");
    if (status === 404) {
      const message = `${image.registry} has no ${image.repository} with ${path.replace(/^(?:manifests|blobs)\//u, "")}. Check how it is written, and that it was pushed`;
      throw new AppError(message, { code: "image.not-found" });
    }
    if (status === 429 || status >= 500) throw away(image, `it answered ${status}`, answer);
    const message = `${image.registry} answered ${status} when asked for ${image.repository}`;
    throw new AppError(message, { code: "image.bad-answer" });
  }

  #what(reference: string): string {
    return `${this.#deps.image.registry}/${this.#deps.image.repository} ${reference}`;
  }
}

/** What a registry says about the digest of something is compared with what it gave. */
function checked(
  answer: HttpAnswer,
  { wanted, what }: { readonly wanted: string | undefined; readonly what: string },
): Fetched {
  if (answer.isCut) {
    const message = `${what} is longer than ${MOST_BYTES / 1024 / 1024} MiB, which nothing is that belongs to an image`;
    throw new AppError(message, { code: "image.too-large" });
  }
  const digest = `sha256:${createHash("sha256").update(answer.body).digest("hex")}`;
  const said = answer.headers["docker-content-digest"];
  const other = [wanted, said].find((one) => one !== undefined && one !== digest);
  if (other !== undefined) {
    const message = `What the registry gave for ${what} has the digest ${digest} and not ${other.slice(0, 100)}: it is something else`;
    throw new AppError(message, { code: "image.digest-differs" });
  }
  return { text: textOf(answer), digest, contentType: answer.headers["content-type"] ?? "" };
}

function textOf({ body }: HttpAnswer): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
}

function basic({ user, password }: { readonly user: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

function isOnThisMachine(host: string): boolean {
  const name = URL.parse(`http://${host}`)?.hostname ?? "";
  return name === "localhost" || name === "[::1]" || /^127(?:\.\d{1,3}){3}$/u.test(name);
}

function denied({ registry, repository }: RegistryClientDeps["image"], why: string): AppError {
  return new AppError(`${registry} does not give ${repository}: ${why}`, { code: "image.denied" });
}

function away({ registry }: RegistryClientDeps["image"], why: string, { headers }: HttpAnswer): AppError {
  const seconds = /^\d{1,4}$/u.exec(headers["retry-after"] ?? "")?.[0];
  const afterMs = seconds === undefined ? AGAIN_MS : Number(seconds) * 1000;
  return new AppError(`${registry} cannot say it just now: ${why}`, {
    code: "image.registry-away",
    retry: { afterMs },
  });
}
