import { RemoteWorker, type RemoteWorkerDeps } from "./remote-worker.ts";
import { RedisJobSource } from "./redis-job-source.ts";
import { RedisLink } from "./redis-link.ts";
import { placesOf } from "./wire.ts";

/** A worker's end of a Redis; `url` has its password. */
export function createRedisWorker(url: string, deps: Omit<RemoteWorkerDeps, "link" | "source">): RemoteWorker {
  const { clock, logger, keys } = deps;
  const link = new RedisLink({ url, clock, logger });
  return new RemoteWorker({
    ...deps,
    link,
    source: new RedisJobSource({ url, places: placesOf(keys.job.id), logger }),
  });
}
