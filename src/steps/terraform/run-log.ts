import type { Artifact } from "../../domain/artifact.ts";
import type { Artifacts } from "../../engine/artifacts.ts";
import { SecretMask } from "../../platform/masking.ts";

const MOST_BYTES = 16 * 1024 * 1024;

/** Everything that the calls of one step printed, as people read it, without the secrets that the step was given. */
export class RunLog {
  readonly #mask = new SecretMask();
  readonly #lines: string[] = [];
  #bytes = 0;
  #left = 0;

  constructor(secrets: Iterable<string>) {
    for (const secret of secrets) this.#mask.add(secret);
  }

  /** The text without the secrets. */
  masked(text: string): string {
    return this.#mask.text(text);
  }

  add(text: string): void {
    const line = this.masked(text);
    this.#bytes += Buffer.byteLength(line) + 1;
    if (this.#bytes > MOST_BYTES) this.#left += 1;
    else this.#lines.push(line);
  }

  /** Leaves it with the step; nothing where nothing was printed. */
  async put(artifacts: Artifacts, name: string): Promise<Artifact | undefined> {
    if (this.#lines.length === 0) return undefined;
    const note = this.#left === 0 ? [] : [`(${this.#left} more lines were left out)`];
    const content = Buffer.from(`${[...this.#lines, ...note].join("\n")}\n`);
    return await artifacts.put({ name, mediaType: "text/plain; charset=utf-8", content });
  }
}
