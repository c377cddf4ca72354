import { type Backoff, backoffMs } from "../platform/backoff.ts";
import type { Clock } from "../platform/clock.ts";
import { errorCode, errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import type { SlackIdentity } from "./slack-identity.ts";

interface Deps {
  /** Throws `slack.unreachable` while Slack cannot be asked, and something else when it refuses us. */
  readonly read: () => Promise<SlackIdentity>;
  readonly clock: Pick<Clock, "sleep">;
  readonly logger: Logger;
}

const AGAIN: Backoff = { firstMs: 1000, factor: 2, longestMs: 30_000 };

/** Who Slack says that we are. Before it has said so nobody can be told from a stranger. */
export class OwnIdentity implements Disposable {
  readonly #deps: Deps;
  readonly #stop = new AbortController();
  readonly #known = Promise.withResolvers<void>();
  #current: SlackIdentity | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  get current(): SlackIdentity | undefined {
    return this.#current;
  }

  /** Resolves when it is known; never when this was disposed before. */
  get known(): Promise<void> {
    return this.#known.promise;
  }

  /** Asks once, and goes on in the background while Slack cannot be reached. Throws when Slack refuses us. */
  async find(): Promise<void> {
    try {
      await this.#ask();
    } catch (error) {
      if (errorCode(error) !== "slack.unreachable") throw error;
      this.#deps.logger.warn("Slack cannot be reached; it is tried again in the background", {
        error: errorText(error),
      });
      void this.#findLater();
    }
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }

  async #ask(): Promise<void> {
    this.#current = await this.#deps.read();
    if (!this.#stop.signal.aborted) this.#known.resolve();
  }

  async #findLater(): Promise<void> {
    const { clock, logger } = this.#deps;
    for (let tryNumber = 2; !this.#stop.signal.aborted; tryNumber += 1) {
      try {
        await clock.sleep(backoffMs(AGAIN, tryNumber), this.#stop.signal);
        return await this.#ask();
      } catch (error) {
        if (!this.#stop.signal.aborted) logger.warn("Slack still cannot be reached", { error: errorText(error) });
      }
    }
  }
}
