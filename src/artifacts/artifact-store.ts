import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Artifact } from "../domain/artifact.ts";
import type { Artifacts, NewArtifact } from "../engine/artifacts.ts";
import type { Clock } from "../platform/clock.ts";
import { AppError, errorCode, errorText } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import { damaged, missing, tooLarge } from "./artifact-errors.ts";
import { openFrames, sealFrames, type SealKey } from "./sealed-frames.ts";

export interface ArtifactStoreDeps {
  /** Where the files are, and nothing else. */
  readonly folder: string;
  /** The newest first. */
  readonly keys: readonly SealKey[];
  /** More than this many bytes are refused. */
  readonly mostBytes: () => number;
  readonly clock: Pick<Clock, "now">;
  readonly random: Random;
}

/** Where a file is found: by the content that it had when a step left it, sealed or not. */
export type Place = Pick<Artifact, "digest" | "sealed">;

type Bytes = AsyncIterable<Uint8Array>;

export interface StoredPiece {
  readonly piece: Buffer;
  /** Of the whole file. */
  readonly size: number;
}

/**
 * The files that steps left, in a folder: each once, under the digest of its content, for this user alone. A file is there whole or
 * not at all. A sealed one is encrypted on the disk, and its digest is that of what it holds.
 */
export class ArtifactStore implements Artifacts {
  readonly #deps: ArtifactStoreDeps;

  constructor(deps: ArtifactStoreDeps) {
    this.#deps = deps;
  }

  async put({ name, mediaType, sealed = false, content }: NewArtifact): Promise<Artifact> {
    const draft = join(this.#deps.folder, "drafts", this.#deps.random.bytes(12).toString("hex"));
    const measure = new Measure(name, this.#deps.mostBytes());
    try {
      await mkdir(dirname(draft), { recursive: true, mode: 0o700 });
      const measured = measure.of(pieces(content));
      await writeDurably(draft, sealed ? this.#seal(measured) : measured);
      const artifact = { digest: measure.digest(), bytes: measure.bytes, name, mediaType, sealed };
      await this.#moveIn(draft, artifact);
      return artifact;
    } catch (error) {
      throw error instanceof AppError ? error : unavailable(name, error);
    } finally {
      await rm(draft, { force: true });
    }
  }

  async read(artifact: Artifact): Promise<Uint8Array> {
    const read: Uint8Array[] = [];
    for await (const chunk of this.stream(artifact)) read.push(chunk);
    return Buffer.concat(read, artifact.bytes);
  }

  /** The content piece by piece. What it yields has been checked against the digest only once it has ended without throwing. */
  async *stream(artifact: Artifact): Bytes {
    const { digest, bytes, name } = artifact;
    const measure = new Measure(name, bytes);
    try {
      const stored = createReadStream(this.#pathOf(artifact));
      yield* measure.of(artifact.sealed ? openFrames(stored, this.#deps.keys) : stored);
    } catch (error) {
      throw readFault(artifact, error);
    }
    if (measure.digest() !== digest || measure.bytes !== bytes) throw damaged(artifact);
  }

  /** A piece of a file as it stands on the disk, sealed where it is sealed; undefined where it is not kept. */
  async stored(
    place: Place,
    { from, most }: { readonly from: number; readonly most: number },
  ): Promise<StoredPiece | undefined> {
    const file = await open(this.#pathOf(place), "r").catch(() => undefined);
    if (file === undefined) return undefined;
    try {
      const { size } = await file.stat();
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, Math.min(most, size - from))), {
        position: from,
      });
      return { piece: buffer.subarray(0, bytesRead), size };
    } finally {
      await file.close();
    }
  }

  /**
   * Takes over a file of this disk that holds, sealed where it is to be sealed, what the digest says. Throws `artifact.damaged` for
   * anything else, and `artifact.too-large`.
   */
  async adopt(path: string, place: Place): Promise<void> {
    const measure = new Measure(place.digest, this.#deps.mostBytes());
    const content = createReadStream(path);
    const opened = place.sealed ? openFrames(content, this.#deps.keys) : content;
    for await (const chunk of measure.of(opened)) void chunk;
    if (measure.digest() !== place.digest) throw damaged({ name: place.digest, digest: place.digest });
    await this.#moveIn(path, place);
  }

  #seal(content: Bytes): Bytes {
    const [key] = this.#deps.keys;
    if (key === undefined) throw new TypeError("there is no key to seal with");
    return sealFrames(content, { key, salt: this.#deps.random.bytes(32) });
  }

  /** What is there already stays, and counts as left now. */
  async #moveIn(draft: string, artifact: Place): Promise<void> {
    const path = this.#pathOf(artifact);
    if (await isFile(path)) {
      const now = this.#deps.clock.now() / 1000;
      return utimes(path, now, now);
    }
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await rename(draft, path);
    await syncFolder(dirname(path));
  }

  #pathOf({ digest, sealed }: Place): string {
    return join(this.#deps.folder, digest.slice(0, 2), `${digest.slice(2)}${sealed ? ".sealed" : ""}`);
  }
}

/** Counts and digests what passes by, and lets no more pass than there may be. */
class Measure {
  readonly #name: string;
  readonly #most: number;
  readonly #hash = createHash("sha256");
  bytes = 0;

  constructor(name: string, most: number) {
    this.#name = name;
    this.#most = most;
  }

  async *of(content: Bytes): Bytes {
    for await (const chunk of content) {
      this.bytes += chunk.byteLength;
      if (this.bytes > this.#most) throw tooLarge(this.#name, this.#most);
      this.#hash.update(chunk);
      yield chunk;
    }
  }

  digest(): string {
    return this.#hash.digest("hex");
  }
}

async function* pieces(content: NewArtifact["content"]): Bytes {
  if (content instanceof Uint8Array) yield content;
  else yield* content;
}

async function writeDurably(path: string, content: Bytes): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    for await (const chunk of content) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true;
}

function unavailable(name: string, cause: unknown): AppError {
  const message = `The file ${JSON.stringify(name)} could not be kept (${errorText(cause)}). Look at the disk of the data folder.`;
  return new AppError(message, { code: "artifact.unavailable", retry: "backoff", cause });
}

function readFault(artifact: Artifact, error: unknown): AppError {
  const code = errorCode(error);
  if (code === "artifact.too-large" || code === "seal.unreadable") return damaged(artifact, error);
  if (error instanceof Error && "code" in error && error.code === "ENOENT") {
    return missing(artifact);
  }
  return error instanceof AppError ? error : unavailable(artifact.name, error);
}
