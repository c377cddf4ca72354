import { effectKey } from "../domain/effect.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { Job, JobReports } from "../engine/ports.ts";
import type { StepKind } from "../engine/step-kind.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { refusal, stillRunning, superseded, YES } from "./desk-verdict.ts";
import { type Entry, type Holder, interrupted, lost, renewTicket, stopped } from "./job-entry.ts";
import type { AnswerContent, JobRef, Report, ReportOf, Verdict } from "./wire.ts";
import { refOf } from "./wire.ts";
import type { WorkerRegistry } from "./worker-registry.ts";

interface Deps {
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly reports: JobReports;
  readonly workers: WorkerRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tell: (worker: string, content: AnswerContent) => void;
  /** The worker is told, by and by, that the outcome of this request counts. */
  readonly received: (worker: string, request: string) => void;
  /** Takes a job that can be begun now. */
  readonly enqueue: (job: Job) => void;
  /** Called when an effect has left the desk. */
  readonly onEnded: () => void;
}

type Asking = Pick<Report, "worker" | "seq">;

// From when on everybody is heard: workers say every 400 ms what they have, and are taken for gone after as long.
const HEARD_OF_AFTER_MS = 2500;
// A worker that was let begin lists the job in its next beats, or never heard that it may.
const UNKNOWN_AFTER_MS = 1500;
// It begins nothing on an answer to what it asked more than 2 s ago, and a connection on which nothing moves for 5 s is closed.
const NEVER_BEGUN_AFTER_MS = 8000;

/** Knows who executes what, and decides what a worker may do: begin, write down, and report, each only under the newest token. */
export class JobDesk {
  /** By effect. */
  readonly entries = new Map<string, Entry>();
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  hear(report: Pick<Report, "worker" | "seq" | "content">): void {
    const { worker, content } = report;
    switch (content.type) {
      case "beat":
        return this.#beat(worker, content);
      case "claim":
        // Who has left, or never said that it is there, would not be missed; whoever is there says so and asks again.
        if (this.#deps.workers.get(worker) === undefined) return;
        return this.#decide(report, content.request, this.#claim(worker, content));
      case "unable":
        return this.#unable(worker, content);
      case "progress": {
        const entry = this.#held(worker, content);
        if (entry !== undefined && entry.cancelled === undefined)
          this.#deps.reports.progress(entry.job, content.progress);
        return;
      }
      case "checkpoint":
        void this.#checkpoint(report, content);
        return;
      case "outcome": {
        const entry = this.#held(worker, content);
        if (entry === undefined) return this.#decide(report, content.request, superseded(content));
        this.#deps.received(worker, content.request);
        return this.settle(entry, content.outcome);
      }
      case "leaving":
        return this.#leaving(worker, content);
    }
  }

  /** The worker is not heard any more. */
  gone(worker: string): void {
    const held = this.#heldBy(worker);
    this.#deps.logger.warn("a worker is gone; what it executed is dispatched anew", {
      worker,
      steps: held.map(({ job }) => effectKey(job.effect)),
    });
    for (const entry of held) this.#lose(entry, worker, "was lost");
  }

  /** The execution has ended: what waited for that begins, and otherwise its outcome counts. */
  settle(entry: Entry, outcome: Outcome): void {
    if (!this.#succeed(entry)) this.#deps.reports.outcome(entry.job, outcome);
    this.#deps.onEnded();
  }

  /** Whoever has a job has not been heard, in all the time in which it would have been. */
  giveUpUnheardOf(heardSince: number | undefined): void {
    if (heardSince === undefined) return;
    const now = this.#deps.clock.monotonic();
    const isLong = (sinceMs: number): boolean => now - Math.max(heardSince, sinceMs) > HEARD_OF_AFTER_MS;
    for (const entry of this.entries.values()) {
      const { holder, job, waitingSince } = entry;
      if (holder === undefined) {
        // An earlier server let somebody begin it.
        if (job.mayHaveBegun === true && isLong(waitingSince)) this.settle(entry, interrupted());
      } else if (this.#deps.workers.get(holder.worker) === undefined && isLong(holder.since)) {
        this.#lose(entry, holder.worker, "was lost");
      }
    }
  }

  stop(entry: Entry, why: { readonly reason: string; readonly silently: boolean }): void {
    if (entry.holder === undefined) return;
    this.#deps.tell(entry.holder.worker, { type: "stop", ...refOf(entry.job), ...why });
  }

  #beat(worker: string, beat: ReportOf<"beat">): void {
    const { workers, clock, logger } = this.#deps;
    const now = clock.monotonic();
    if (workers.describe(worker, beat, now)) {
      logger.info("a worker is connected", { worker, version: beat.version, kinds: beat.kinds });
    }
    const listed = new Set(beat.jobs.map((job) => nameOf(job)));
    for (const job of beat.jobs) this.#remind(worker, job);
    for (const entry of this.#heldBy(worker)) {
      const { holder, job } = entry;
      if (holder === undefined) continue;
      if (listed.has(nameOf(refOf(job)))) entry.holder = { ...holder, hasBegun: true };
      else this.#unlisted(entry, holder);
    }
  }

  /** A worker does not list what it was let begin. */
  #unlisted(entry: Entry, { worker, since, hasBegun }: Holder): void {
    const unlistedMs = this.#deps.clock.monotonic() - since;
    if (hasBegun || !this.#isAsk(entry)) {
      if (unlistedMs > UNKNOWN_AFTER_MS) this.#lose(entry, worker, "forgot about it");
    } else if (unlistedMs > NEVER_BEGUN_AFTER_MS) {
      this.#handBack(entry);
    }
  }

  /** A worker that missed what it was told is told again. */
  #remind(worker: string, job: JobRef): void {
    const entry = this.#held(worker, job);
    if (entry === undefined) {
      const reason = "it was handed out anew, or has ended";
      this.#deps.tell(worker, { type: "stop", ...job, reason, silently: true });
    } else if (entry.cancelled !== undefined || entry.successor !== undefined) {
      this.stop(entry, { reason: entry.cancelled ?? "it was dispatched anew", silently: false });
    }
  }

  #claim(worker: string, job: JobRef): Verdict {
    const entry = this.entries.get(job.key);
    if (entry?.job.token !== job.token || entry.cancelled !== undefined) return superseded(job);
    // It was put into the queue by an earlier server, which may have let somebody begin it.
    if (entry.holder === undefined && entry.job.mayHaveBegun === true) return superseded(job);
    if (entry.holder !== undefined) {
      if (entry.holder.worker !== worker) return superseded(job);
      entry.holder = { ...entry.holder, since: this.#deps.clock.monotonic() };
      return YES;
    }
    const others = this.#deps.workers.othersAt(job);
    const [first] = others;
    if (first !== undefined && this.#isAsk(entry)) {
      this.settle(entry, lost(first, "was cut off from the server"));
      return superseded(job);
    }
    for (const other of others) this.#remindOther(other, job);
    if (first !== undefined) {
      // It is put into the queue again when the other one has stopped.
      renewTicket(entry, this.#deps.clock.monotonic());
      return stillRunning();
    }
    entry.holder = { worker, since: this.#deps.clock.monotonic(), hasBegun: false };
    return YES;
  }

  #remindOther(worker: string, { key, token }: JobRef): void {
    const running = this.#deps.workers.get(worker)?.jobs.filter((job) => job.key === key && job.token !== token) ?? [];
    for (const job of running) this.#remind(worker, job);
  }

  #unable(worker: string, { message, ...job }: ReportOf<"unable">): void {
    const entry = this.entries.get(job.key);
    if (entry === undefined || entry.job.token !== job.token || entry.holder !== undefined) return;
    this.#deps.logger.warn("a worker cannot execute a step", { worker, step: job.key, why: message });
    entry.refusals.set(worker, message);
    renewTicket(entry, this.#deps.clock.monotonic());
  }

  async #checkpoint(report: Asking, asked: ReportOf<"checkpoint">): Promise<void> {
    const entry = this.#held(report.worker, asked);
    if (entry === undefined || entry.cancelled !== undefined || entry.successor !== undefined) {
      return this.#decide(report, asked.request, superseded(asked));
    }
    if (entry.checkpoint?.request !== asked.request) {
      entry.checkpoint = { request: asked.request, durable: this.#deps.reports.checkpoint(entry.job, asked.data) };
    }
    const verdict = await entry.checkpoint.durable.then(
      () => YES,
      (error: unknown) => refusal(error),
    );
    this.#decide(report, asked.request, verdict);
  }

  #leaving(worker: string, { unfinished }: ReportOf<"leaving">): void {
    const { logger, workers } = this.#deps;
    workers.remove(worker);
    const begun = new Set(unfinished.map((job) => nameOf(job)));
    const held = this.#heldBy(worker);
    const isBegun = ({ job }: Entry): boolean => begun.has(nameOf(refOf(job)));
    const handedBack = held.filter((entry) => !isBegun(entry)).map(({ job }) => effectKey(job.effect));
    logger.info("a worker has ended", { worker, handedBack });
    for (const entry of held) {
      if (isBegun(entry)) this.#lose(entry, worker, "ended");
      else this.#handBack(entry);
    }
  }

  #lose(entry: Entry, worker: string, why: string): void {
    if (this.#isAsk(entry)) this.settle(entry, lost(worker, why));
    else this.#handBack(entry);
  }

  #isAsk({ job }: Entry): boolean {
    const kind = this.#deps.kinds.get(job.uses);
    return kind?.sort === "action" && kind.repeat === "ask";
  }

  #handBack(entry: Entry): void {
    if (this.#succeed(entry)) return;
    const { reports, onEnded } = this.#deps;
    if (entry.cancelled === undefined) reports.handedBack(entry.job);
    else reports.outcome(entry.job, stopped(entry.cancelled));
    onEnded();
  }

  /** True when a newer dispatch of the same effect takes its place. */
  #succeed({ job, successor }: Entry): boolean {
    this.entries.delete(effectKey(job.effect));
    if (successor === undefined) return false;
    if (successor.cancelled === undefined) this.#deps.enqueue(successor.job);
    else this.#deps.reports.outcome(successor.job, stopped(successor.cancelled));
    return true;
  }

  #held(worker: string, { key, token }: JobRef): Entry | undefined {
    const entry = this.entries.get(key);
    if (entry?.job.token !== token) return undefined;
    if (entry.job.mayHaveBegun === true) entry.holder ??= this.#begunBy(worker);
    return entry.holder?.worker === worker ? entry : undefined;
  }

  #begunBy(worker: string): Holder {
    return { worker, since: this.#deps.clock.monotonic(), hasBegun: true };
  }

  #heldBy(worker: string): readonly Entry[] {
    return [...this.entries.values()].filter(({ holder }) => holder?.worker === worker);
  }

  #decide({ worker, seq }: Asking, request: string, verdict: Verdict): void {
    this.#deps.tell(worker, { type: "verdict", request, answers: seq, verdict });
  }
}

function nameOf({ key, token }: JobRef): string {
  return `${token} ${key}`;
}
