import { z } from "zod";

import type { StepNode } from "../../src/domain/plan.ts";
import { defineAction } from "../../src/engine/step-kind.ts";
import { BenchEngine, stepOf } from "./bench-engine.ts";

/** Chains of steps that do nothing, on the real engine. */
export class EngineChain implements AsyncDisposable {
  readonly #engine: BenchEngine;
  readonly #executed: Map<string, number[]>;
  readonly #ended: Map<string, () => void>;

  private constructor(engine: BenchEngine, executed: Map<string, number[]>, ended: Map<string, () => void>) {
    this.#engine = engine;
    this.#executed = executed;
    this.#ended = ended;
  }

  static async open(folder: string): Promise<EngineChain> {
    const executed = new Map<string, number[]>();
    const ended = new Map<string, () => void>();
    const kinds = [nothing((run) => executed.get(run)?.push(performance.now()))];
    const engine = await BenchEngine.open({
      folder,
      kinds,
      onChanged: ({ id, state }) => {
        if (state.finishedAt !== undefined) ended.get(id)?.();
      },
    });
    return new EngineChain(engine, executed, ended);
  }

  /** Runs one chain of so many steps; resolves with the moments at which its steps began to be executed. */
  async run(steps: number): Promise<readonly number[]> {
    const run = this.#engine.newRunId();
    const moments: number[] = [];
    this.#executed.set(run, moments);
    const ended = new Promise<void>((resolve) => void this.#ended.set(run, resolve));
    await this.#engine.start(run, chainOf(steps));
    await ended;
    this.#executed.delete(run);
    this.#ended.delete(run);
    return moments;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine[Symbol.asyncDispose]();
  }
}

/** So many steps that do nothing. */
export function chainOf(steps: number): readonly StepNode[] {
  const kind = nothing(() => undefined);
  return Array.from({ length: steps }, (_, index) => stepOf(`step_${index + 1}`, kind));
}

/** An action that only tells that it was executed. */
export function nothing(onExecuted: (run: string) => void): ReturnType<typeof defineAction> {
  return defineAction({
    kind: "bench/nothing",
    summary: "does nothing",
    repeat: "safe",
    input: z.strictObject({}),
    output: z.strictObject({}),
    run: (_input, { effect }) => {
      onExecuted(effect.run);
      return Promise.resolve({ status: "succeeded", output: {} });
    },
  });
}
