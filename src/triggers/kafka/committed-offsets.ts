import { errorMessage } from "../../platform/errors.ts";
import type { Logger } from "../../platform/logger.ts";
import type { DealtWith, KafkaSource } from "./kafka-source.ts";

interface Deps {
  readonly source: Pick<KafkaSource, "commit">;
  readonly logger: Logger;
}

/** Has Kafka remember what is dealt with, of each partition the newest, one request at a time. */
export class CommittedOffsets {
  readonly #deps: Deps;
  readonly #due = new Map<number, DealtWith>();
  #flushing: Promise<void> | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Never rejects: what Kafka does not remember comes again, and is on record then. */
  dealtWith(next: DealtWith): void {
    this.#due.set(next.partition, next);
    void this.flush();
  }

  /** Resolves when all that is dealt with was sent. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush();
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    const { source, logger } = this.#deps;
    // Others of this turn go with it.
    await Promise.resolve();
    while (this.#due.size > 0) {
      const offsets = [...this.#due.values()];
      this.#due.clear();
      try {
        await source.commit(offsets);
      } catch (error) {
        logger.debug("Kafka did not take what was read", { error: errorMessage(error) });
      }
    }
    this.#flushing = undefined;
  }
}
