import { ApplicationCache } from "../argocd/application-cache.ts";
import { ArgocdClient } from "../argocd/argocd-client.ts";
import { ArgocdHttp } from "../argocd/argocd-http.ts";
import type { ArgocdServer } from "../argocd/argocd-server.ts";
import { WatchStream } from "../argocd/watch-stream.ts";
import type { Configuration } from "../config/configuration.ts";
import { errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import { readAuthority } from "./certificate-authority.ts";
import { currentToken } from "./current-token.ts";
import type { Outside } from "./outside.ts";

type Deps = Pick<Outside, "live" | "secrets" | "connect" | "clock" | "random" | "logger">;

/** Opens every Argo CD server of the configuration: one client, one stream and one cache each. They are watched from here on. */
export function openArgocdServers(deps: Deps, resources: AsyncDisposableStack): ReadonlyMap<string, ArgocdServer> {
  return new Map(
    deps.live.configuration.argocd.map((settings) => [settings.name, openServer(deps, settings, resources)]),
  );
}

function openServer(
  { live, secrets, connect, clock, random, logger }: Deps,
  settings: Configuration["argocd"][number],
  resources: AsyncDisposableStack,
): ArgocdServer {
  const { name, url, ui, insecure, namespaces, projects } = settings;
  const own = logger.with({ argocd: name });
  const token = currentToken(() => secrets.resolve(settings.token), own);
  const http = new ArgocdHttp({
    url,
    get token() {
      return token();
    },
    insecure,
    ca: settings.ca === undefined ? undefined : readAuthority(name, settings.ca),
    clock,
    connections: connect?.(settings),
    mayWrite: () => live.configuration.mode === "act",
  });
  resources.use(http);
  const client = new ArgocdClient({ http, clock, random });
  const filter = { projects, namespaces };
  const cache = new ApplicationCache({
    client,
    clock,
    random,
    logger: own,
    filter,
    get compareEveryMs() {
      return live.configuration.timing.resyncMs;
    },
    streamHealth: () => stream.health(),
  });
  const stream = new WatchStream({ http, clock, random, logger: own, filter, listener: cache });
  resources.use(cache);
  resources.use(stream);
  cache.start();
  stream.start();
  const greeting = greet(client, own, resources);
  return { url, uiUrl: () => ui ?? (greeting.pagesUrl || url), client, cache };
}

/**
 * Finds out, beside everything else, who Argo CD takes us for and where its pages are. With anonymous access a token that is no
 * good is no error to Argo CD: it only shows nothing, so it has to be asked.
 */
function greet(client: ArgocdClient, logger: Logger, resources: AsyncDisposableStack): { readonly pagesUrl: string } {
  const stop = new AbortController();
  resources.defer(() => stop.abort());
  const known = { pagesUrl: "" };
  const ask = async (): Promise<void> => {
    const { signal } = stop;
    const [version, user, settings] = await Promise.all([
      client.version({ signal }),
      client.userInfo({ signal }),
      client.settings({ signal }),
    ]);
    known.pagesUrl = settings.url;
    if (user.loggedIn) logger.info("Argo CD knows us", { version, account: user.username });
    else logger.error("Argo CD does not accept the token and treats us as anonymous; make a new one", { version });
  };
  ask().catch((error: unknown) => {
    if (!stop.signal.aborted)
      logger.warn("Argo CD cannot be asked yet; runs will wait for it", { error: errorText(error) });
  });
  return known;
}
