import type { HomeSource } from "../engine/home-content.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import type { SlackGateway } from "./slack-gateway.ts";
import { renderHome } from "./views/home-view.ts";
import type { ViewLookups } from "./views/view-lookups.ts";

interface Deps {
  readonly gateway: Pick<SlackGateway, "publishHome">;
  readonly source: HomeSource;
  readonly lookups: ViewLookups;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Somebody who has opened the tab. */
interface Viewer {
  readonly team: string;
  readonly user: string;
}

// Who has not looked for this long is not looking any more.
const LOOKING_MS = 60 * 60_000;
// Changes come in bursts, and a tab that is a few seconds old is no harm.
const PAUSE_MS = 5000;
// Slack takes 100 a minute for the whole workspace, of which some are left for those who open the tab.
const EACH_MS = 700;
const MOST_VIEWERS = 60;

/** Keeps the Home tab of those who look at it as things are. It shows and never decides: what is pressed on it leads to the message. */
export class HomeTab implements Disposable {
  readonly #deps: Deps;
  /** When each last opened the tab, longest ago first. */
  readonly #viewers = new Map<string, { readonly viewer: Viewer; readonly openedAt: number }>();
  #pause: Timer | undefined;
  #isStale = false;
  #isPublishing = false;
  #isStopped = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Somebody has opened the tab; never throws. */
  async opened(viewer: Viewer): Promise<void> {
    const key = `${viewer.team}/${viewer.user}`;
    this.#viewers.delete(key);
    this.#viewers.set(key, { viewer, openedAt: this.#deps.clock.now() });
    const [oldest] = this.#viewers.keys();
    if (this.#viewers.size > MOST_VIEWERS && oldest !== undefined) this.#viewers.delete(oldest);
    await this.#publish(viewer);
  }

  /** Something has changed that may be on the tab. */
  changed(): void {
    if (this.#viewers.size === 0) return;
    this.#isStale = true;
    this.#planRound();
  }

  [Symbol.dispose](): void {
    this.#isStopped = true;
    this.#pause?.cancel();
  }

  /** One round at a time: what an older one has read must not be shown after what a newer one has. */
  #planRound(): void {
    if (this.#isStopped || !this.#isStale || this.#isPublishing || this.#pause !== undefined) return;
    const pauseMs = Math.max(PAUSE_MS, this.#viewers.size * EACH_MS);
    this.#pause = this.#deps.clock.setTimer(pauseMs, () => {
      this.#pause = undefined;
      void this.#publishAll();
    });
  }

  async #publishAll(): Promise<void> {
    this.#isStale = false;
    this.#isPublishing = true;
    const since = this.#deps.clock.now() - LOOKING_MS;
    for (const [key, { viewer, openedAt }] of this.#viewers) {
      if (openedAt < since) this.#viewers.delete(key);
      else if (!this.#isStopped) await this.#publish(viewer);
    }
    this.#isPublishing = false;
    this.#planRound();
  }

  async #publish(viewer: Viewer): Promise<void> {
    const { gateway, source, lookups, clock, logger } = this.#deps;
    try {
      const view = renderHome(await source.homeOf(viewer), lookups, clock.now());
      const result = await gateway.publishHome(viewer.user, view);
      if (result.status !== "done") logger.warn("a Home tab could not be shown", { result });
    } catch (error) {
      logger.error("a Home tab could not be made", { error: errorText(error) });
    }
  }
}
