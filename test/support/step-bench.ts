import type { Outcome, Progress } from "../../src/domain/outcome.ts";
import type { ActionContext, StepKind } from "../../src/engine/step-kind.ts";
import type { Json } from "../../src/platform/canonical-json.ts";
import { MemoryArtifacts } from "./memory-artifacts.ts";

/** Executes a step kind by itself, as the engine would: what the server prepares goes through JSON, and checkpoints last. */
export class StepBench {
  readonly artifacts = new MemoryArtifacts();
  readonly progress: Progress[] = [];
  readonly stop = new AbortController();
  readonly #kind: StepKind;
  /** The newest that was written down; it outlives attempts. */
  checkpointed: Json | undefined;
  attempt = 1;
  startedAt: number;

  constructor(kind: StepKind, startedAt = 0) {
    this.#kind = kind;
    this.startedAt = startedAt;
  }

  async run(input: unknown): Promise<Outcome> {
    const kind = this.#kind;
    if (kind.sort === "gate") throw new TypeError("a gate is not run");
    const context = this.#context();
    if (kind.sort === "wait") return await kind.run(input, context);
    const prepared = await kind.prepare?.(input, context);
    return await kind.run(input, { ...context, prepared });
  }

  /** The output of a step that has to succeed. */
  async output(input: unknown): Promise<Readonly<Record<string, Json>>> {
    const outcome = await this.run(input);
    if (outcome.status !== "succeeded") throw new Error(JSON.stringify(outcome));
    return outcome.output;
  }

  /** The failure of a step that has to fail. */
  async failure(input: unknown): Promise<(Outcome & { status: "failed" })["failure"]> {
    const outcome = await this.run(input);
    if (outcome.status !== "failed") throw new Error(JSON.stringify(outcome));
    return outcome.failure;
  }

  #context(): ActionContext {
    return {
      effect: { run: "run_1", path: "promote/step", attempt: this.attempt },
      facts: { runTitle: "Promote checkout", requester: "p_ana", requesterUser: "U1" },
      signal: this.stop.signal,
      startedAt: this.startedAt,
      checkpointed: this.checkpointed,
      artifacts: this.artifacts,
      progress: (progress) => void this.progress.push(progress),
      checkpoint: (data) => {
        this.checkpointed = data;
        return Promise.resolve();
      },
    };
  }
}
