import type { Clock } from "../platform/clock.ts";
import type { LogFields, Logger } from "../platform/logger.ts";
import { RefusalLog } from "../platform/refusal-log.ts";
import { type EnvelopeFault, type EnvelopeKey, openEnvelope } from "./envelope.ts";
import { Report } from "./wire.ts";
import type { WorkerRegistry } from "./worker-registry.ts";

interface Deps {
  readonly key: EnvelopeKey;
  /** This start of the server: what was said to another one does not count. */
  readonly epoch: string;
  readonly workers: WorkerRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hear: (report: Report) => void;
  /** Told of a report of a worker that speaks to an earlier start of the server. */
  readonly onStranger: (report: Pick<Report, "worker" | "seq">) => void;
  /** Told of each report that was refused. */
  readonly onRefused: (reason: ReportRefusal) => void;
}

export type ReportRefusal = EnvelopeFault | "replayed";

/** What arrives as reports of workers: only what a worker signed for this start of the server, and says for the first time, is heard. */
export class ReportReader {
  readonly #deps: Deps;
  readonly #refusals: RefusalLog;

  constructor(deps: Deps) {
    this.#deps = deps;
    const { clock, logger } = deps;
    const say = (fields: LogFields): void =>
      logger.error("a report that no worker of ours made for this server was refused", fields);
    this.#refusals = new RefusalLog({ clock, say });
  }

  read(text: string): void {
    const { key, epoch, workers, clock, hear, onStranger } = this.#deps;
    const opened = openEnvelope(key, text);
    if (opened.kind === "refused") return this.#refuse(opened.fault);
    const report = Report.safeParse(opened.body).data;
    if (report === undefined) return this.#refuse("malformed");
    if (report.epoch !== epoch) return onStranger(report);
    if (!workers.isNew(report, clock.monotonic())) return this.#refuse("replayed");
    hear(report);
  }

  #refuse(reason: ReportRefusal): void {
    this.#refusals.note(reason);
    this.#deps.onRefused(reason);
  }
}
