import { createHash } from "node:crypto";

import type { Artifact } from "../../src/domain/artifact.ts";
import type { Artifacts, NewArtifact } from "../../src/engine/artifacts.ts";
import { AppError } from "../../src/platform/errors.ts";

/** The files that steps left, in memory. */
export class MemoryArtifacts implements Artifacts {
  readonly kept: { readonly artifact: Artifact; readonly content: Buffer }[] = [];

  async put({ name, mediaType, sealed = false, content }: NewArtifact): Promise<Artifact> {
    const pieces: Uint8Array[] = [];
    if (content instanceof Uint8Array) pieces.push(content);
    else for await (const piece of content) pieces.push(piece);
    const whole = Buffer.concat(pieces);
    const digest = createHash("sha256").update(whole).digest("hex");
    const artifact = { digest, bytes: whole.length, name, mediaType, sealed };
    this.kept.push({ artifact, content: whole });
    return artifact;
  }

  async read({ digest, name, sealed }: Artifact): Promise<Uint8Array> {
    const found = this.kept.find(({ artifact }) => artifact.digest === digest && artifact.sealed === sealed);
    if (found === undefined) throw new AppError(`${name} is not kept any more`, { code: "artifact.missing" });
    return found.content;
  }

  /** What was left under this name last, as text. */
  text(name: string): string | undefined {
    return this.kept.findLast(({ artifact }) => artifact.name === name)?.content.toString("utf8");
  }
}
