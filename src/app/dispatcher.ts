import type { Environment } from "../config/environment.ts";
import type { InstanceSecret } from "../config/instance-secret.ts";
import { InProcessDispatcher } from "../dispatch/in-process-dispatcher.ts";
import type { createRedisDispatcher } from "../dispatch/redis-dispatcher.ts";
import { SplitDispatcher } from "../dispatch/split-dispatcher.ts";
import type { Dispatcher, Job, JobReports } from "../engine/ports.ts";
import type { StepKind } from "../engine/step-kind.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import { atEndOfTurn } from "../platform/turn.ts";
import type { Metrics } from "../web/metrics.ts";
import { ACTIONS_AT_ONCE, channelKeys } from "./execution.ts";
import { type FilesConnection, jobConnection } from "./job-connection.ts";
import type { LiveSettings } from "./live-settings.ts";
import { programVersion } from "./program-version.ts";

export interface DispatcherDeps {
  readonly environment: Environment;
  readonly live: Pick<LiveSettings, "configuration">;
  readonly secret: InstanceSecret;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly transport: Transport | undefined;
  /** How a worker leaves and reads the files of a job. */
  readonly filesOf: (job: Job) => FilesConnection;
  readonly metrics: Pick<Metrics, "reportRefused">;
}

type Transport = typeof createRedisDispatcher;

/** Loads what carries jobs to workers: a seventh of all code, with which a server without `REDIS_URL` has nothing to do. */
export async function loadTransport({ redisUrl }: Pick<Environment, "redisUrl">): Promise<Transport | undefined> {
  if (redisUrl === undefined) return undefined;
  const { createRedisDispatcher } = await import("../dispatch/redis-dispatcher.ts");
  return createRedisDispatcher;
}

/**
 * The transport of jobs: with `REDIS_URL` to workers in other processes, apart from those that only the
 * server can execute; without it the server executes all of them itself.
 */
export function createDispatcher(
  deps: DispatcherDeps,
  kinds: ReadonlyMap<string, StepKind>,
  reports: JobReports,
): Dispatcher {
  const { environment, live, secret, filesOf, transport: createRedis, metrics, clock, random, logger } = deps;
  const base = { kinds, reports, clock, shutdownGraceMs: live.configuration.timing.shutdownGraceMs };
  const url = environment.redisUrl;
  const [keys] = channelKeys(secret);
  const here = new InProcessDispatcher({ ...base, atEndOfTurn, concurrency: ACTIONS_AT_ONCE });
  if (url === undefined || keys === undefined || createRedis === undefined) return here;
  const own = secret.file === undefined ? {} : { secretFile: secret.file };
  logger.info("steps are executed by workers, which need this REDIS_URL and the same QUARTERDECK_SECRET", {
    queue: keys.job.id,
    ...own,
  });
  const elsewhere = createRedis(url, {
    ...base,
    keys,
    random,
    logger,
    version: programVersion(),
    onRefused: (reason) => metrics.reportRefused(reason),
    connectionOf: (job) => jobConnection(job, { configuration: live.configuration, filesOf }),
  });
  return new SplitDispatcher({ kinds, here, elsewhere });
}
