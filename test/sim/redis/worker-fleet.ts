import { channelKeys, SHUTDOWN_GRACE_MS } from "../../../src/app/execution.ts";
import { JobConnection, jobConnection } from "../../../src/app/job-connection.ts";
import type { Outside } from "../../../src/app/outside.ts";
import { WorkerServers } from "../../../src/app/worker-servers.ts";
import type { HttpConnections } from "../../../src/argocd/argocd-http.ts";
import type { Variables } from "../../../src/config/environment.ts";
import type { InstanceSecret } from "../../../src/config/instance-secret.ts";
import { RemoteDispatcher, type RemoteDispatcherDeps } from "../../../src/dispatch/remote-dispatcher.ts";
import type { RemoteWorkerDeps } from "../../../src/dispatch/remote-worker.ts";
import type { ChannelKeys } from "../../../src/dispatch/envelope.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { SecretMask } from "../../../src/platform/masking.ts";
import { workerSteps } from "../../../src/steps/builtin-steps.ts";
import { idleTools } from "../../support/idle-tools.ts";
import type { Dice } from "../dice.ts";
import type { Life } from "../life.ts";
import type { Wall } from "../machine-clock.ts";
import type { Schedule } from "../schedule.ts";
import { seededRandom } from "../seeded-random.ts";
import { Pace } from "./pace.ts";
import { RedisWorld } from "./redis-world.ts";
import type { RedisUser } from "./sim-link.ts";
import { SimWorker } from "./sim-worker.ts";
import type { WorkerAct } from "./worker-act.ts";
import { WorkerPlaces } from "./worker-places.ts";

interface Deps {
  readonly line: Schedule;
  readonly dice: Dice;
  readonly wall: Wall;
  readonly secret: InstanceSecret;
  /** The environment of the workers, with their tokens. */
  readonly variables: Variables;
  /** How many there are as long as nothing happens to them. */
  readonly count: number;
  /** The way of one worker to Argo CD. */
  readonly argocd: (life: Life) => HttpConnections;
  readonly logger?: RemoteDispatcherDeps["logger"];
}

/** The server as its dispatcher is made for it. */
interface ServerSide extends Pick<Outside, "clock" | "random" | "logger" | "live"> {
  readonly life: Life;
}

const VERSION = "1.0.0";
// So few that some jobs have to wait.
const AT_ONCE = 3;

/** Execution by workers: a Redis, the workers on it, and what happens to them. */
export class WorkerFleet {
  readonly redis: RedisWorld;
  readonly #deps: Deps;
  readonly #keys: ChannelKeys;
  readonly #places: WorkerPlaces;
  #started = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
    const [keys] = channelKeys(deps.secret);
    if (keys === undefined) throw new TypeError("the instance has no secret");
    this.#keys = keys;
    this.redis = new RedisWorld({ line: deps.line, dice: deps.dice.fork("redis") });
    this.#places = new WorkerPlaces({ ...deps, open: () => this.#open() });
    this.#places.fill();
  }

  /** What a server needs to have its jobs executed here. */
  createDispatcher({ life, clock, random, logger, live }: ServerSide): Outside["createDispatcher"] {
    const pace = new Pace({ line: this.#deps.line, life, dice: this.#deps.dice });
    return (kinds, reports) => {
      const { link, queue } = this.redis.connect({ life, pace, clock });
      return new RemoteDispatcher({
        link,
        queue,
        kinds,
        reports,
        clock,
        random,
        logger,
        keys: this.#keys,
        version: VERSION,
        shutdownGraceMs: SHUTDOWN_GRACE_MS,
        connectionOf: (job) => jobConnection(job, { configuration: live.configuration }),
      });
    };
  }

  apply(act: WorkerAct): void {
    this.#places.apply(act);
  }

  /** Nothing goes wrong any more: everybody is there. */
  calm(): void {
    this.redis.calm();
    this.#places.fill();
  }

  #open(): SimWorker {
    this.#started += 1;
    const { logger = silentLogger } = this.#deps;
    const id = `worker-${this.#started}`;
    return new SimWorker({
      ...this.#deps,
      id,
      redis: this.redis,
      dice: this.#deps.dice.fork(id),
      keys: this.#keys,
      version: VERSION,
      logger: logger.with({ worker: id }),
      concurrency: AT_ONCE,
      shutdownGraceMs: SHUTDOWN_GRACE_MS,
      kinds: ({ clock }) => workerSteps({ servers: new Map(), clock, ...idleTools() }),
      kindsFor: (user) => this.#kindsFor(id, user),
    });
  }

  #kindsFor(id: string, { clock, life, pace }: RedisUser): RemoteWorkerDeps["kindsFor"] {
    const { variables, argocd, dice, logger = silentLogger } = this.#deps;
    const servers = new WorkerServers({
      worker: id,
      variables,
      mask: new SecretMask(),
      clock,
      random: seededRandom(dice.fork(`random of ${id}`)),
      logger,
      connect: () => atPace(argocd(life), pace),
    });
    return (connection) =>
      workerSteps({ servers: servers.for(JobConnection.parse(connection).argocd), clock, ...idleTools() });
  }
}

/** Answers reach a process when it moves. */
function atPace(connections: HttpConnections, pace: Pace): HttpConnections {
  return {
    request: async (request) => {
      try {
        return await connections.request(request);
      } finally {
        await pace.moving();
      }
    },
    destroy: () => connections.destroy(),
  };
}
