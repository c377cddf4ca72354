import { z } from "zod";

import type { StepNode } from "../../src/domain/plan.ts";
import { defineAction } from "../../src/engine/step-kind.ts";
import { BenchEngine, type BenchEngineDeps, stepOf } from "./bench-engine.ts";

/** By run. */
interface Chains {
  readonly executed: Map<string, number[]>;
  readonly lengths: Map<string, number>;
  readonly ended: Map<string, () => void>;
}

/** Chains of steps that do nothing, on the real engine. */
export class EngineChain implements AsyncDisposable {
  readonly #engine: BenchEngine;
  readonly #executed: Map<string, number[]>;
  readonly #lengths: Map<string, number>;
  readonly #ended: Map<string, () => void>;

  private constructor(engine: BenchEngine, { executed, lengths, ended }: Chains) {
    this.#engine = engine;
    this.#executed = executed;
    this.#lengths = lengths;
    this.#ended = ended;
  }

  static async open(folder: string, more: Pick<BenchEngineDeps, "createDispatcher"> = {}): Promise<EngineChain> {
    const executed = new Map<string, number[]>();
    const ended = new Map<string, () => void>();
    const lengths = new Map<string, number>();
    const kinds = [nothing((run) => executed.get(run)?.push(performance.now()))];
    const engine = await BenchEngine.open({
      ...more,
      folder,
      kinds,
      onChanged: (run, view) => {
        // As in the server, nobody looks at the view of every commit.
        const isNearEnd = executed.get(run)?.length === lengths.get(run);
        if (isNearEnd && view().state.finishedAt !== undefined) ended.get(run)?.();
      },
    });
    return new EngineChain(engine, { executed, lengths, ended });
  }

  /** Runs one chain of so many steps; resolves with the moments at which its steps began to be executed. */
  async run(steps: number): Promise<readonly number[]> {
    const run = this.#engine.newRunId();
    const moments: number[] = [];
    this.#executed.set(run, moments);
    this.#lengths.set(run, steps);
    const ended = new Promise<void>((resolve) => void this.#ended.set(run, resolve));
    await this.#engine.start(run, chainOf(steps));
    await ended;
    this.#executed.delete(run);
    this.#lengths.delete(run);
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
