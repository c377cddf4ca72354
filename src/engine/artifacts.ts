import type { Artifact } from "../domain/artifact.ts";
import { AppError } from "../platform/errors.ts";

/** A file on its way into the store. */
export interface NewArtifact {
  /** A file name without a folder, as people see it. */
  readonly name: string;
  readonly mediaType: string;
  /** True where it may hold secrets, as a saved plan does. */
  readonly sealed?: boolean | undefined;
  readonly content: Uint8Array | AsyncIterable<Uint8Array>;
}

/**
 * Where the execution of a step leaves files and reads those of the steps before it. Everything that an attempt put stands in its
 * outcome, whether it succeeded or not. On a worker elsewhere it is the server's store, reached with a token of the job.
 */
export interface Artifacts {
  /** Resolves once the content is durable. Throws `artifact.too-large`, and `artifact.unavailable` (retry `backoff`) when the store cannot be had. */
  put(file: NewArtifact): Promise<Artifact>;
  /** The whole content, checked against the digest. Throws `artifact.missing` and `artifact.damaged`. */
  read(artifact: Artifact): Promise<Uint8Array>;
}

/** What the engine itself gives an execution; the kinds that are made ready for work (`equippedKinds`) put the real store in its place. */
export const noArtifacts: Artifacts = { put: () => unavailable(), read: () => unavailable() };

function unavailable(): Promise<never> {
  return Promise.reject(new AppError("There is no store for files here.", { code: "artifact.unavailable" }));
}
