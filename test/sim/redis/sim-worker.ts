import { RemoteWorker, type RemoteWorkerDeps } from "../../../src/dispatch/remote-worker.ts";
import type { ChannelKeys } from "../../../src/dispatch/envelope.ts";
import type { StepKind } from "../../../src/engine/step-kind.ts";
import type { Logger } from "../../../src/platform/logger.ts";
import type { Dice } from "../dice.ts";
import { Life } from "../life.ts";
import { MachineClock, type Wall } from "../machine-clock.ts";
import type { Schedule } from "../schedule.ts";
import { Pace } from "./pace.ts";
import type { RedisWorld } from "./redis-world.ts";
import type { RedisUser } from "./sim-link.ts";

interface Deps {
  /** New with each start, and the name of its life. */
  readonly id: string;
  readonly redis: RedisWorld;
  readonly line: Schedule;
  readonly dice: Dice;
  readonly wall: Wall;
  readonly keys: ChannelKeys;
  readonly version: string;
  readonly logger: Logger;
  readonly concurrency: number;
  readonly shutdownGraceMs: number;
  /** What it can execute. */
  readonly kinds: (worker: RedisUser) => ReadonlyMap<string, StepKind>;
  /** The same, ready to reach what a job names. What it reaches has to go by the worker's life, pace and clock. */
  readonly kindsFor: (worker: RedisUser) => RemoteWorkerDeps["kindsFor"];
}

/** The worker of the program as a process of the simulation: it may be killed, stand still, and be told to end. */
export class SimWorker {
  readonly life: Life;
  readonly pace: Pace;
  readonly #worker: RemoteWorker;

  constructor(deps: Deps) {
    const { id, redis, line, dice, wall } = deps;
    const life = new Life(id);
    const pace = new Pace({ line, life, dice });
    this.life = life;
    this.pace = pace;
    const clock = pace.clock(new MachineClock({ line, life, wall }));
    const user = { life, pace, clock };
    const { link, source } = redis.connect(user);
    this.#worker = new RemoteWorker({
      ...deps,
      link,
      source,
      clock,
      kinds: deps.kinds(user),
      kindsFor: deps.kindsFor(user),
    });
  }

  /** As by SIGTERM. Resolves when the process has ended. */
  async end(): Promise<void> {
    await this.#worker[Symbol.asyncDispose]();
    this.life.kill();
  }
}
