import type { Artifact } from "../domain/artifact.ts";
import type { Artifacts, NewArtifact } from "./artifacts.ts";

/** A store that remembers what one execution left in it, for its outcome. */
export class RecordedArtifacts implements Artifacts {
  readonly #store: Artifacts;
  readonly #left: Artifact[] = [];

  constructor(store: Artifacts) {
    this.#store = store;
  }

  /** In the order in which they were left; of the same name only the last. */
  get left(): readonly Artifact[] {
    return this.#left.filter(({ name }, index) => !this.#left.some((later, at) => at > index && later.name === name));
  }

  async put(file: NewArtifact): Promise<Artifact> {
    const artifact = await this.#store.put(file);
    this.#left.push(artifact);
    return artifact;
  }

  read(artifact: Artifact): Promise<Uint8Array> {
    return this.#store.read(artifact);
  }
}
