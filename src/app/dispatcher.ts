import type { Configuration } from "../config/configuration.ts";
import type { Environment } from "../config/environment.ts";
import type { InstanceSecret } from "../config/instance-secret.ts";
import { BullmqDispatcher } from "../dispatch/bullmq-dispatcher.ts";
import { InProcessDispatcher } from "../dispatch/in-process-dispatcher.ts";
import type { Dispatcher, JobReports } from "../engine/ports.ts";
import type { StepKind } from "../engine/step-kind.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import { atEndOfTurn } from "../platform/turn.ts";
import { connectionOf } from "./argocd-connection.ts";
import { ACTIONS_AT_ONCE, channelKeys, SHUTDOWN_GRACE_MS } from "./execution.ts";
import { programVersion } from "./program-version.ts";

export interface DispatcherDeps {
  readonly environment: Environment;
  readonly settings: { readonly configuration: Configuration };
  readonly secret: InstanceSecret;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The transport of jobs: with `REDIS_URL` to workers in other processes, and otherwise none, as the server executes them itself. */
export function createDispatcher(
  deps: DispatcherDeps,
  kinds: ReadonlyMap<string, StepKind>,
  reports: JobReports,
): Dispatcher {
  const { environment, settings, secret, clock, random, logger } = deps;
  const base = { kinds, reports, clock, shutdownGraceMs: SHUTDOWN_GRACE_MS };
  const url = environment.redisUrl;
  const [keys] = channelKeys(secret);
  if (url === undefined || keys === undefined)
    return new InProcessDispatcher({ ...base, atEndOfTurn, concurrency: ACTIONS_AT_ONCE });
  const own = secret.file === undefined ? {} : { secretFile: secret.file };
  logger.info("steps are executed by workers, which need this REDIS_URL and the same QUARTERDECK_SECRET", {
    queue: keys.job.id,
    ...own,
  });
  return new BullmqDispatcher({
    ...base,
    url,
    keys,
    random,
    logger,
    version: programVersion(),
    connectionOf: (job) => connectionOf(settings.configuration, job),
  });
}
