import { readFileSync } from "node:fs";

import { ApplicationCache } from "../argocd/application-cache.ts";
import { ArgocdClient } from "../argocd/argocd-client.ts";
import { ArgocdHttp } from "../argocd/argocd-http.ts";
import type { ArgocdServer } from "../argocd/argocd-server.ts";
import { WatchStream } from "../argocd/watch-stream.ts";
import type { Configuration } from "../config/configuration.ts";
import type { Secrets } from "../config/secrets.ts";
import { AppError } from "../platform/errors.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";

interface Deps {
  readonly configuration: Configuration;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Opens every Argo CD server of the configuration: one client, one stream and one cache each. They are watched from here on. */
export function openArgocdServers(deps: Deps, resources: AsyncDisposableStack): ReadonlyMap<string, ArgocdServer> {
  return new Map(deps.configuration.argocd.map((settings) => [settings.name, openServer(deps, settings, resources)]));
}

function openServer(
  { configuration, secrets, clock, random, logger }: Deps,
  settings: Configuration["argocd"][number],
  resources: AsyncDisposableStack,
): ArgocdServer {
  const { name, url, ui, insecure, projects } = settings;
  const http = new ArgocdHttp({
    url,
    token: secrets.resolve(settings.token),
    insecure,
    ca: settings.ca === undefined ? undefined : readAuthority(name, settings.ca),
    clock,
  });
  resources.use(http);
  const client = new ArgocdClient({ http, clock, random });
  const own = logger.with({ argocd: name });
  const filter = { projects };
  const compareEveryMs = configuration.timing.resyncMs;
  const cache = new ApplicationCache({
    client,
    clock,
    random,
    logger: own,
    filter,
    compareEveryMs,
    streamHealth: () => stream.health(),
  });
  const stream = new WatchStream({ http, clock, random, logger: own, filter, listener: cache });
  resources.use(cache);
  resources.use(stream);
  cache.start();
  stream.start();
  return { name, url, uiUrl: ui ?? url, client, cache };
}

function readAuthority(server: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new AppError(`The certificate authority of the Argo CD server "${server}" cannot be read from ${file}.`, {
      code: "config.ca",
      cause,
    });
  }
}
