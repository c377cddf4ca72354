import { createHash, randomBytes } from "node:crypto";

import type { RemoteDispatcher } from "../../src/dispatch/remote-dispatcher.ts";
import type { RemoteWorker, RemoteWorkerDeps } from "../../src/dispatch/remote-worker.ts";
import type { ChannelKeys, EnvelopeKey } from "../../src/dispatch/envelope.ts";
import { createRedisDispatcher } from "../../src/dispatch/redis-dispatcher.ts";
import { createRedisWorker } from "../../src/dispatch/redis-worker.ts";
import type { Dispatcher, JobReports } from "../../src/engine/ports.ts";
import type { StepKind } from "../../src/engine/step-kind.ts";
import { type Clock, systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { createLogger } from "../../src/platform/logger.ts";
import { SecretMask } from "../../src/platform/masking.ts";
import type { LogLine } from "./app-rig.ts";

export interface BullmqRigOptions {
  readonly url: string;
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly reports: JobReports;
  readonly shutdownGraceMs?: number;
  readonly keys?: ChannelKeys;
  /** Of both ends; the machine's own when absent. */
  readonly clock?: Clock;
}

/** What of a worker is not as usual. */
type WorkerOptions = Partial<Omit<RemoteWorkerDeps, "link" | "source">> & { readonly url?: string };

/** Keys of a secret that nobody else has. */
export function newKeys(): ChannelKeys {
  const key = (): EnvelopeKey => {
    const bytes = randomBytes(32);
    return { id: createHash("sha256").update(bytes).digest("hex").slice(0, 12), bytes };
  };
  return { job: key(), report: key(), answer: key() };
}

/** A dispatcher and workers in this process, with a real Redis between them. */
export class BullmqRig implements AsyncDisposable {
  readonly keys: ChannelKeys;
  readonly log: LogLine[] = [];
  /** Why reports were refused. */
  readonly refused = new Set<string>();
  readonly dispatcher: RemoteDispatcher;
  readonly #options: BullmqRigOptions;
  readonly #workers: RemoteWorker[] = [];

  constructor(options: BullmqRigOptions) {
    this.#options = options;
    this.keys = options.keys ?? newKeys();
    const { url, kinds, reports, shutdownGraceMs = 100 } = options;
    this.dispatcher = createRedisDispatcher(url, {
      keys: this.keys,
      version: "1.0.0",
      kinds,
      reports,
      connectionOf: () => undefined,
      clock: options.clock ?? systemClock,
      random: systemRandom,
      logger: this.#logger(),
      shutdownGraceMs,
      onRefused: (reason) => void this.refused.add(reason),
    });
  }

  /** Starts a worker and resolves when it is connected. */
  async worker({ url = this.#options.url, ...more }: WorkerOptions = {}): Promise<RemoteWorker> {
    const { kinds, shutdownGraceMs = 100 } = this.#options;
    const id = more.id ?? `worker-${this.#workers.length + 1}`;
    const worker = createRedisWorker(url, {
      keys: this.keys,
      id,
      version: "1.0.0",
      kinds,
      kindsFor: () => more.kinds ?? kinds,
      clock: this.#options.clock ?? systemClock,
      logger: this.#logger().with({ from: id }),
      concurrency: 5,
      shutdownGraceMs,
      ...more,
    });
    this.#workers.push(worker);
    await this.logged("a worker is connected", (line) => line["worker"] === id);
    return worker;
  }

  /** The first line of the log with this message for which `fits` holds, as soon as there is one. */
  async logged(message: string, fits: (line: LogLine) => boolean = () => true): Promise<LogLine> {
    const end = performance.now() + 10_000;
    for (;;) {
      const found = this.log.find((line) => line.message === message && fits(line));
      if (found !== undefined) return found;
      if (performance.now() > end)
        throw new Error(`nothing logged: ${message}\n${JSON.stringify(this.log, undefined, 1)}`);
      await systemClock.sleep(5);
    }
  }

  /** Both ends as one. */
  asDispatcher(): Dispatcher {
    return {
      dispatch: (job) => this.dispatcher.dispatch(job),
      cancel: (effect, reason) => this.dispatcher.cancel(effect, reason),
      [Symbol.asyncDispose]: () => this[Symbol.asyncDispose](),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispatcher[Symbol.asyncDispose]();
    await Promise.all(this.#workers.map((worker) => worker[Symbol.asyncDispose]()));
  }

  #logger(): ReturnType<typeof createLogger> {
    const write = (line: string): void => void this.log.push(JSON.parse(line));
    return createLogger({ level: "debug", mask: new SecretMask(), now: () => Date.now(), write });
  }
}
