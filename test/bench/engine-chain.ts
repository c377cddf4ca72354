import { z } from "zod";

import { InProcessDispatcher } from "../../src/dispatch/in-process-dispatcher.ts";
import type { Plan } from "../../src/domain/plan.ts";
import { Alarm } from "../../src/engine/alarm.ts";
import { projectRun } from "../../src/engine/projection.ts";
import { RunService } from "../../src/engine/run-service.ts";
import { RunWork } from "../../src/engine/run-work.ts";
import { defineAction } from "../../src/engine/step-kind.ts";
import { digestOf } from "../../src/platform/canonical-json.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { atEndOfTurn } from "../../src/platform/turn.ts";
import { openStore, type Store } from "../../src/store/store.ts";

const CONCURRENCY = 50;

/** The engine as the server has it, on a log in `folder`, with one action that does nothing. */
export class EngineChain {
  readonly #store: Store;
  readonly #runs: RunService;
  readonly #work: RunWork;
  readonly #alarm: Alarm;
  readonly #executed = new Map<string, number[]>();
  readonly #ended = new Map<string, () => void>();

  private constructor(store: Store) {
    const clock = systemClock;
    const logger = silentLogger;
    const kinds = new Map([[NOTHING, this.#action()]]);
    this.#store = store;
    this.#work = new RunWork({
      store: store.events,
      people: store.people,
      kinds,
      logger,
      createDispatcher: (reports) =>
        new InProcessDispatcher({ kinds, reports, clock, concurrency: CONCURRENCY, shutdownGraceMs: 0 }),
      apply: (run, input) => this.#runs.apply(run, input),
      onChanged: ({ id, state }) => {
        if (state.finishedAt !== undefined) this.#ended.get(id)?.();
      },
    });
    const onWakeAt = (at: number | undefined): void => this.#alarm.expect(at);
    this.#runs = new RunService({
      store: store.events,
      clock,
      random: systemRandom,
      logger,
      work: this.#work,
      onWakeAt,
    });
    this.#alarm = new Alarm({ store: store.events, clock, logger, wakeDue: () => this.#runs.wakeDue() });
  }

  static async open(folder: string): Promise<EngineChain> {
    const address = "the benchmark";
    const base = { clock: systemClock, random: systemRandom, atEndOfTurn, projector: projectRun };
    return new EngineChain(await openStore({ ...base, dataFolder: folder, address }));
  }

  /** Runs one chain of so many steps; resolves with the moments at which its steps began to be executed. */
  async run(steps: number): Promise<readonly number[]> {
    const run = this.#runs.newRunId();
    const moments: number[] = [];
    this.#executed.set(run, moments);
    const ended = new Promise<void>((resolve) => void this.#ended.set(run, resolve));
    const plan = planOf(steps);
    await this.#runs.start({
      run,
      actor: "p_bench",
      plan,
      planDigest: digestOf(plan),
      inputs: {},
      targets: [],
      origin: { door: "slash", team: "T1", channel: "C1", text: "/bench" },
      title: "bench",
    });
    await ended;
    this.#executed.delete(run);
    this.#ended.delete(run);
    return moments;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#alarm[Symbol.dispose]();
    await this.#work[Symbol.asyncDispose]();
    await this.#store[Symbol.asyncDispose]();
  }

  #action() {
    return defineAction({
      kind: NOTHING,
      summary: "does nothing",
      repeat: "safe",
      input: z.strictObject({}),
      output: z.strictObject({}),
      run: (_input, { effect }) => {
        this.#executed.get(effect.run)?.push(performance.now());
        return Promise.resolve({ status: "succeeded", output: {} });
      },
    });
  }
}

const NOTHING = "bench/nothing";

function planOf(count: number): Plan {
  const steps = Array.from({ length: count }, (_, index) => ({
    type: "step" as const,
    key: `step_${index + 1}`,
    uses: NOTHING,
    sort: "action" as const,
    protects: false,
    with: {},
  }));
  return { engine: 1, command: "bench", title: "Bench", verb: "bench", steps, onFailure: [] };
}
