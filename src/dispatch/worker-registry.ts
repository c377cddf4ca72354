import type { JobRef, Report, ReportOf } from "./wire.ts";

/** A worker as it described itself last. */
export interface KnownWorker {
  readonly id: string;
  readonly version: string;
  readonly protocol: number;
  /** The names of the kinds that it can execute. */
  readonly kinds: ReadonlySet<string>;
  readonly free: number;
  readonly jobs: readonly JobRef[];
  /** When it was heard last; monotonic milliseconds. */
  readonly heardAt: number;
}

// Worker ids are new with each start of a worker; so many that are gone are remembered, so that none of their reports counts twice.
const MOST_REMEMBERED = 10_000;

/** The workers that are connected, and which reports of theirs are new. A worker is gone when it is not heard for so long. */
export class WorkerRegistry {
  readonly #deadAfterMs: number;
  readonly #workers = new Map<string, KnownWorker>();
  readonly #lastSeq = new Map<string, number>();

  constructor(deadAfterMs: number) {
    this.#deadAfterMs = deadAfterMs;
  }

  get all(): readonly KnownWorker[] {
    return [...this.#workers.values()];
  }

  get(id: string): KnownWorker | undefined {
    return this.#workers.get(id);
  }

  /** Whether the report has not been heard before. Whatever a worker reports shows that it lives. */
  isNew({ worker, seq }: Report, nowMs: number): boolean {
    if (seq <= (this.#lastSeq.get(worker) ?? -1)) return false;
    this.#lastSeq.delete(worker);
    this.#lastSeq.set(worker, seq);
    const known = this.#workers.get(worker);
    if (known !== undefined) this.#workers.set(worker, { ...known, heardAt: nowMs });
    for (const [oldest] of this.#lastSeq) {
      if (this.#lastSeq.size <= MOST_REMEMBERED) break;
      this.#lastSeq.delete(oldest);
    }
    return true;
  }

  /** What it says of itself; true when it was not connected before. */
  describe(worker: string, beat: ReportOf<"beat">, nowMs: number): boolean {
    const isFirst = !this.#workers.has(worker);
    const { version, protocol, free, jobs } = beat;
    const kinds = new Set(beat.kinds);
    this.#workers.set(worker, { id: worker, version, protocol, kinds, free, jobs, heardAt: nowMs });
    return isFirst;
  }

  remove(worker: string): void {
    this.#workers.delete(worker);
  }

  /**
   * Takes out and returns the workers that are gone. Silence counts only since `heardSince`, the moment (monotonic) from which
   * everything that is sent is heard: while Redis or this process stands still, nobody is gone.
   */
  takeGone(nowMs: number, heardSince: number | undefined): readonly KnownWorker[] {
    if (heardSince === undefined) return [];
    const gone = this.all.filter(({ heardAt }) => nowMs - Math.max(heardAt, heardSince) > this.#deadAfterMs);
    for (const { id } of gone) this.#workers.delete(id);
    return gone;
  }

  /** The workers that execute this effect under another dispatch than `token`. */
  othersAt({ key, token }: JobRef): readonly string[] {
    return this.all.flatMap(({ id, jobs }) => (jobs.some((job) => job.key === key && job.token !== token) ? [id] : []));
  }

  /** Whether some connected worker can execute steps of the kind of that name, see `kindName`. */
  canExecute(name: string, protocol: number): boolean {
    return this.all.some((worker) => worker.protocol === protocol && worker.kinds.has(name));
  }
}
