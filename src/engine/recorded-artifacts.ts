import type { Artifact } from "../domain/artifact.ts";
import type { SecretMask } from "../platform/masking.ts";
import type { Artifacts, NewArtifact } from "./artifacts.ts";
import { maskedContent } from "./masked-content.ts";

/** A store that remembers what one execution left in it, for its outcome, and gets no secret but in what is sealed. */
export class RecordedArtifacts implements Artifacts {
  readonly #store: Artifacts;
  readonly #mask: Pick<SecretMask, "text">;
  readonly #left: Artifact[] = [];

  constructor(store: Artifacts, mask: Pick<SecretMask, "text">) {
    this.#store = store;
    this.#mask = mask;
  }

  /** In the order in which they were left; of the same name only the last. */
  get left(): readonly Artifact[] {
    return this.#left.filter(({ name }, index) => !this.#left.some((later, at) => at > index && later.name === name));
  }

  async put(file: NewArtifact): Promise<Artifact> {
    const isShown = file.sealed !== true && isText(file.mediaType);
    const content = isShown ? maskedContent(file.content, this.#mask) : file.content;
    const artifact = await this.#store.put({ ...file, content });
    this.#left.push(artifact);
    return artifact;
  }

  read(artifact: Artifact): Promise<Uint8Array> {
    return this.#store.read(artifact);
  }
}

function isText(mediaType: string): boolean {
  return /^text\/|[/+](?:json|xml|yaml|x-ndjson)\b/u.test(mediaType);
}
