import { type Job as QueueJob, Worker } from "bullmq";

import type { StepKind } from "../engine/step-kind.ts";
import type { Json } from "../platform/canonical-json.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import { RefusalLog } from "../platform/refusal-log.ts";
import type { ChannelKeys } from "./envelope.ts";
import { HeldJobs } from "./held-jobs.ts";
import { readQueuedWork } from "./queued-work.ts";
import { connectionOptions, RedisLink } from "./redis-link.ts";
import { ServerLine } from "./server-line.ts";
import { placesOf, PROTOCOL, refOf } from "./wire.ts";

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

const BEAT_MS = 400;
const CLAIM_LIMIT_MS = 5000;
const STOP_MS = 3000;
const LOCK_MS = 10_000;
const STALLED_CHECK_MS = 5000;
const BLOCK_S = 2;
const FETCH_AGAIN_MS = 300;
const MOST_STALLS = 10;

/**
 * Executes jobs that a server put into Redis. Before it begins one it asks the server, which may have cancelled it, handed it to
 * somebody else, or never have made it; before an effect it waits until the server has its checkpoint on the disk.
 */
export class BullmqWorker implements AsyncDisposable {
  readonly #deps: BullmqWorkerDeps;
  readonly #link: RedisLink;
  readonly #line: ServerLine;
  readonly #refusals: RefusalLog;
  readonly #held: HeldJobs;
  #worker: Worker | undefined;
  #nextBeat: Timer | undefined;
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
      onStop: (stop) => this.#held.stop(stop),
      onRollCall: (isNewServer) => this.#rollCall(isNewServer),
    });
    this.#held = new HeldJobs({ ...deps, line: this.#line, onFree: () => this.#onFree() });
    this.#keepBeating();
  }

  /** Takes no more jobs, hands back what may be repeated, and waits for the rest as long as it may. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#onFree();
    const closing = this.#worker?.close().catch(() => undefined);
    const handedBack = await this.#held.end(this.#deps.shutdownGraceMs);
    // Until here it is not gone, and after it has left it is not back.
    this.#nextBeat?.cancel();
    await this.#line.tell({ type: "leaving", handedBack: [...handedBack] });
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
    this.#nextBeat = this.#deps.clock.setTimer(BEAT_MS, () => this.#keepBeating());
    this.#beat();
  }

  #beat(): void {
    const { version, kinds, concurrency } = this.#deps;
    const actions = [...kinds.values()].filter(({ sort }) => sort === "action").map(({ kind }) => kind);
    const free = this.#isClosed ? 0 : Math.max(0, concurrency - this.#held.running);
    const jobs = [...this.#held.refs];
    void this.#line.tell({ type: "beat", version, protocol: PROTOCOL, kinds: actions, free, jobs });
  }

  #rollCall(isNewServer: boolean): void {
    if (isNewServer) this.#held.leaveToNewServer();
    this.#beat();
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
    if (this.#isClosed || this.#held.has(ref)) return;
    try {
      await this.#line.ask({ type: "claim", ...ref }, { limitMs: CLAIM_LIMIT_MS });
    } catch (error) {
      logger.info("a job was not begun", { step: ref.key, token: ref.token, why: errorText(error) });
      return;
    }
    this.#held.begin(work, ref);
    if (this.#held.running >= this.#deps.concurrency && !this.#isClosed) {
      await new Promise<void>((resolve) => (this.#onFree = resolve));
    }
  }

  async #within(work: Promise<unknown>, limitMs: number): Promise<void> {
    const over = new AbortController();
    await Promise.race([work, this.#deps.clock.sleep(limitMs, over.signal).catch(() => undefined)]);
    over.abort();
  }
}
