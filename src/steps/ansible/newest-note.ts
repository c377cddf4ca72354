import type { Json } from "../../platform/canonical-json.ts";

/** Writes things down one after another; of those that come while one is written only the newest is. */
export class NewestNote {
  readonly #write: (data: Json) => Promise<void>;
  #next: Json | undefined;
  #writing: Promise<void> | undefined;

  constructor(write: (data: Json) => Promise<void>) {
    this.#write = write;
  }

  /** What cannot be written is left to the note that comes after it, which says the same and more. */
  put(data: Json): void {
    this.#next = data;
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
  }

  /** Resolves when nothing is being written any more. */
  async settle(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#next !== undefined) {
      const data = this.#next;
      this.#next = undefined;
      await this.#write(data).catch(() => undefined);
    }
  }
}
