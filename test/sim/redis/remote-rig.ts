import { RemoteDispatcher } from "../../../src/dispatch/remote-dispatcher.ts";
import type { ChannelKeys } from "../../../src/dispatch/envelope.ts";
import type { Dispatcher, JobReports } from "../../../src/engine/ports.ts";
import type { StepKind } from "../../../src/engine/step-kind.ts";
import { createLogger, type Logger } from "../../../src/platform/logger.ts";
import { SecretMask } from "../../../src/platform/masking.ts";
import { Dice } from "../dice.ts";
import { Life } from "../life.ts";
import { MachineClock } from "../machine-clock.ts";
import { Pace } from "./pace.ts";
import { RedisWorld } from "./redis-world.ts";
import type { RedisUser } from "./sim-link.ts";
import { SimWorker } from "./sim-worker.ts";
import { TimeLine } from "../schedule.ts";
import { seededRandom } from "../seeded-random.ts";
import type { LogLine } from "../../support/app-rig.ts";

const START_AT = Date.UTC(2026, 0, 1, 10);

export interface RemoteRigOptions {
  readonly seed: string;
  /** What a process knows. */
  readonly kindsOf: (process: RedisUser) => ReadonlyMap<string, StepKind>;
  readonly shutdownGraceMs?: number;
}

/** The program's dispatcher and workers with a simulated Redis between them, on a clock that moves when it is told to. */
export class RemoteRig {
  readonly line = new TimeLine(START_AT);
  readonly dice: Dice;
  readonly redis: RedisWorld;
  readonly log: LogLine[] = [];
  /** Why reports were refused. */
  readonly refused: string[] = [];
  readonly #options: RemoteRigOptions;
  readonly #keys: ChannelKeys;
  #workers = 0;
  #servers = 0;

  constructor(options: RemoteRigOptions) {
    this.#options = options;
    this.dice = new Dice(options.seed);
    this.redis = new RedisWorld({ line: this.line, dice: this.dice.fork("redis") });
    const key = (id: string): ChannelKeys["job"] => ({ id, bytes: Buffer.alloc(32, id) });
    this.#keys = { job: key("job"), report: key("report"), answer: key("answer") };
  }

  server({ reports }: { readonly reports: JobReports }): {
    readonly life: Life;
    readonly pace: Pace;
    readonly dispatcher: RemoteDispatcher;
  } {
    this.#servers += 1;
    const life = new Life(`server-${this.#servers}`);
    const dice = this.dice.fork(life.name);
    const pace = new Pace({ line: this.line, life, dice });
    const clock = pace.clock(new MachineClock({ line: this.line, life, wall: { offsetMs: 0 } }));
    const { link, queue } = this.redis.connect({ life, pace, clock });
    const dispatcher = new RemoteDispatcher({
      link,
      queue,
      clock,
      reports,
      keys: this.#keys,
      version: "1.0.0",
      kinds: this.#options.kindsOf({ life, pace, clock }),
      connectionOf: () => undefined,
      random: seededRandom(dice),
      logger: this.#logger().with({ from: life.name }),
      shutdownGraceMs: this.#options.shutdownGraceMs ?? 100,
      onRefused: (reason) => void this.refused.push(reason),
    });
    return { life, pace, dispatcher };
  }

  worker({ concurrency = 5, id = "" } = {}): SimWorker {
    this.#workers += 1;
    const name = id === "" ? `worker-${this.#workers}` : id;
    return new SimWorker({
      id: name,
      redis: this.redis,
      line: this.line,
      dice: this.dice.fork(name),
      wall: { offsetMs: 0 },
      keys: this.#keys,
      version: "1.0.0",
      logger: this.#logger().with({ from: name }),
      concurrency,
      shutdownGraceMs: this.#options.shutdownGraceMs ?? 100,
      kinds: this.#options.kindsOf,
      kindsFor: (user) => {
        const kinds = this.#options.kindsOf(user);
        return () => kinds;
      },
    });
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    const end = this.line.now() + ms;
    this.line.after(ms, () => undefined);
    await ready();
    while (this.line.now() < end) await this.#step();
  }

  /** Lets time pass until there is what is looked for. */
  async until<Value>(find: () => Value | undefined, mostMs = 120_000): Promise<Value> {
    const end = this.line.now() + mostMs;
    for (;;) {
      await ready();
      const found = find();
      if (found !== undefined && found !== false) return found;
      if (this.line.now() > end) throw new Error(`not within ${mostMs} ms\n${JSON.stringify(this.log, undefined, 1)}`);
      await this.#step();
    }
  }

  async #step(): Promise<void> {
    this.line.step();
    await ready();
  }

  #logger(): Logger {
    const write = (line: string): void => void this.log.push(JSON.parse(line));
    return createLogger({ level: "debug", mask: new SecretMask(), now: () => this.line.now(), write });
  }
}

/** A dispatcher and one worker as one, whose time passes by itself while it is open. */
export async function openSimulated(
  options: RemoteRigOptions & { readonly reports: JobReports; readonly concurrency: number },
): Promise<Dispatcher> {
  const rig = new RemoteRig(options);
  const { dispatcher } = rig.server(options);
  const worker = rig.worker({ concurrency: options.concurrency });
  await rig.until(() => rig.log.find(({ message }) => message === "a worker is connected"));
  const over = new AbortController();
  const passing = letTimePass(rig, over.signal);
  const end = async (): Promise<void> => {
    await dispatcher[Symbol.asyncDispose]();
    await worker.end();
    over.abort();
    await passing;
  };
  let ended: Promise<void> | undefined;
  return {
    dispatch: (job) => dispatcher.dispatch(job),
    cancel: (effect, reason) => dispatcher.cancel(effect, reason),
    // Once only: afterwards no time passes any more.
    [Symbol.asyncDispose]: () => (ended ??= end()),
  };
}

const SLICE_MS = 20;

async function letTimePass(rig: RemoteRig, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await rig.pass(SLICE_MS);
}

function ready(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
