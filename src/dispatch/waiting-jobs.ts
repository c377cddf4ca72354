import type { JobReports } from "../engine/ports.ts";
import type { StepKind } from "../engine/step-kind.ts";
import type { Clock } from "../platform/clock.ts";
import { durationText } from "../platform/duration.ts";
import { errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import type { JobDesk } from "./job-desk.ts";
import { type Entry, isWaiting, renewTicket, ticketId } from "./job-entry.ts";
import type { JobQueue } from "./job-queue.ts";
import { kindName } from "./kind-name.ts";
import type { Link } from "./link.ts";
import { waitingText, whoCannot } from "./waiting-text.ts";
import { PROTOCOL } from "./wire.ts";
import type { WorkerRegistry } from "./worker-registry.ts";

interface Deps {
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly desk: Pick<JobDesk, "entries" | "settle">;
  readonly queue: Pick<JobQueue, "add" | "remove" | "trouble">;
  readonly link: Pick<Link, "trouble">;
  readonly workers: WorkerRegistry;
  readonly reports: JobReports;
  readonly clock: Clock;
  readonly logger: Logger;
}

const ADD_AGAIN_MS = 1000;
// Of very many not all every second: it is a thousand a second that Redis is asked about without need.
const ADD_AGAIN_EACH_MS = 1;
const NEW_TICKET_MS = 3000;
const TELL_AFTER_MS = 1000;
const UNABLE_AFTER_MS = 30_000;

/** Sees to it that what no worker has begun is in the queue, whatever becomes of Redis, and that people hear why it waits. */
export class WaitingJobs implements Disposable {
  readonly #deps: Deps;
  #isFlushExpected = false;
  #isAdding = false;
  #isClosed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  get all(): readonly Entry[] {
    return [...this.#deps.desk.entries.values()].filter((entry) => isWaiting(entry));
  }

  /** What one turn of the event loop hands out goes to Redis together. */
  flushSoon(): void {
    if (this.#isFlushExpected) return;
    this.#isFlushExpected = true;
    queueMicrotask(() => {
      this.#isFlushExpected = false;
      void this.#flush();
    });
  }

  /** Nobody knows what Redis still has. */
  addAllAgain(): void {
    for (const entry of this.#deps.desk.entries.values()) entry.addedAt = undefined;
    this.flushSoon();
  }

  /** To be called again and again. */
  look(): void {
    const { clock, workers } = this.#deps;
    const now = clock.monotonic();
    const { all } = this;
    const hasFree = workers.all.some(({ free }) => free > 0);
    const addAgainMs = Math.max(ADD_AGAIN_MS, all.length * ADD_AGAIN_EACH_MS);
    for (const entry of all) this.#lookAt(entry, { now, hasFree, addAgainMs });
    this.flushSoon();
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
  }

  async #flush(): Promise<void> {
    const { link, queue, clock, logger } = this.#deps;
    if (this.#isAdding || this.#isClosed || link.trouble !== undefined) return;
    const due = this.all.filter((entry) => entry.addedAt === undefined && !this.#isHopeless(entry));
    if (due.length === 0) return;
    this.#isAdding = true;
    const before = queue.trouble;
    const now = clock.monotonic();
    for (const entry of due) entry.addedAt = now;
    try {
      await queue.add(due.map((entry) => ({ id: ticketId(entry), envelope: entry.envelope })));
      if (before !== undefined) logger.info("Redis takes jobs again");
      // What was handed out meanwhile.
      this.flushSoon();
    } catch (error) {
      // They are added again when they have waited for long enough.
      if (queue.trouble !== before)
        logger.warn("jobs wait because Redis does not take them", { error: errorText(error) });
    } finally {
      this.#isAdding = false;
    }
  }

  #lookAt(
    entry: Entry,
    { now, hasFree, addAgainMs }: { readonly now: number; readonly hasFree: boolean; readonly addAgainMs: number },
  ): void {
    const { queue } = this.#deps;
    const { addedAt, ticketAt } = entry;
    if (addedAt !== undefined && hasFree && now - ticketAt > NEW_TICKET_MS) {
      // Whoever took it from the queue is gone, or Redis keeps it for somebody who is.
      void queue.remove([ticketId(entry)]);
      renewTicket(entry, now);
    } else if (addedAt !== undefined && now - addedAt > addAgainMs) {
      // Changes nothing while it is still there.
      entry.addedAt = undefined;
    }
    this.#tell(entry, now - entry.waitingSince);
  }

  #tell(entry: Entry, waitedMs: number): void {
    const { link, queue, workers, reports } = this.#deps;
    const { job, refusals } = entry;
    if (waitedMs < TELL_AFTER_MS) return;
    if (waitedMs > UNABLE_AFTER_MS && this.#isHopeless(entry)) return this.#giveUp(entry);
    const trouble = link.trouble ?? queue.trouble;
    const text = waitingText({
      name: this.#nameOf(entry),
      trouble,
      workers: workers.all,
      refusals: [...refusals.values()],
    });
    if (text === entry.told) return;
    entry.told = text;
    reports.progress(job, { text });
  }

  /** All that are connected would only refuse it, again and again. */
  #isHopeless(entry: Entry): boolean {
    const { workers } = this.#deps;
    return workers.all.length > 0 && !workers.canExecute(this.#nameOf(entry), PROTOCOL);
  }

  #nameOf({ job }: Entry): string {
    const kind = this.#deps.kinds.get(job.uses);
    return kind === undefined ? job.uses : kindName(kind);
  }

  #giveUp(entry: Entry): void {
    const { desk, workers } = this.#deps;
    const name = this.#nameOf(entry);
    const isOurs = name === entry.job.uses;
    const message =
      `No worker that is connected knows ${name}: ${whoCannot(workers.all, name)}, and none came within ` +
      `${durationText(UNABLE_AFTER_MS)}. Run the same version of the program${isOurs ? "" : " and of its plug-ins"} everywhere, then retry.`;
    const failure = { code: "step.unknown-kind", message, retry: "never" } as const;
    desk.settle(entry, { status: "failed", failure });
  }
}
