import { RemoteDispatcher, type RemoteDispatcherDeps } from "./remote-dispatcher.ts";
import { RedisJobQueue } from "./redis-job-queue.ts";
import { RedisLink } from "./redis-link.ts";
import { placesOf } from "./wire.ts";

/** The server's end of a Redis; `url` has its password. */
export function createRedisDispatcher(
  url: string,
  deps: Omit<RemoteDispatcherDeps, "link" | "queue">,
): RemoteDispatcher {
  const { clock, logger, keys } = deps;
  const link = new RedisLink({ url, clock, logger });
  return new RemoteDispatcher({ ...deps, link, queue: new RedisJobQueue(link, placesOf(keys.job.id)) });
}
