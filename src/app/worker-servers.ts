import type { ArgocdAccess } from "../argocd/argocd-server.ts";
import { ArgocdClient } from "../argocd/argocd-client.ts";
import { ArgocdHttp, type HttpConnections } from "../argocd/argocd-http.ts";
import type { Variables } from "../config/environment.ts";
import { Secrets } from "../config/secrets.ts";
import { digestOf } from "../platform/canonical-json.ts";
import type { Clock } from "../platform/clock.ts";
import { AppError, errorMessage } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import type { SecretMask } from "../platform/masking.ts";
import type { ArgocdConnection } from "./argocd-connection.ts";
import { currentToken } from "./current-token.ts";

interface Deps {
  /** The worker's name, for messages. */
  readonly worker: string;
  readonly variables: Variables;
  readonly mask: SecretMask;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The connections to an Argo CD server; those of this machine where it is absent. */
  readonly connect?: (() => HttpConnections) | undefined;
}

interface Opened {
  readonly http: ArgocdHttp;
  readonly servers: ReadonlyMap<string, ArgocdAccess>;
}

/** The Argo CD servers that a worker was sent to, each opened once and with the tokens of the worker's own surroundings. */
export class WorkerServers implements AsyncDisposable {
  readonly #deps: Deps;
  readonly #opened = new Map<string, Opened>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** The server that a job names, by its name. Throws `secret.unresolved` when this worker does not have its token. */
  for(connection: ArgocdConnection | undefined): ReadonlyMap<string, ArgocdAccess> {
    if (connection === undefined) return new Map();
    const key = digestOf(connection);
    const opened = this.#opened.get(key) ?? this.#open(connection);
    this.#opened.set(key, opened);
    return opened.servers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Array.from(this.#opened.values(), ({ http }) => http[Symbol.asyncDispose]()));
  }

  #open(connection: ArgocdConnection): Opened {
    const { clock, random, connect } = this.#deps;
    const { name, url, ca, insecure, mayWrite } = connection;
    const token = this.#token(connection);
    const http = new ArgocdHttp({
      url,
      get token() {
        return token();
      },
      insecure,
      ca,
      clock,
      connections: connect?.(),
      mayWrite: () => mayWrite,
    });
    const client = new ArgocdClient({ http, clock, random });
    return { http, servers: new Map([[name, { url, client }]]) };
  }

  #token({ name, token }: ArgocdConnection): () => string {
    const { secret, env, file } = token;
    const { worker, variables, mask, logger } = this.#deps;
    const sources = { [secret]: { ...(env !== undefined && { env }), ...(file !== undefined && { file }) } };
    const secrets = new Secrets({ sources, variables, mask, logger });
    try {
      return currentToken(() => secrets.resolve({ secret }), logger.with({ argocd: name }));
    } catch (error) {
      const message = `The worker ${worker} cannot speak to Argo CD: ${errorMessage(error)}`;
      throw new AppError(message, { code: "secret.unresolved", cause: error });
    }
  }
}
