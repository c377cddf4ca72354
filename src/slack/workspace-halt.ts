import { backoffMs } from "../platform/backoff.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";

const AGAIN = { firstMs: 30_000, factor: 2, longestMs: 300_000 };

interface Halt {
  readonly code: string;
  readonly times: number;
  readonly until: number;
}

/** Workspaces to which nothing can be sent because the token is refused. One call now and then finds out whether it was mended. */
export class WorkspaceHalt {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #halts = new Map<string, Halt>();

  constructor(deps: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = deps.clock;
    this.#logger = deps.logger;
  }

  halt(team: string, code: string): void {
    const earlier = this.#halts.get(team);
    const now = this.#clock.monotonic();
    // Calls that were under way when the first was refused tell nothing new.
    if (earlier !== undefined && earlier.until > now) return;
    const times = (earlier?.times ?? 0) + 1;
    this.#halts.set(team, { code, times, until: now + backoffMs(AGAIN, times + 1) });
    if (earlier?.code !== code) {
      this.#logger.error("Slack refuses the bot token: nothing is shown until it is mended; runs go on", {
        team,
        code,
      });
    }
  }

  /** A call succeeded. */
  lift(team: string): void {
    if (this.#halts.delete(team)) this.#logger.info("Slack takes the bot token again", { team });
  }

  /** True from the first refusal until a call succeeds. */
  isHalted(team: string): boolean {
    return this.#halts.has(team);
  }

  /** Until when nothing is sent to the workspace, on the monotonic clock. */
  until(team: string): number {
    return this.#halts.get(team)?.until ?? 0;
  }
}
