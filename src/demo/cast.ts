import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { DemoWorld } from "./demo-world.ts";
import { type RedisProcess, startRedis } from "./redis-process.ts";
import { ServerProcess, type ServerProcessOptions } from "./server-process.ts";

/** Where the actions of a play are executed: by the server, or by two workers that know nothing of it but a Redis. */
export type Transport = "in-process" | "redis";

export interface CastOptions {
  readonly world: DemoWorld;
  readonly transport: Transport;
  readonly entry: string;
  readonly onLog: NonNullable<ServerProcessOptions["onLog"]>;
  /** What programs need of this process's environment to run at all is taken from here. */
  readonly surroundings: Readonly<Record<string, string | undefined>>;
}

const WORKERS = 2;
const SECRET = "demo-instance-secret-00000000001";

/** The real processes of a play: the server, and with Redis two workers in folders of their own. */
export class Cast implements AsyncDisposable {
  readonly #options: CastOptions;
  readonly #resources: AsyncDisposableStack;
  readonly #environment: Readonly<Record<string, string>>;
  #server: ServerProcess;

  private constructor(deps: {
    readonly options: CastOptions;
    readonly resources: AsyncDisposableStack;
    readonly environment: Readonly<Record<string, string>>;
    readonly server: ServerProcess;
  }) {
    this.#options = deps.options;
    this.#resources = deps.resources;
    this.#environment = deps.environment;
    this.#server = deps.server;
  }

  /** Resolves when all of them are ready. */
  static async start(options: CastOptions): Promise<Cast> {
    await using resources = new AsyncDisposableStack();
    const more = options.transport === "redis" ? await startWorkers(options, resources) : {};
    const environment = { ...options.world.environment, ...more };
    const server = await startServer(options, environment);
    return new Cast({ options, environment, server, resources: resources.move() });
  }

  /** Resolves when the server has ended by itself, with how. */
  get serverEnded(): Promise<string> {
    return this.#server.exited;
  }

  /** Kills the server without a warning and starts it again. */
  async killServer(): Promise<void> {
    await this.#server.kill("SIGKILL");
    await this.startServer();
  }

  /** Ends the server in order, so that everything it has to say is said. */
  async stopServer(): Promise<void> {
    await this.#server.kill("SIGTERM");
  }

  /** Starts it again after it was stopped. */
  async startServer(): Promise<void> {
    this.#server = await startServer(this.#options, this.#environment);
  }

  /** Resolves when the server's log says this the next time. */
  async serverLogs(message: string): Promise<void> {
    await this.#server.logs(message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.kill("SIGKILL");
    await this.#resources.disposeAsync();
  }
}

async function startServer(
  { world, entry, onLog, surroundings }: CastOptions,
  environment: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const server = await ServerProcess.start({ entry, environment, onLog }, surroundings);
  await world.connectSlack();
  return server;
}

/** The workers get the address of Redis and the secret, what the world has for workers, and nothing else of the server. */
async function startWorkers(
  options: CastOptions,
  resources: AsyncDisposableStack,
): Promise<Readonly<Record<string, string>>> {
  const folder = await mkdtemp(join(tmpdir(), "quarterdeck-workers-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const redis: RedisProcess = resources.use(await startRedis(folder));
  const shared = { REDIS_URL: redis.url, QUARTERDECK_SECRET: SECRET };
  const { entry, onLog, surroundings, world } = options;
  const environment = { ...world.workerEnvironment, ...shared };
  const names = Array.from({ length: WORKERS }, (_, index) => `worker-${index + 1}`);
  const started = names.map(async (name) => {
    const cwd = join(folder, name);
    await mkdir(cwd);
    const worker = await ServerProcess.start({ entry, role: "worker", cwd, environment, onLog }, surroundings);
    resources.defer(async () => void (await worker.kill("SIGKILL")));
  });
  await Promise.all(started);
  return shared;
}
