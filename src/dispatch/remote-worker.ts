import type { StepKind } from "../engine/step-kind.ts";
import type { Json } from "../platform/canonical-json.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import { RefusalLog } from "../platform/refusal-log.ts";
import type { ChannelKeys } from "./envelope.ts";
import { HeldJobs } from "./held-jobs.ts";
import type { Found, JobSource } from "./job-queue.ts";
import { kindName } from "./kind-name.ts";
import type { Link } from "./link.ts";
import { readQueuedWork } from "./queued-work.ts";
import { ServerLine } from "./server-line.ts";
import { placesOf, PROTOCOL, refOf } from "./wire.ts";

export interface RemoteWorkerDeps {
  /** Both are its own from then on. */
  readonly link: Link;
  readonly source: JobSource;
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

/**
 * Executes jobs that a server put into Redis. Before it begins one it asks the server, which may have cancelled it, handed it to
 * somebody else, or never have made it; before an effect it waits until the server has its checkpoint on the disk.
 */
export class RemoteWorker implements AsyncDisposable {
  readonly #deps: RemoteWorkerDeps;
  readonly #line: ServerLine;
  readonly #refusals: RefusalLog;
  readonly #held: HeldJobs;
  readonly #ready = Promise.withResolvers<void>();
  #hasStarted = false;
  #nextBeat: Timer | undefined;
  #onFree: () => void = () => undefined;
  #isClosed = false;

  constructor(deps: RemoteWorkerDeps) {
    this.#deps = deps;
    this.#refusals = new RefusalLog({
      clock: deps.clock,
      say: (fields) => deps.logger.error("a job that our server did not make was refused", fields),
    });
    deps.link.onReady(() => this.#begin());
    this.#line = new ServerLine({
      ...deps,
      worker: deps.id,
      places: placesOf(deps.keys.job.id),
      onStop: (stop) => this.#held.stop(stop),
      onRollCall: (isNewServer) => this.#rollCall(isNewServer),
    });
    this.#held = new HeldJobs({ ...deps, line: this.#line, onFree: () => this.#onFree() });
    this.#keepBeating();
  }

  /** Resolves when it takes jobs for the first time, which it does as soon as the link is there. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Takes no more jobs, hands back what may be repeated, and waits for the rest as long as it may. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#onFree();
    const { link, source, shutdownGraceMs } = this.#deps;
    const closing = Promise.resolve(source[Symbol.asyncDispose]());
    const unfinished = await this.#held.end(shutdownGraceMs);
    // Until here it is not gone, and after it has left it is not back.
    this.#nextBeat?.cancel();
    // What the server lets it begin from here on it would never begin.
    this.#line[Symbol.dispose]();
    await this.#line.tell({ type: "leaving", unfinished: [...unfinished] });
    await this.#within(closing, STOP_MS);
    await link[Symbol.asyncDispose]();
  }

  #begin(): void {
    this.#beat();
    if (this.#hasStarted || this.#isClosed) return;
    this.#hasStarted = true;
    this.#deps.source.start((found) => this.#take(found));
    this.#ready.resolve();
  }

  #keepBeating(): void {
    this.#nextBeat = this.#deps.clock.setTimer(BEAT_MS, () => this.#keepBeating());
    this.#beat();
  }

  #beat(): void {
    const { version, kinds, concurrency } = this.#deps;
    const actions = [...kinds.values()].filter(({ sort }) => sort === "action").map((kind) => kindName(kind));
    const free = this.#isClosed ? 0 : Math.max(0, concurrency - this.#held.running);
    const jobs = [...this.#held.refs];
    void this.#line.tell({ type: "beat", version, protocol: PROTOCOL, kinds: actions, free, jobs });
  }

  #rollCall(isNewServer: boolean): void {
    if (isNewServer) this.#held.leaveToNewServer();
    this.#beat();
  }

  /** One job from the queue; resolves when the next one may be taken. */
  async #take(found: Found): Promise<void> {
    const { keys, kinds, logger } = this.#deps;
    const read = readQueuedWork(keys.job, found.data, kinds);
    if (read.kind === "refused") {
      return this.#refusals.note(read.fault, { job: found.id });
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
