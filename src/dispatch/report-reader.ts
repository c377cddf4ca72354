import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { type EnvelopeFault, type EnvelopeKey, openEnvelope } from "./envelope.ts";
import { Report, type ReportContent } from "./wire.ts";
import type { WorkerRegistry } from "./worker-registry.ts";

interface Deps {
  readonly key: EnvelopeKey;
  /** This start of the server: what was said to another one does not count. */
  readonly epoch: string;
  readonly workers: WorkerRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hear: (worker: string, content: ReportContent) => void;
  /** Told of a worker that speaks to an earlier start of the server. */
  readonly onStranger: (worker: string) => void;
}

type Refusal = EnvelopeFault | "replayed";

const LOG_EVERY_MS = 1000;

/** What arrives as reports of workers: only what a worker signed for this start of the server, and says for the first time, is heard. */
export class ReportReader {
  readonly #deps: Deps;
  readonly #refused = new Map<Refusal, number>();
  #loggedAt = -Infinity;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** How many were refused, by why. */
  get refused(): ReadonlyMap<Refusal, number> {
    return this.#refused;
  }

  read(text: string): void {
    const { key, epoch, workers, clock, hear, onStranger } = this.#deps;
    const opened = openEnvelope(key, text);
    if (opened.kind === "refused") return this.#refuse(opened.fault);
    const report = Report.safeParse(opened.body).data;
    if (report === undefined) return this.#refuse("malformed");
    if (report.epoch !== epoch) return onStranger(report.worker);
    if (!workers.isNew(report, clock.monotonic())) return this.#refuse("replayed");
    hear(report.worker, report.content);
  }

  #refuse(why: Refusal): void {
    this.#refused.set(why, (this.#refused.get(why) ?? 0) + 1);
    const now = this.#deps.clock.monotonic();
    // Whoever floods the channel must not fill the disk with our own log.
    if (now - this.#loggedAt < LOG_EVERY_MS) return;
    this.#loggedAt = now;
    this.#deps.logger.error("a report that no worker of ours made for this server was refused", {
      why,
      refused: Object.fromEntries(this.#refused),
    });
  }
}
