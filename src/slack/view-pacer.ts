import type { RunView } from "../domain/run-view.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";

interface Deps {
  readonly clock: Pick<Clock, "setTimer" | "monotonic">;
  /** Draws every message of the run, which costs about a millisecond. */
  readonly draw: (view: RunView) => void;
  readonly logger: Logger;
}

/** Makes the view of a run as it is when it is asked for. */
type MakeView = () => RunView;

// Slack takes far fewer messages than this; drawing what will never be sent only holds up what people wait for.
const PAUSE_MS = 100;
// With hundreds of runs drawing would still take all of the time: it goes on for so long at a stretch,
const STRETCH_MS = 4;
// and leaves so many times as long to commands and steps.
const REST_FACTOR = 3;

/**
 * Draws the newest view of each run: the first one at once, later ones after a pause, and of those in between only the last.
 * When there is more to draw than there is time for, runs take turns.
 */
export class ViewPacer implements Disposable {
  readonly #deps: Deps;
  readonly #pausing = new Map<string, { readonly timer: Timer; newest: MakeView | undefined }>();
  /** Those whose turn it is, longest waiting first. */
  readonly #due = new Map<string, MakeView>();
  #rest: Timer | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  show(run: string, view: MakeView): void {
    const pause = this.#pausing.get(run);
    if (pause === undefined) this.#take(run, view);
    else pause.newest = view;
  }

  /** Draws what still waits, for a shutdown. */
  [Symbol.dispose](): void {
    this.#rest?.cancel();
    for (const [run, { timer, newest }] of this.#pausing) {
      timer.cancel();
      if (newest !== undefined) this.#due.set(run, newest);
    }
    for (const [run, view] of this.#due) this.#tryDraw(run, view);
    this.#pausing.clear();
    this.#due.clear();
  }

  #take(run: string, view: MakeView): void {
    this.#due.set(run, view);
    if (this.#rest === undefined) this.#drawDue();
  }

  #drawDue(): void {
    const { clock } = this.#deps;
    const begun = clock.monotonic();
    let spentMs = 0;
    for (const [run, view] of this.#due) {
      if (spentMs >= STRETCH_MS) break;
      this.#due.delete(run);
      this.#draw(run, view);
      spentMs = clock.monotonic() - begun;
    }
    if (spentMs > 0) this.#rest = clock.setTimer(spentMs * REST_FACTOR, () => this.#endRest());
  }

  #endRest(): void {
    this.#rest = undefined;
    this.#drawDue();
  }

  #draw(run: string, view: MakeView): void {
    const timer = this.#deps.clock.setTimer(PAUSE_MS, () => this.#resume(run));
    this.#pausing.set(run, { timer, newest: undefined });
    this.#tryDraw(run, view);
  }

  /** Most views are drawn by a timer, where nobody catches: one that cannot be drawn must not end the server. */
  #tryDraw(run: string, view: MakeView): void {
    try {
      this.#deps.draw(view());
    } catch (error) {
      this.#deps.logger.error("a run could not be shown", { run, error: errorText(error) });
    }
  }

  #resume(run: string): void {
    const newest = this.#pausing.get(run)?.newest;
    this.#pausing.delete(run);
    if (newest !== undefined) this.#take(run, newest);
  }
}
