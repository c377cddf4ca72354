import type { Outcome } from "../domain/outcome.ts";
import { Cancelled, executeJob } from "../engine/step-executor.ts";
import { failureOf, isLetFinish, type StepKind } from "../engine/step-kind.ts";
import type { Json } from "../platform/canonical-json.ts";
import type { Clock } from "../platform/clock.ts";
import { AppError, errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import type { ServerLine } from "./server-line.ts";
import type { AnswerContent, JobRef, WireJob } from "./wire.ts";

interface Deps {
  readonly line: ServerLine;
  /** What the worker can execute. */
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly kindsFor: (connection: Json | undefined) => ReadonlyMap<string, StepKind>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when an execution has ended. */
  readonly onFree: () => void;
}

/** A job that the server let begin, until the server has its outcome. */
interface Held {
  readonly ref: JobRef;
  readonly work: WireJob;
  readonly stop: AbortController;
  /** True when nobody waits for its outcome. */
  isSilent: boolean;
  /** False where the worker was ending already. */
  readonly hasBegun: boolean;
  ended: Promise<void>;
}

/** The reason of a signal when the worker ends: what stops for it is handed back. */
class ShuttingDown extends Error {
  override readonly name = "ShuttingDown";
}

const CHECKPOINT_LIMIT_MS = 30_000;
const OUTCOME_LIMIT_MS = 3_600_000;
const STOP_MS = 3000;

/** The jobs that a worker has: what it executes, and what the server has not acknowledged the outcome of. */
export class HeldJobs {
  readonly #deps: Deps;
  readonly #held = new Map<string, Held>();
  #running = 0;
  #isEnding = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** How many are executed; what the server has not acknowledged yet is held, but takes nobody's place. */
  get running(): number {
    return this.#running;
  }

  get refs(): readonly JobRef[] {
    return Array.from(this.#held.values(), ({ ref }) => ref);
  }

  has({ key }: JobRef): boolean {
    return this.#held.has(key);
  }

  begin(work: WireJob, ref: JobRef): void {
    const stop = new AbortController();
    const hasBegun = !this.#isEnding;
    const held: Held = { ref, work, stop, isSilent: false, hasBegun, ended: Promise.resolve() };
    this.#held.set(ref.key, held);
    if (hasBegun) held.ended = this.#execute(held).finally(() => this.#held.delete(ref.key));
  }

  stop({ key, token, reason, silently }: Extract<AnswerContent, { type: "stop" }>): void {
    const held = this.#held.get(key);
    if (held === undefined || held.ref.token !== token) return;
    if (silently) this.#silence(held, reason);
    else held.stop.abort(new Cancelled(reason));
  }

  /** The server has started anew: it hands out again what may be repeated. */
  leaveToNewServer(): void {
    for (const held of this.#held.values())
      if (!this.#mustFinish(held)) this.#silence(held, "the server has started anew");
  }

  /** Stops what may be repeated, waits so long for the rest, and resolves with what has not come to its end all the same. */
  async end(graceMs: number): Promise<readonly JobRef[]> {
    this.#isEnding = true;
    const { kinds } = this.#deps;
    const ending = [...this.#held.values()].filter(
      ({ work: { job } }) => !isLetFinish(kinds.get(job.uses), job.prepared),
    );
    for (const { stop } of ending) stop.abort(new ShuttingDown("the worker ends"));
    await this.#ended(ending, STOP_MS);
    const left = [...this.#held.values()];
    await this.#ended(left, graceMs);
    for (const { stop } of left) stop.abort(new ShuttingDown("the worker ends and waited long enough"));
    return [...this.#held.values()].filter(({ hasBegun }) => hasBegun).map(({ ref }) => ref);
  }

  async #ended(held: readonly Held[], limitMs: number): Promise<void> {
    const all = Promise.all(held.map(({ ended }) => ended));
    const over = new AbortController();
    await Promise.race([all, this.#deps.clock.sleep(limitMs, over.signal).catch(() => undefined)]);
    over.abort();
  }

  /** Nobody waits for its outcome any more. */
  #silence(held: Held, reason: string): void {
    held.isSilent = true;
    held.stop.abort(new Cancelled(reason));
  }

  async #execute(held: Held): Promise<void> {
    const { ref, work, stop } = held;
    const { line, clock, logger, onFree } = this.#deps;
    const began = clock.monotonic();
    this.#running += 1;
    const outcome = await this.#outcomeOf(held);
    this.#running -= 1;
    onFree();
    const ms = Math.round(clock.monotonic() - began);
    logger.info("a step was executed", { step: ref.key, uses: work.job.uses, status: outcome.status, ms });
    const isEnded = outcome.status === "succeeded";
    if (!isEnded && stop.signal.reason instanceof ShuttingDown && !this.#mustFinish(held)) return;
    if (held.isSilent && !isEnded) return;
    try {
      // The next server does not hand out what must not be repeated: it waits for whoever has it.
      const outlivesServer = this.#mustFinish(held);
      await line.ask({ type: "outcome", ...ref, outcome }, { limitMs: OUTCOME_LIMIT_MS, outlivesServer });
    } catch (error) {
      logger.info("an outcome did not count", { step: ref.key, token: ref.token, why: errorText(error) });
    }
  }

  async #outcomeOf(held: Held): Promise<Outcome> {
    const { line, kindsFor } = this.#deps;
    const { ref, work, stop } = held;
    const { job, connection } = work;
    const outlivesServer = this.#mustFinish(held);
    // Without the server's yes nothing was done, which is no failure: the server hands the attempt out again.
    let unreached: AppError | undefined;
    try {
      const outcome = await executeJob({
        job,
        kinds: kindsFor(connection),
        signal: stop.signal,
        progress: (progress) => {
          if (!stop.signal.aborted) void line.tell({ type: "progress", ...ref, progress });
        },
        checkpoint: async (data) => {
          try {
            await line.ask({ type: "checkpoint", ...ref, data }, { limitMs: CHECKPOINT_LIMIT_MS, outlivesServer });
          } catch (error) {
            if (error instanceof AppError && error.code === "worker.no-server") unreached = error;
            throw error;
          }
        },
      });
      // What the server would refuse to read is the step's failure, and not asked for ever.
      line.check({ type: "outcome", ...ref, outcome });
      if (unreached === undefined || outcome.status === "succeeded" || stop.signal.aborted) return outcome;
      const { code, message } = unreached;
      if (!outlivesServer) return { status: "postponed", code, message, afterMs: 0 };
      return { status: "failed", failure: { code, message, retry: "never" } };
    } catch (error) {
      return { status: "failed", failure: failureOf(error) };
    }
  }

  #mustFinish({ work }: Held): boolean {
    const kind = this.#deps.kinds.get(work.job.uses);
    return kind?.sort === "action" && kind.repeat === "ask";
  }
}
