import type { LogRow } from "./check/truth.ts";
import type { Cue, Scene } from "./scenario.ts";
import type { Schedule } from "./schedule.ts";

/** In what somebody types as soon as the log says something of a run: its name. */
export const THE_RUN = "{run}";

interface Deps {
  readonly line: Schedule;
  readonly act: (scene: Scene) => void;
}

/** What is to happen as soon as the log says something. */
export class Cues {
  readonly #deps: Deps;
  readonly #waiting = new Map<Cue, { left: number }>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  await(cue: Cue): void {
    this.#waiting.set(cue, { left: cue.skip ?? 0 });
  }

  saw(rows: readonly LogRow[]): void {
    if (this.#waiting.size === 0) return;
    for (const row of rows) {
      for (const [cue, waiting] of this.#waiting) {
        if (!isMeant(cue, row)) continue;
        waiting.left -= 1;
        if (waiting.left >= 0) continue;
        this.#waiting.delete(cue);
        const scene = withRun(cue.scene, row.stream);
        this.#deps.line.after(cue.afterMs, () => this.#deps.act(scene));
      }
    }
  }
}

function isMeant({ on, has = [] }: Cue, { type, payload }: LogRow): boolean {
  return type === on && has.every((text) => payload?.includes(text) === true);
}

/** Whoever types something about a run has read its name in Slack. */
function withRun(scene: Scene, run: string): Scene {
  if (scene.who !== "person" || scene.act.kind !== "type") return scene;
  return { ...scene, act: { ...scene.act, text: scene.act.text.replace(THE_RUN, run) } };
}
