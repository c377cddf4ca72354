import type { Schedule } from "../schedule.ts";
import type { SimWorker } from "./sim-worker.ts";
import type { WorkerAct } from "./worker-act.ts";

interface Deps {
  /** How many workers there are as long as nothing happens to them. */
  readonly count: number;
  readonly line: Pick<Schedule, "after">;
  readonly open: () => SimWorker;
}

/** The places of the workers, and what happens to those who are there. */
export class WorkerPlaces {
  readonly #deps: Deps;
  /** By place; undefined while nobody is there. */
  readonly #workers: (SimWorker | undefined)[];

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#workers = Array.from({ length: deps.count }, () => undefined);
  }

  /** A worker is started wherever nobody is. */
  fill(): void {
    for (const place of this.#workers.keys()) this.#start(place);
  }

  /** The worker to whom it happens; undefined while nobody is there. */
  at({ worker }: Pick<WorkerAct, "worker">): SimWorker | undefined {
    return this.#workers[worker % this.#workers.length];
  }

  apply(act: WorkerAct): void {
    const worker = this.at(act);
    if (worker === undefined) return;
    if (act.kind === "stall") return worker.pace.stall(act.ms);
    const place = act.worker % this.#workers.length;
    this.#workers[place] = undefined;
    if (act.kind === "lose") worker.life.kill();
    else void worker.end();
    this.#deps.line.after(act.downMs, () => this.#start(place));
  }

  #start(place: number): void {
    this.#workers[place] ??= this.#deps.open();
  }
}
