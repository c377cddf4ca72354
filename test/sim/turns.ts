import { drained } from "./drained.ts";
import type { Life } from "./life.ts";

/** The ends of the turns of one process's event loop, which come when the simulation says so. */
export class Turns {
  readonly #life: Life;
  #actions: (() => void)[] = [];

  constructor(life: Life) {
    this.#life = life;
  }

  readonly atEnd = (action: () => void): void => {
    this.#actions.push(action);
  };

  get isPending(): boolean {
    return this.#actions.length > 0 && !this.#life.isDead;
  }

  /** Ends this turn: what is asked for meanwhile belongs to the next one. */
  async end(): Promise<void> {
    const actions = this.#actions;
    this.#actions = [];
    for (const action of actions) {
      if (this.#life.isDead) return;
      action();
      await drained();
    }
  }
}
