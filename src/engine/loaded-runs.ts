import { foldRun } from "../domain/evolve.ts";
import type { RunState } from "../domain/run-state.ts";
import { AppError } from "../platform/errors.ts";
import type { EventStore } from "./ports.ts";

/** A run in memory, ahead of the disk by the turns that are pending. */
export interface LoadedRun {
  state: RunState;
  /** Turns whose commit is not on the disk yet. */
  pending: number;
}

interface Deps {
  readonly store: Pick<EventStore, "readRun">;
}

/** The runs that are in memory; every other one is read from the log when somebody asks for it. */
export class LoadedRuns {
  readonly #deps: Deps;
  readonly #runs = new Map<string, LoadedRun>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  get(run: string): LoadedRun | undefined {
    return this.#runs.get(run);
  }

  /** Keeps a run that has just begun, or one that was read. */
  add(state: RunState): LoadedRun {
    const entry = { state, pending: 0 };
    this.#runs.set(state.id, entry);
    return entry;
  }

  /** The run, which stays in memory. Throws `run.unknown`. */
  load(run: string): LoadedRun {
    return this.#runs.get(run) ?? this.add(this.#read(run));
  }

  delete(run: string): void {
    this.#runs.delete(run);
  }

  /** The run as it is now. Throws `run.unknown`. */
  state(run: string): RunState {
    return this.#runs.get(run)?.state ?? this.#read(run);
  }

  #read(run: string): RunState {
    const events = this.#deps.store.readRun(run);
    if (events.length === 0) throw new AppError(`There is no run "${run}".`, { code: "run.unknown" });
    return foldRun(run, events);
  }
}
