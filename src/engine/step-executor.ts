import { artifactsOf, type Failure, type Outcome, type Progress } from "../domain/outcome.ts";
import type { Json } from "../platform/canonical-json.ts";
import { noArtifacts } from "./artifacts.ts";
import type { Job } from "./ports.ts";
import { type ActionContext, failureOf, type StepKind } from "./step-kind.ts";

/** Why an execution was told to stop; the reason of its signal. */
export class Cancelled extends Error {
  override readonly name = "Cancelled";
}

export interface Execution {
  readonly job: Job;
  readonly kinds: ReadonlyMap<string, StepKind>;
  /** Aborted with `Cancelled` when nobody wants the step any more. */
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
  readonly checkpoint: (data: Json) => Promise<void>;
}

/**
 * Executes one attempt of an action, wherever the worker is. Never throws: whatever goes wrong is an outcome.
 * An execution that was cancelled fails with `cancelled`, unless it had already succeeded.
 */
export async function executeJob(execution: Execution): Promise<Outcome> {
  const { job, kinds, signal } = execution;
  const kind = kinds.get(job.uses);
  if (kind?.sort !== "action") return failed(unknownKind(job.uses));
  if (signal.aborted) return failed(cancelled(signal));
  let outcome: Outcome;
  try {
    outcome = await kind.run(job.input, contextOf(execution));
  } catch (error) {
    outcome = failed(failureOf(error));
  }
  // What a step says while it is being stopped is the noise of its stopping.
  if (outcome.status === "succeeded" || !(signal.reason instanceof Cancelled)) return outcome;
  return { ...failed(cancelled(signal)), ...(outcome.status === "failed" && artifactsOf(outcome)) };
}

function contextOf({ job, signal, progress, checkpoint }: Execution): ActionContext {
  const { effect, facts, checkpointed, earlier, prepared, startedAt } = job;
  return {
    effect,
    facts,
    signal,
    startedAt,
    artifacts: noArtifacts,
    checkpointed,
    earlier,
    prepared,
    progress,
    checkpoint: async (data) => {
      await checkpoint(data);
      // Meanwhile nobody may want the effect any more.
      signal.throwIfAborted();
    },
  };
}

function failed(failure: Failure): Outcome {
  return { status: "failed", failure };
}

function unknownKind(uses: string): Failure {
  const message = `this worker has no action "${uses}": run the same version of the program everywhere`;
  return { code: "step.unknown-kind", message, retry: "never" };
}

/** The failure of a step that was stopped because nobody wants it any more. */
export function cancelled(signal: AbortSignal): Failure {
  const why = signal.reason instanceof Error ? signal.reason.message : "it was stopped";
  return { code: "cancelled", message: `stopped: ${why}`, retry: "never" };
}
