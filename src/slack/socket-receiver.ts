import type { App } from "@slack/bolt";

import type { Timer } from "../platform/clock.ts";
import { AppError, errorText } from "../platform/errors.ts";
import { failureOf } from "./slack-error.ts";
import type { SlackReceiver } from "./slack-receiver.ts";
import { SocketLine, type SocketLineDeps } from "./socket-line.ts";

const LINES = 2;
const STAGGER_MS = 500;

/**
 * Socket Mode over two connections that are never renewed at the same moment: Slack loses commands and clicks while an app has
 * none. Slack sends each payload over one of them, whichever it likes.
 */
export class SocketReceiver implements SlackReceiver {
  readonly #deps: SocketLineDeps;
  readonly #lines: readonly SocketLine[];
  readonly #waiting = new Set<Timer>();
  #app: App | undefined;

  constructor(deps: Omit<SocketLineDeps, "expectedConnections">) {
    this.#deps = { ...deps, expectedConnections: LINES };
    this.#lines = Array.from({ length: LINES }, () => new SocketLine(this.#deps));
  }

  get connected(): number {
    return this.#lines.filter((line) => line.isConnected).length;
  }

  init(app: App): void {
    this.#app = app;
  }

  /**
   * Resolves when the first connection stands, or when it does not for a reason that passes, which is retried in the background.
   * Throws `slack.app-token-refused` when the token is no good.
   */
  async start(): Promise<void> {
    const app = this.#app;
    if (app === undefined) throw new Error("the receiver was started before its app");
    const [first, ...others] = this.#lines;
    for (const [index, line] of others.entries()) {
      // A failure is logged by the line, which goes on trying.
      const begin = (): void => void line.start(app).catch(() => undefined);
      this.#waiting.add(this.#deps.clock.setTimer(STAGGER_MS * (index + 1), begin));
    }
    try {
      await first?.start(app);
    } catch (error) {
      const failure = failureOf(error);
      if (failure.status === "refused" && failure.reason === "workspace") {
        await this.stop();
        throw new AppError(
          `Slack refuses the app token (${failure.code}). Create an app-level token with the scope connections:write and set SLACK_APP_TOKEN to the token that begins with xapp-.`,
          { code: "slack.app-token-refused", cause: error },
        );
      }
      this.#deps.logger.warn("Slack cannot be reached yet; it is tried again in the background", {
        error: errorText(error),
      });
    }
  }

  stop(): Promise<void> {
    for (const timer of this.#waiting) timer.cancel();
    for (const line of this.#lines) line.stop();
    return Promise.resolve();
  }
}
