import { type Job as QueueJob, Worker } from "bullmq";

import type { Outcome } from "../domain/outcome.ts";
import { Cancelled, executeJob } from "../engine/step-executor.ts";
import { failureOf, type StepKind } from "../engine/step-kind.ts";
import type { Json } from "../platform/canonical-json.ts";
import type { Clock } from "../platform/clock.ts";
import { AppError, errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import { RefusalLog } from "../platform/refusal-log.ts";
import type { ChannelKeys } from "./envelope.ts";
import { readQueuedWork } from "./queued-work.ts";
import { connectionOptions, RedisLink } from "./redis-link.ts";
import { ServerLine } from "./server-line.ts";
import { type AnswerContent, type JobRef, placesOf, PROTOCOL, refOf, type WireJob } from "./wire.ts";

export interface BullmqWorkerDeps {
  /** Of Redis, with its password. */
  readonly url: string;
  readonly keys: ChannelKeys;
  /** Unique for each start of a worker, and readable: people see it. */
  readonly id: string;
  /** The version of this program. */
  readonly version: string;
  /** What it can execute. */
  readonly kinds: ReadonlyMap<string, StepKind>;
  /** The same kinds, ready to reach what `connection` names. What it throws is the job's failure. */
  readonly kindsFor: (connection: Json | undefined) => ReadonlyMap<string, StepKind>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How many actions are executed at the same time. */
  readonly concurrency: number;
  /** How long `ask` actions may still take when the worker is disposed. */
  readonly shutdownGraceMs: number;
}

/** A job that the server let begin, until the server has its outcome. */
interface Held {
  readonly ref: JobRef;
  readonly work: WireJob;
  readonly stop: AbortController;
  /** True when nobody waits for its outcome. */
  isSilent: boolean;
  ended: Promise<void>;
}

/** The reason of a signal when the worker ends: what stops for it is handed back. */
class ShuttingDown extends Error {
  override readonly name = "ShuttingDown";
}

const BEAT_MS = 400;
const CLAIM_LIMIT_MS = 5000;
const CHECKPOINT_LIMIT_MS = 30_000;
const OUTCOME_LIMIT_MS = 3_600_000;
const STOP_MS = 3000;
const LOCK_MS = 10_000;
const STALLED_CHECK_MS = 5000;
const BLOCK_S = 2;
const FETCH_AGAIN_MS = 300;
const MOST_STALLS = 10;
const UNREACHED = new Set(["worker.no-server", "worker.stalled"]);

/**
 * Executes jobs that a server put into Redis. Before it begins one it asks the server, which may have cancelled it, handed it to
 * somebody else, or never have made it; before an effect it waits until the server has its checkpoint on the disk.
 */
export class BullmqWorker implements AsyncDisposable {
  readonly #deps: BullmqWorkerDeps;
  readonly #link: RedisLink;
  readonly #line: ServerLine;
  readonly #refusals: RefusalLog;
  readonly #held = new Map<string, Held>();
  readonly #handedBack: JobRef[] = [];
  #worker: Worker | undefined;
  /** How many are executed; what the server has not acknowledged yet is held, but takes nobody's place. */
  #running = 0;
  #onFree: () => void = () => undefined;
  #isClosed = false;

  constructor(deps: BullmqWorkerDeps) {
    this.#deps = deps;
    this.#refusals = new RefusalLog({
      clock: deps.clock,
      say: (fields) => deps.logger.error("a job that our server did not make was refused", fields),
    });
    const { url, keys, clock, logger } = deps;
    this.#link = new RedisLink({ url, clock, logger, onReady: () => this.#ready() });
    this.#line = new ServerLine({
      ...deps,
      worker: deps.id,
      places: placesOf(keys.job.id),
      link: this.#link,
      onStop: (stop) => this.#stop(stop),
      onRollCall: (isNewServer) => this.#rollCall(isNewServer),
    });
    this.#keepBeating();
  }

  /** Takes no more jobs, hands back what may be repeated, and waits for the rest as long as it may. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#onFree();
    const closing = this.#worker?.close().catch(() => undefined);
    const ending = [...this.#held.values()].filter((held) => !this.#mustFinish(held.work));
    for (const { stop } of ending) stop.abort(new ShuttingDown("the worker ends"));
    await this.#within(Promise.all(ending.map(({ ended }) => ended)), STOP_MS);
    const left = [...this.#held.values()];
    await this.#within(Promise.all(left.map(({ ended }) => ended)), this.#deps.shutdownGraceMs);
    for (const { stop } of left) stop.abort(new ShuttingDown("the worker ends and waited long enough"));
    await this.#line.tell({ type: "leaving", handedBack: this.#handedBack });
    this.#line[Symbol.dispose]();
    await this.#within(closing ?? Promise.resolve(), STOP_MS);
    await this.#link[Symbol.asyncDispose]();
  }

  #ready(): void {
    this.#beat();
    if (this.#worker !== undefined || this.#isClosed) return;
    const { url, keys, logger } = this.#deps;
    const { queue, prefix } = placesOf(keys.job.id);
    this.#worker = new Worker(queue, (queued) => this.#take(queued), {
      connection: { url, ...connectionOptions() },
      prefix,
      // One is taken at a time, and the next one only when it can be begun.
      concurrency: 1,
      skipVersionCheck: true,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      // What the queue thinks of a job decides nothing.
      maxStalledCount: MOST_STALLS,
      drainDelay: BLOCK_S,
      runRetryDelay: FETCH_AGAIN_MS,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    this.#worker.on("error", (error) => logger.debug("a job could not be fetched", { error: errorText(error) }));
  }

  #keepBeating(): void {
    if (this.#isClosed) return;
    this.#deps.clock.setTimer(BEAT_MS, () => this.#keepBeating());
    this.#beat();
  }

  #beat(): void {
    const { version, kinds, concurrency } = this.#deps;
    const actions = [...kinds.values()].filter(({ sort }) => sort === "action").map(({ kind }) => kind);
    const jobs = Array.from(this.#held.values(), ({ ref }) => ref);
    const free = this.#isClosed ? 0 : Math.max(0, concurrency - this.#running);
    void this.#line.tell({ type: "beat", version, protocol: PROTOCOL, kinds: actions, free, jobs });
  }

  #rollCall(isNewServer: boolean): void {
    if (isNewServer) {
      const what = [...this.#held.values()].filter((held) => !this.#mustFinish(held.work));
      for (const held of what) this.#silence(held, "the server has started anew");
    }
    this.#beat();
  }

  #stop({ key, token, reason, silently }: Extract<AnswerContent, { type: "stop" }>): void {
    const held = this.#held.get(key);
    if (held === undefined || held.ref.token !== token) return;
    if (silently) this.#silence(held, reason);
    else held.stop.abort(new Cancelled(reason));
  }

  /** Nobody waits for its outcome any more. */
  #silence(held: Held, reason: string): void {
    held.isSilent = true;
    held.stop.abort(new Cancelled(reason));
  }

  /** One job from the queue; resolves when the next one may be taken. */
  async #take(queued: QueueJob): Promise<void> {
    const { keys, kinds, logger } = this.#deps;
    const read = readQueuedWork(keys.job, queued.data, kinds);
    if (read.kind === "refused") {
      return this.#refusals.note(read.fault, { job: queued.id });
    }
    if (read.kind === "unable") {
      logger.warn("a job cannot be executed here", { step: read.ref.key, why: read.message });
      await this.#line.tell({ type: "unable", ...read.ref, message: read.message });
      return;
    }
    const { work } = read;
    const ref = refOf(work.job);
    if (this.#isClosed || this.#held.has(ref.key)) return;
    try {
      await this.#line.ask({ type: "claim", ...ref }, { limitMs: CLAIM_LIMIT_MS });
    } catch (error) {
      logger.info("a job was not begun", { step: ref.key, token: ref.token, why: errorText(error) });
      return;
    }
    this.#begin(work, ref);
    if (this.#running >= this.#deps.concurrency && !this.#isClosed) {
      await new Promise<void>((resolve) => (this.#onFree = resolve));
    }
  }

  #begin(work: WireJob, ref: JobRef): void {
    const stop = new AbortController();
    const held: Held = { ref, work, stop, isSilent: false, ended: Promise.resolve() };
    this.#held.set(ref.key, held);
    held.ended = this.#execute(held).finally(() => this.#held.delete(ref.key));
    if (this.#isClosed) stop.abort(new ShuttingDown("the worker ends"));
  }

  async #execute(held: Held): Promise<void> {
    const { ref, work, stop } = held;
    const { clock, logger } = this.#deps;
    const began = clock.monotonic();
    this.#running += 1;
    const outcome = await this.#outcomeOf(held);
    this.#running -= 1;
    this.#onFree();
    const ms = Math.round(clock.monotonic() - began);
    logger.info("a step was executed", { step: ref.key, uses: work.job.uses, status: outcome.status, ms });
    const isEnded = outcome.status === "succeeded";
    if (!isEnded && stop.signal.reason instanceof ShuttingDown && !this.#mustFinish(held.work)) {
      this.#handedBack.push(ref);
      return;
    }
    if (held.isSilent && !isEnded) return;
    try {
      // The next server does not hand out what must not be repeated: it waits for whoever has it.
      const outlivesServer = this.#mustFinish(work);
      await this.#line.ask({ type: "outcome", ...ref, outcome }, { limitMs: OUTCOME_LIMIT_MS, outlivesServer });
    } catch (error) {
      logger.info("an outcome did not count", { step: ref.key, token: ref.token, why: errorText(error) });
    }
  }

  async #outcomeOf({ ref, work, stop }: Held): Promise<Outcome> {
    const { kindsFor } = this.#deps;
    const { job, connection } = work;
    // Without the server's yes nothing was done, which is no failure: the server hands the attempt out again.
    let unreached: AppError | undefined;
    try {
      const outcome = await executeJob({
        job,
        kinds: kindsFor(connection),
        signal: stop.signal,
        progress: (progress) => {
          if (!stop.signal.aborted) void this.#line.tell({ type: "progress", ...ref, progress });
        },
        checkpoint: async (data) => {
          try {
            const outlivesServer = this.#mustFinish(work);
            await this.#line.ask(
              { type: "checkpoint", ...ref, data },
              { limitMs: CHECKPOINT_LIMIT_MS, outlivesServer },
            );
          } catch (error) {
            if (error instanceof AppError && UNREACHED.has(error.code)) unreached = error;
            throw error;
          }
        },
      });
      // What the server would refuse to read is the step's failure, and not asked for ever.
      this.#line.check({ type: "outcome", ...ref, outcome });
      if (unreached === undefined || outcome.status === "succeeded" || stop.signal.aborted) return outcome;
      const { code, message } = unreached;
      if (!this.#mustFinish(work)) return { status: "postponed", code, message, afterMs: 0 };
      return { status: "failed", failure: { code, message, retry: "never" } };
    } catch (error) {
      return { status: "failed", failure: failureOf(error) };
    }
  }

  #mustFinish({ job }: WireJob): boolean {
    const kind = this.#deps.kinds.get(job.uses);
    return kind?.sort === "action" && kind.repeat === "ask";
  }

  async #within(work: Promise<unknown>, limitMs: number): Promise<void> {
    const over = new AbortController();
    await Promise.race([work, this.#deps.clock.sleep(limitMs, over.signal).catch(() => undefined)]);
    over.abort();
  }
}
