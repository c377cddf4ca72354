import type { AppKey } from "../argocd/application.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";

export interface AttentionDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Looks at these applications; one round at a time. What it could not record is looked at again. */
  readonly round: (apps: ReadonlyMap<string, AppKey>) => Promise<void>;
}

// What comes together is looked at together, and recorded in one commit.
const GATHER_MS = 50;
const TRY_AGAIN_MS = 5000;
// A start replays every application: the event loop is not held up by all of them together.
const MOST_AT_ONCE = 300;

/** Which applications have to be looked at, now or later. Taking note of one costs the same however many there are. */
export class Attention implements AsyncDisposable {
  readonly #deps: AttentionDeps;
  readonly #now = new Map<string, AppKey>();
  readonly #later = new Map<string, { readonly key: AppKey; readonly at: number }>();
  #timer: Timer | undefined;
  #armedFor = Number.POSITIVE_INFINITY;
  #round: Promise<void> | undefined;
  #isStopped = false;

  constructor(deps: AttentionDeps) {
    this.#deps = deps;
  }

  /** Has it looked at soon. */
  soon(app: string, key: AppKey): void {
    this.#now.set(app, key);
    this.#arm(this.#deps.clock.now() + GATHER_MS);
  }

  /** Has it looked at then, whatever was planned for it before. */
  at(app: string, key: AppKey, at: number): void {
    this.#later.set(app, { key, at });
    this.#arm(at);
  }

  /** Nothing is planned for it any more. */
  forget(app: string): void {
    this.#later.delete(app);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#round;
  }

  #arm(at: number): void {
    if (this.#isStopped || at >= this.#armedFor) return;
    this.#timer?.cancel();
    this.#armedFor = at;
    const { clock } = this.#deps;
    this.#timer = clock.setTimer(Math.max(0, at - clock.now()), () => this.#ring());
  }

  #ring(): void {
    this.#armedFor = Number.POSITIVE_INFINITY;
    // The round that is under way arms the timer when it ends.
    if (this.#round !== undefined) return;
    const apps = this.#take();
    if (apps.size === 0) return this.#armNext();
    this.#round = this.#look(apps).finally(() => {
      this.#round = undefined;
      this.#armNext();
    });
  }

  #take(): ReadonlyMap<string, AppKey> {
    const now = this.#deps.clock.now();
    for (const [app, { key, at }] of this.#later) {
      if (at > now) continue;
      this.#later.delete(app);
      this.#now.set(app, key);
    }
    const apps = new Map<string, AppKey>();
    for (const [app, key] of this.#now) {
      if (apps.size >= MOST_AT_ONCE) break;
      apps.set(app, key);
      this.#now.delete(app);
    }
    return apps;
  }

  async #look(apps: ReadonlyMap<string, AppKey>): Promise<void> {
    const { clock, logger, round } = this.#deps;
    try {
      await round(apps);
    } catch (error) {
      if (this.#isStopped) return;
      logger.error("what was seen in Argo CD could not be recorded; it is looked at again", {
        error: errorText(error),
      });
      for (const [app, key] of apps) this.at(app, key, clock.now() + TRY_AGAIN_MS);
    }
  }

  #armNext(): void {
    if (this.#now.size > 0) this.#arm(this.#deps.clock.now() + GATHER_MS);
    let next = Number.POSITIVE_INFINITY;
    for (const { at } of this.#later.values()) next = Math.min(next, at);
    if (next < Number.POSITIVE_INFINITY) this.#arm(next);
  }
}
