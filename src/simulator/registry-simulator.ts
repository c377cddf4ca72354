import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

import { listen, type ListenOptions } from "../platform/listen.ts";
import { RepositoryContent, sha256, type StoredManifest } from "./registry-content.ts";
import { RegistryLogin, type RegistryLoginOptions } from "./registry-login.ts";
import { RegistryUploads } from "./registry-uploads.ts";

/** What the registry does instead of answering: nothing wrong, end the connection, fail, or ask for less. */
export type RegistryFault =
  | { readonly kind: "none" }
  | { readonly kind: "down" }
  | { readonly kind: "status"; readonly status: number; readonly retryAfterSeconds?: number };

export interface RegistryOptions extends ListenOptions {
  /** Anybody may pull and push where it is absent. */
  readonly login?: RegistryLoginOptions | undefined;
}

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly repository: string;
  readonly content: RepositoryContent;
}

interface Route {
  readonly repository: string;
  readonly what: string;
  readonly rest: string;
}

const NAME = /^[a-z0-9]+(?:(?:[._]|__|-+|\/)[a-z0-9]+)*$/u;
const ROUTE = /^\/v2\/(?<name>.+)\/(?<what>blobs\/uploads|blobs|manifests|tags|referrers)\/(?<rest>[^/]*)$/u;
const INDEX = "application/vnd.oci.image.index.v1+json";

/** A registry of the OCI distribution API on the loopback interface, with switches for bad days. */
export class RegistrySimulator implements AsyncDisposable {
  /** `127.0.0.1:5000`, as images begin with it. */
  readonly host: string;
  readonly #close: () => Promise<void>;
  readonly #repositories = new Map<string, RepositoryContent>();
  readonly #uploads = new RegistryUploads();
  readonly #login: RegistryLogin | undefined;
  #fault: RegistryFault = { kind: "none" };
  #requests = 0;

  private constructor(host: string, options: RegistryOptions, close: () => Promise<void>) {
    this.host = host;
    this.#close = close;
    this.#login = options.login && new RegistryLogin(options.login);
  }

  static async start(options: RegistryOptions = {}): Promise<RegistrySimulator> {
    const server = createServer();
    const { host, port } = await listen(server, options);
    const registry = new RegistrySimulator(`${host}:${port}`, options, async () => {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    });
    server.on("request", (request, response) => {
      registry.#answer(request, response).catch(() => response.destroy());
    });
    return registry;
  }

  /** How many requests have come in. */
  get requests(): number {
    return this.#requests;
  }

  /** Holds until the next call. */
  setFault(fault: RegistryFault): void {
    this.#fault = fault;
  }

  /** What is in a repository, which is made where there is none. Whoever writes there needs no account. */
  repository(name: string): RepositoryContent {
    const known = this.#repositories.get(name) ?? new RepositoryContent();
    this.#repositories.set(name, known);
    return known;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#requests += 1;
    if (this.#failed(request, response)) return;
    const url = new URL(request.url ?? "/", `http://${this.host}`);
    response.setHeader("docker-distribution-api-version", "registry/2.0");
    if (url.pathname === "/token") return this.#giveToken(request, response);
    const route = tryRoute(url.pathname);
    const repository = route?.repository ?? "";
    if (!this.#isLetIn({ request, response, repository })) return;
    if (url.pathname === "/v2" || url.pathname === "/v2/") return json(response, 200, {});
    if (route === undefined) return refuse(response, 404, "NAME_INVALID", url.pathname);
    await this.#serve({ request, response, url, repository, content: this.repository(repository) }, route);
  }

  async #serve(asked: Asked, { what, rest }: Route): Promise<void> {
    if (what === "blobs/uploads") return await this.#upload(asked, rest);
    if (what === "blobs") return sendBlob(asked, rest);
    if (what === "manifests") return await manifest(asked, rest);
    if (what === "referrers") return sendReferrers(asked, rest);
    return json(asked.response, 200, { name: asked.repository, tags: asked.content.tags });
  }

  #failed(request: IncomingMessage, response: ServerResponse): boolean {
    const fault = this.#fault;
    if (fault.kind === "none") return false;
    if (fault.kind === "down") request.destroy();
    else {
      const { status, retryAfterSeconds } = fault;
      if (retryAfterSeconds !== undefined) response.setHeader("retry-after", String(retryAfterSeconds));
      refuse(response, status, status === 429 ? "TOOMANYREQUESTS" : "UNKNOWN", "not now");
    }
    return true;
  }

  #giveToken(request: IncomingMessage, response: ServerResponse): void {
    const token = this.#login?.token(request);
    if (token === undefined) return refuse(response, 401, "UNAUTHORIZED", "wrong user or password");
    return json(response, 200, { token, access_token: token, expires_in: 300 });
  }

  #isLetIn({ request, response, repository }: Pick<Asked, "request" | "response" | "repository">): boolean {
    const right = request.method === "GET" || request.method === "HEAD" ? "pull" : "push";
    const verdict = this.#login?.judge(request, { right, repository, base: `http://${this.host}` });
    if (verdict === undefined || verdict.kind === "allowed") return true;
    if (verdict.kind === "unknown") response.setHeader("www-authenticate", verdict.challenge);
    if (verdict.kind === "denied") refuse(response, 403, "DENIED", "requested access to the resource is denied");
    else refuse(response, 401, "UNAUTHORIZED", "authentication required");
    return false;
  }

  /** A blob comes in one request, in two, or in pieces; or it is in another repository already. */
  async #upload({ request, response, url, repository, content }: Asked, id: string): Promise<void> {
    const [wanted, mounted, from] = ["digest", "mount", "from"].map((name) => url.searchParams.get(name) ?? undefined);
    const there = mounted === undefined ? undefined : this.#repositories.get(from ?? "")?.blob(mounted);
    if (there !== undefined) return created(response, { repository, digest: content.addBlob(there) });
    const upload = id === "" ? this.#uploads.begin(repository) : id;
    const bytes = this.#uploads.add(upload, repository, await buffer(request));
    if (bytes === undefined) return refuse(response, 404, "BLOB_UPLOAD_UNKNOWN", id);
    if (wanted === undefined) {
      response.setHeader("location", `/v2/${repository}/blobs/uploads/${upload}`);
      response.setHeader("docker-upload-uuid", upload);
      response.setHeader("range", `0-${Math.max(0, bytes.length - 1)}`);
      return void response.writeHead(202).end();
    }
    this.#uploads.end(upload);
    if (sha256(bytes) !== wanted) return refuse(response, 400, "DIGEST_INVALID", wanted);
    return created(response, { repository, digest: content.addBlob(bytes) });
  }
}

function tryRoute(path: string): Route | undefined {
  const { name = "", what = "", rest = "" } = ROUTE.exec(path)?.groups ?? {};
  return NAME.test(name) ? { repository: name, what, rest } : undefined;
}

function sendBlob({ request, response, content }: Asked, digest: string): void {
  const bytes = content.blob(digest);
  if (bytes === undefined) return refuse(response, 404, "BLOB_UNKNOWN", digest);
  send(request, response, { digest, mediaType: "application/octet-stream", bytes });
}

async function manifest({ request, response, repository, content }: Asked, reference: string): Promise<void> {
  if (request.method === "PUT") {
    const mediaType = request.headers["content-type"] ?? "";
    const pushed = content.putManifest(reference, mediaType, await buffer(request));
    if (pushed.kind === "refused") return refuse(response, 400, pushed.code, pushed.why);
    if (pushed.subject !== undefined) response.setHeader("oci-subject", pushed.subject);
    response.setHeader("location", `/v2/${repository}/manifests/${pushed.manifest.digest}`);
    response.setHeader("docker-content-digest", pushed.manifest.digest);
    return void response.writeHead(201).end();
  }
  if (request.method === "DELETE") {
    if (!content.deleteManifest(reference)) return refuse(response, 404, "MANIFEST_UNKNOWN", reference);
    return void response.writeHead(202).end();
  }
  const found = content.manifest(reference);
  if (found === undefined) return refuse(response, 404, "MANIFEST_UNKNOWN", reference);
  send(request, response, found);
}

function sendReferrers({ request, response, url, content }: Asked, subject: string): void {
  const wanted = url.searchParams.get("artifactType");
  const all = content.referrers(subject);
  const manifests = wanted === null ? all : all.filter((each) => Reflect.get(each, "artifactType") === wanted);
  if (wanted !== null) response.setHeader("oci-filters-applied", "artifactType");
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
  response.writeHead(200, { "content-type": INDEX, "content-length": bytes.length });
  response.end(request.method === "HEAD" ? undefined : bytes);
}

function send(request: IncomingMessage, response: ServerResponse, { digest, mediaType, bytes }: StoredManifest): void {
  response.writeHead(200, {
    "content-type": mediaType,
    "content-length": bytes.length,
    "docker-content-digest": digest,
    etag: `"${digest}"`,
  });
  response.end(request.method === "HEAD" ? undefined : bytes);
}

function created(response: ServerResponse, blob: { readonly repository: string; readonly digest: string }): void {
  response.setHeader("location", `/v2/${blob.repository}/blobs/${blob.digest}`);
  response.setHeader("docker-content-digest", blob.digest);
  response.writeHead(201).end();
}

function refuse(response: ServerResponse, status: number, code: string, detail: string): void {
  json(response, status, { errors: [{ code, message: code.toLowerCase().replaceAll("_", " "), detail }] });
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
