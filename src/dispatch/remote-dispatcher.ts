import { type Effect, effectKey } from "../domain/effect.ts";
import type { Dispatcher, Job, JobReports } from "../engine/ports.ts";
import { executeJob } from "../engine/step-executor.ts";
import { failureOf, isLetFinish, type StepKind } from "../engine/step-kind.ts";
import type { Json } from "../platform/canonical-json.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import { type ChannelKeys, openEnvelope, sealEnvelope } from "./envelope.ts";
import { JobDesk } from "./job-desk.ts";
import { type Entry, isWaiting, newEntry, stopped, ticketId } from "./job-entry.ts";
import type { JobQueue } from "./job-queue.ts";
import type { Link } from "./link.ts";
import { ReportReader, type ReportRefusal } from "./report-reader.ts";
import { WaitingJobs } from "./waiting-jobs.ts";
import { Answer, type AnswerContent, placesOf, writeJob } from "./wire.ts";
import { WorkerPost } from "./worker-post.ts";
import { WorkerRegistry } from "./worker-registry.ts";

export interface RemoteDispatcherDeps {
  /** Both are its own from then on. */
  readonly link: Link;
  readonly queue: JobQueue;
  readonly keys: ChannelKeys;
  /** The version of this program. */
  readonly version: string;
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly reports: JobReports;
  /** How a worker reaches what the job works on; undefined for a job that needs nothing. What it throws is the job's failure. */
  readonly connectionOf: (job: Job) => Json | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How long `ask` actions may still take when the dispatcher is disposed. */
  readonly shutdownGraceMs: number;
  /** Told of each report that no worker of ours made for this server. */
  readonly onRefused?: ((reason: ReportRefusal) => void) | undefined;
}

const TICK_MS = 100;
// Workers beat every 400 ms, so that one that stands still for two seconds is still there.
const DEAD_AFTER_MS = 2500;
const CLOSE_MS = 1000;

/**
 * Brings jobs to workers in other processes through Redis. What has to be executed is known here alone: Redis may lose all it
 * has at any time, and is given it again. A worker executes a job only when it was told from here, under the job's token, that
 * it may.
 */
export class RemoteDispatcher implements Dispatcher {
  readonly #deps: RemoteDispatcherDeps;
  readonly #epoch: string;
  readonly #workers = new WorkerRegistry(DEAD_AFTER_MS);
  readonly #desk: JobDesk;
  readonly #post: WorkerPost;
  readonly #waiting: WaitingJobs;
  #isClosed = false;
  #onEnded: () => void = () => undefined;

  constructor(deps: RemoteDispatcherDeps) {
    this.#deps = deps;
    const { link, keys, clock, logger } = deps;
    const [workers, epoch] = [this.#workers, deps.random.bytes(12).toString("base64url")];
    this.#epoch = epoch;
    const places = placesOf(keys.job.id);
    const tell = (worker: string, content: AnswerContent): void => void this.#post.tell(worker, content);
    this.#desk = new JobDesk({
      ...deps,
      workers,
      tell,
      received: (worker, request) => this.#post.received(worker, request),
      enqueue: (job) => this.#enqueue(job),
      onEnded: () => this.#onEnded(),
    });
    const reader = new ReportReader({
      key: keys.report,
      epoch,
      workers,
      clock,
      logger,
      hear: (report) => this.#desk.hear(report),
      onStranger: ({ worker, seq }) => tell(worker, { type: "roll-call", answers: seq }),
      onRefused: (reason) => deps.onRefused?.(reason),
    });
    link.onReady(() => this.#ready());
    link.listen(places.reports, (text) => reader.read(text));
    link.listen(places.everybody, (text) => this.#overhear(text));
    this.#post = new WorkerPost({ key: keys.answer, epoch, places, link, logger });
    this.#waiting = new WaitingJobs({ ...deps, desk: this.#desk, workers });
    this.#tick();
  }

  dispatch(job: Job): void {
    if (this.#isClosed) return;
    const known = this.#desk.entries.get(effectKey(job.effect));
    if (known === undefined) return job.mayHaveBegun === true ? this.#expect(job) : this.#enqueue(job);
    if (job.token <= (known.successor ?? known).job.token) return;
    if (known.holder === undefined) {
      void this.#deps.queue.remove([ticketId(known)]);
      return this.#enqueue(job);
    }
    known.successor = { job, cancelled: undefined };
    this.#desk.stop(known, { reason: "it was dispatched anew", silently: false });
  }

  cancel(effect: Effect, reason: string): void {
    const entry = this.#desk.entries.get(effectKey(effect));
    if (entry === undefined) return;
    entry.cancelled ??= reason;
    if (entry.successor !== undefined) entry.successor.cancelled ??= reason;
    if (entry.holder !== undefined) return this.#desk.stop(entry, { reason, silently: false });
    // Whoever still has it says so, and is told then.
    if (!isWaiting(entry)) return;
    void this.#deps.queue.remove([ticketId(entry)]);
    this.#afterTurn(() => {
      if (this.#desk.entries.get(effectKey(effect)) === entry) this.#desk.settle(entry, stopped(reason));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#waiting[Symbol.dispose]();
    const { shutdownGraceMs, queue, link } = this.#deps;
    const { entries } = this.#desk;
    const waiting = this.#waiting.all;
    this.#interrupt((entry) => !this.#mustFinish(entry), "the server ends");
    const ended = new Promise<void>((resolve) => {
      this.#onEnded = () => void (entries.size === 0 && resolve());
      this.#onEnded();
    });
    await this.#within(ended, shutdownGraceMs);
    this.#interrupt(() => true, "the server ends and waited long enough");
    const removed = queue.remove(waiting.map((entry) => ticketId(entry)));
    await this.#within(Promise.all([removed.then(() => queue[Symbol.asyncDispose]()), this.#post.flush()]), CLOSE_MS);
    await link[Symbol.asyncDispose]();
  }

  async #within(work: Promise<unknown>, limitMs: number): Promise<void> {
    const over = new AbortController();
    await Promise.race([work, this.#deps.clock.sleep(limitMs, over.signal).catch(() => undefined)]);
    over.abort();
  }

  #interrupt(which: (entry: Entry) => boolean, reason: string): void {
    for (const [key, entry] of this.#desk.entries) {
      if (!which(entry)) continue;
      this.#desk.entries.delete(key);
      this.#desk.stop(entry, { reason, silently: true });
    }
  }

  #mustFinish({ job, holder }: Entry): boolean {
    return holder !== undefined && isLetFinish(this.#deps.kinds.get(job.uses), job.prepared);
  }

  /** Only servers speak to all workers. */
  #overhear(text: string): void {
    const opened = openEnvelope(this.#deps.keys.answer, text);
    const answer = opened.kind === "opened" ? Answer.safeParse(opened.body).data : undefined;
    if (answer === undefined || answer.epoch === this.#epoch || this.#isClosed) return;
    this.#deps.logger.error(
      "another server uses this Redis with the same QUARTERDECK_SECRET; workers cannot serve both, so stop one of them or give it a secret of its own",
    );
  }

  /** Redis is there, for the first time or again: nobody knows what it still has. */
  #ready(): void {
    void this.#post.tell("*", { type: "roll-call", answers: 0 });
    this.#waiting.addAllAgain();
  }

  /** A worker may have it from an earlier start of the server. */
  #expect(job: Job): void {
    this.#desk.entries.set(effectKey(job.effect), newEntry(job, "", this.#deps.clock.monotonic()));
  }

  #enqueue(job: Job): void {
    if (this.#isClosed) return;
    const { kinds, keys, version, connectionOf, reports, clock } = this.#deps;
    const kind = kinds.get(job.uses);
    if (kind?.sort !== "action") {
      const idle = { signal: AbortSignal.abort(), progress: () => undefined, checkpoint: () => Promise.resolve() };
      void executeJob({ job, kinds, ...idle }).then((outcome) => reports.outcome(job, outcome));
      return;
    }
    try {
      const body = writeJob({ job, connection: connectionOf(job), origin: kind.origin }, version);
      const envelope = sealEnvelope(keys.job, body);
      this.#desk.entries.set(effectKey(job.effect), newEntry(job, envelope, clock.monotonic()));
      this.#waiting.flushSoon();
    } catch (error) {
      this.#afterTurn(() => reports.outcome(job, { status: "failed", failure: failureOf(error) }));
    }
  }

  /** Whoever dispatches or cancels is in the middle of a turn and must not hear back yet. */
  #afterTurn(action: () => void): void {
    queueMicrotask(() => {
      if (!this.#isClosed) action();
    });
  }

  #tick(): void {
    if (this.#isClosed) return;
    const { clock, link } = this.#deps;
    const { heardSince } = link;
    clock.setTimer(TICK_MS, () => this.#tick());
    for (const { id } of this.#workers.takeGone(clock.monotonic(), heardSince)) this.#desk.gone(id);
    this.#desk.giveUpUnheardOf(heardSince);
    void this.#post.flush();
    this.#waiting.look();
  }
}
