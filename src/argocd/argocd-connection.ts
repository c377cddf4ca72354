import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import { ApplicationCache } from "./application-cache.ts";
import type { ListFilter } from "./application-request.ts";
import { ArgocdClient } from "./argocd-client.ts";
import { type ArgocdAddress, ArgocdHttp } from "./argocd-http.ts";
import { WatchStream } from "./watch-stream.ts";

/** One entry under `argocd` in the configuration, with its token. */
export interface ArgocdConnectionOptions extends ArgocdAddress, ListFilter {
  readonly name: string;
  /** How often the cache is compared with a list; two minutes unless given. */
  readonly compareEveryMs?: number | undefined;
}

export interface ArgocdConnectionDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Everything that talks to one Argo CD server. */
export interface ArgocdConnection extends AsyncDisposable {
  readonly name: string;
  readonly client: ArgocdClient;
  readonly cache: ApplicationCache;
}

const COMPARE_EVERY_MS = 120_000;

/** Opens the connection pool, the watch and the cache of one server. Returns at once: whether the server can be reached shows in `cache.health()`. */
export function openArgocdConnection(options: ArgocdConnectionOptions, deps: ArgocdConnectionDeps): ArgocdConnection {
  const { name, projects, selector, namespaces, compareEveryMs = COMPARE_EVERY_MS } = options;
  const { clock, random } = deps;
  const logger = deps.logger.with({ argocd: name });
  const filter = { projects, selector, namespaces };
  const http = new ArgocdHttp({ ...options, clock });
  const client = new ArgocdClient({ http, clock, random });
  const streamHealth = () => watch.health();
  const cache = new ApplicationCache({ client, clock, random, logger, filter, compareEveryMs, streamHealth });
  const watch = new WatchStream({ http, clock, random, logger, filter, listener: cache });
  watch.start();
  cache.start();
  return {
    name,
    client,
    cache,
    async [Symbol.asyncDispose]() {
      await watch[Symbol.asyncDispose]();
      await cache[Symbol.asyncDispose]();
      await http[Symbol.asyncDispose]();
    },
  };
}

/** A connection without a watch, for a worker and for single questions: the pool is closed with it. */
export function openArgocdClient(
  address: ArgocdAddress,
  deps: Omit<ArgocdConnectionDeps, "logger">,
): AsyncDisposable & { readonly client: ArgocdClient } {
  const http = new ArgocdHttp({ ...address, clock: deps.clock });
  return { client: new ArgocdClient({ http, ...deps }), [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() };
}
