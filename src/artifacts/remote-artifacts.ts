import { createHash } from "node:crypto";

import { request } from "undici";
import { z } from "zod";

import type { Artifact } from "../domain/artifact.ts";
import type { Artifacts, NewArtifact } from "../engine/artifacts.ts";
import type { Clock } from "../platform/clock.ts";
import { AppError, errorText } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import { tryJson } from "../platform/try-json.ts";
import { damaged, missing, tooLarge } from "./artifact-errors.ts";
import { JOB_FILES, PIECE_BYTES, SIZE_HEADER } from "./file-transfer.ts";
import { openFrames, sealFrames, type SealKey } from "./sealed-frames.ts";

interface Deps {
  /** Where the server is reached, without a slash at the end. */
  readonly url: string;
  /** The token of the job. */
  readonly token: string;
  /** The worker's name, for messages. */
  readonly worker: string;
  /** More than this many bytes the server would refuse. */
  readonly mostBytes: number;
  /** Those of the server, the one that it seals with first. */
  readonly keys: readonly SealKey[];
  readonly clock: Pick<Clock, "sleep">;
  readonly random: Pick<Random, "bytes">;
}

interface Answer {
  readonly status: number;
  readonly size: number;
  readonly body: Buffer;
}

interface Call {
  readonly method: "GET" | "PUT";
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
}

const Taken = z.union([z.object({ kind: z.literal("whole") }), z.object({ kind: z.literal("next"), at: z.int() })]);
const Refused = z.looseObject({ code: z.string(), message: z.string() });

// As long as a server needs to start anew.
const WAITS_MS = [100, 300, 1000, 2000, 4000, 8000, 8000, 8000];
const CALL_MS = 15_000;
const MOST_RESTARTS = 5;

/** The server's store as a worker elsewhere reaches it, over HTTP. What is sealed is sealed on the way, too. */
export class RemoteArtifacts implements Artifacts {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async put({ name, mediaType, sealed = false, content }: NewArtifact): Promise<Artifact> {
    const bytes = await this.#gathered(name, content);
    const digest = createHash("sha256").update(bytes).digest("hex");
    await this.#send(sealed ? await this.#sealed(bytes) : bytes, { name, digest, sealed });
    return { digest, bytes: bytes.length, name, mediaType, sealed };
  }

  async read(artifact: Artifact): Promise<Uint8Array> {
    const stored = await this.#fetched(artifact);
    const content = artifact.sealed ? await opened(stored, this.#deps.keys, artifact) : stored;
    if (createHash("sha256").update(content).digest("hex") === artifact.digest) return content;
    throw damaged(artifact);
  }

  async #gathered(name: string, content: NewArtifact["content"]): Promise<Buffer> {
    const { mostBytes } = this.#deps;
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of content instanceof Uint8Array ? [content] : content) {
      bytes += piece.byteLength;
      if (bytes > mostBytes) throw tooLarge(name, mostBytes);
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }

  async #sealed(bytes: Uint8Array): Promise<Buffer> {
    const [key] = this.#deps.keys;
    if (key === undefined) throw new TypeError("there is no key to seal with");
    return await joined(sealFrames(once(bytes), { key, salt: this.#deps.random.bytes(32) }));
  }

  async #send(
    travelling: Buffer,
    { name, digest, sealed }: Pick<Artifact, "name" | "digest" | "sealed">,
  ): Promise<void> {
    const size = String(travelling.length);
    let restarts = 0;
    for (let at = 0; ;) {
      const body = travelling.subarray(at, at + PIECE_BYTES);
      const query = { sealed: sealed ? "1" : "0", from: String(at), size };
      const answer = await this.#call({ method: "PUT", path: `${JOB_FILES}put/${digest}`, query, body });
      if (answer.status === 413) throw tooLarge(name, this.#deps.mostBytes);
      if (answer.status !== 200) throw this.#refused(name, answer);
      const taken = Taken.parse(JSON.parse(answer.body.toString("utf8")));
      if (taken.kind === "whole") return;
      if (taken.at !== at + body.length) restarts += 1;
      if (restarts > MOST_RESTARTS) throw this.#refused(name, answer);
      at = taken.at;
    }
  }

  async #fetched({ digest, sealed, name }: Artifact): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let at = 0;
    for (;;) {
      const query = { sealed: sealed ? "1" : "0", from: String(at) };
      const answer = await this.#call({ method: "GET", path: `${JOB_FILES}get/${digest}`, query });
      if (answer.status === 404) throw missing({ name });
      if (answer.status !== 200) throw this.#refused(name, answer);
      pieces.push(answer.body);
      at += answer.body.length;
      if (at >= answer.size || answer.body.length === 0) return Buffer.concat(pieces);
    }
  }

  /** Asks again while the server cannot be reached or has no room; what it says otherwise is the answer. */
  async #call(call: Call): Promise<Answer> {
    for (const [tried, waitMs] of [...WAITS_MS, undefined].entries()) {
      try {
        const answer = await this.#once(call);
        if (answer.status < 500 || waitMs === undefined) return answer;
      } catch (error) {
        if (waitMs === undefined) throw this.#unreachable(error, tried + 1);
      }
      await this.#deps.clock.sleep(waitMs);
    }
    throw new TypeError("the last try has an end of its own");
  }

  async #once({ method, path, query, body }: Call): Promise<Answer> {
    const { url, token } = this.#deps;
    const options: Parameters<typeof request>[1] = {
      method,
      query: { ...query },
      headers: { authorization: `Bearer ${token}` },
      headersTimeout: CALL_MS,
      bodyTimeout: CALL_MS,
      ...(body !== undefined && { body: Buffer.from(body) }),
    };
    const answer = await request(`${url}${path}`, options);
    const size = Number(answer.headers[SIZE_HEADER] ?? 0);
    return { status: answer.statusCode, size, body: Buffer.from(await answer.body.arrayBuffer()) };
  }

  #unreachable(cause: unknown, tries: number): AppError {
    const { worker, url } = this.#deps;
    const message = `The worker ${worker} cannot reach the server at ${url} for files (${errorText(cause)}, tried ${tries} times). Set artifacts.url in the configuration to an address of the server that workers can reach.`;
    return new AppError(message, { code: "artifact.unavailable", retry: "backoff", cause });
  }

  #refused(name: string, { status, body }: Answer): AppError {
    const said = Refused.safeParse(tryJson(body.toString("utf8"))).data;
    if (said !== undefined) return new AppError(said.message, { code: said.code });
    const why = status === 401 ? "its token is not good any more" : `HTTP status ${status}`;
    const { worker, url } = this.#deps;
    const message = `The server at ${url} did not take or give the file ${JSON.stringify(name)} of the worker ${worker} (${why}). Check that artifacts.url in the configuration leads to this server.`;
    return new AppError(message, { code: "artifact.unavailable", retry: "backoff" });
  }
}

async function opened(stored: Buffer, keys: readonly SealKey[], artifact: Artifact): Promise<Buffer> {
  try {
    return await joined(openFrames(once(stored), keys));
  } catch (error) {
    throw damaged(artifact, error);
  }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

async function joined(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}
