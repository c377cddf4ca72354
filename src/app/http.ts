import type { Environment } from "../config/environment.ts";
import { HttpServer } from "../http/http-server.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { Store } from "../store/store.ts";

interface Deps {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Opens the store, whose lock tells others where this server is. */
  readonly openStore: (address: string) => Promise<Store>;
}

export interface Opened {
  readonly http: HttpServer;
  readonly store: Store;
  /** Such as `http://127.0.0.1:8080`. */
  readonly address: string;
}

/**
 * Opens the store and listens. Of two servers on one data folder the second hears of the first before it hears of the port,
 * and the address that it hears is true also where the system chooses the port.
 */
export async function openStoreAndHttp(deps: Deps, resources: AsyncDisposableStack): Promise<Opened> {
  const { environment, clock, logger, openStore } = deps;
  const { host, port } = environment;
  const http = resources.use(new HttpServer({ host, port, clock, logger }));
  const chosen = port === 0 ? (await http.listen()).port : port;
  const address = `http://${host.includes(":") ? `[${host}]` : host}:${chosen}`;
  const store = resources.use(await openStore(address));
  // Whatever is still asked is answered while there is a store to read.
  resources.defer(() => http[Symbol.asyncDispose]());
  if (port !== 0) await http.listen();
  return { http, store, address };
}
