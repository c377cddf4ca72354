import type { RunView } from "../domain/run-view.ts";
import type { Clock, Timer } from "../platform/clock.ts";

interface Deps {
  readonly clock: Pick<Clock, "setTimer">;
  /** Draws every message of the run, which costs about a millisecond. */
  readonly draw: (view: RunView) => void;
}

// Slack takes far fewer messages than this; drawing what will never be sent only holds up what people wait for.
const PAUSE_MS = 100;

/** Hands on the newest view of each run: the first one at once, later ones after a pause, and of those in between only the last. */
export class ViewPacer implements Disposable {
  readonly #deps: Deps;
  readonly #pausing = new Map<string, { readonly timer: Timer; newest: RunView | undefined }>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  show(view: RunView): void {
    const pause = this.#pausing.get(view.id);
    if (pause === undefined) this.#draw(view);
    else pause.newest = view;
  }

  /** Draws what still waits, for a shutdown. */
  [Symbol.dispose](): void {
    for (const { timer, newest } of this.#pausing.values()) {
      timer.cancel();
      if (newest !== undefined) this.#deps.draw(newest);
    }
    this.#pausing.clear();
  }

  #draw(view: RunView): void {
    const timer = this.#deps.clock.setTimer(PAUSE_MS, () => this.#resume(view.id));
    this.#pausing.set(view.id, { timer, newest: undefined });
    this.#deps.draw(view);
  }

  #resume(run: string): void {
    const newest = this.#pausing.get(run)?.newest;
    this.#pausing.delete(run);
    if (newest !== undefined) this.#draw(newest);
  }
}
