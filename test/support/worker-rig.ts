import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ServerProcess } from "../../src/demo/server-process.ts";
import { DEMO_TOKEN } from "../../src/simulator/argocd-demo-world.ts";
import { ANA, type LogLine } from "./app-rig.ts";
import { ArgocdFront } from "./argocd-front.ts";
import { ENTRY, ProcessRig } from "./process-rig.ts";
import { RedisServer } from "./redis-server.ts";

/** With which token the worker of a number comes to Argo CD. */
export function workerToken(number: number): string {
  return `token-of-worker-number-${number}`;
}

export const SECRET = "a-secret-of-this-test-that-is-long-enough";

/** The real server and real workers in processes of their own, with a real Redis between them. */
export class WorkerRig implements AsyncDisposable {
  readonly rig: ProcessRig;
  readonly redis: RedisServer;
  readonly front: ArgocdFront;
  /** What the workers have logged. */
  readonly log: LogLine[] = [];
  readonly #resources: AsyncDisposableStack;
  readonly #folder: string;
  #configuration: string;

  private constructor(
    parts: Pick<WorkerRig, "rig" | "redis" | "front"> & {
      readonly resources: AsyncDisposableStack;
      readonly folder: string;
      readonly configuration: string;
    },
  ) {
    this.rig = parts.rig;
    this.redis = parts.redis;
    this.front = parts.front;
    this.#resources = parts.resources;
    this.#folder = parts.folder;
    this.#configuration = parts.configuration;
  }

  static async open(): Promise<WorkerRig> {
    await using resources = new AsyncDisposableStack();
    const redis = resources.use(await RedisServer.start());
    const rig = resources.use(await ProcessRig.open());
    const front = resources.use(await ArgocdFront.open({ url: rig.world.argocd.url, token: DEMO_TOKEN }));
    const configuration = await rig.configuration("through-the-front.yaml", (text) =>
      text.replace(rig.world.argocd.url, front.url),
    );
    const folder = await mkdtemp(join(tmpdir(), "quarterdeck-worker-"));
    resources.defer(() => rm(folder, { recursive: true, force: true }));
    return new WorkerRig({ rig, redis, front, folder, configuration, resources: resources.move() });
  }

  /** Has servers that are started from now on read a configuration that was changed so. */
  async configure(change: (text: string) => string): Promise<void> {
    const { url } = this.rig.world.argocd;
    this.#configuration = await this.rig.configuration("changed.yaml", (text) =>
      change(text.replace(url, this.front.url)),
    );
  }

  /** Starts the server, which executes nothing itself. */
  async server(environment: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    return await this.rig.start({
      REDIS_URL: this.redis.url,
      QUARTERDECK_SECRET: SECRET,
      QUARTERDECK_CONFIG: this.#configuration,
      ...environment,
    });
  }

  /** Starts a worker in an empty folder, with nothing of the server's environment; resolves when the server has seen it. */
  async worker(number: number, environment: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const worker = await ServerProcess.start(
      {
        entry: ENTRY,
        role: "worker",
        cwd: this.#folder,
        environment: {
          REDIS_URL: this.redis.url,
          QUARTERDECK_SECRET: SECRET,
          ARGOCD_TOKEN: workerToken(number),
          ...environment,
        },
        onLog: (line) => void this.log.push(line),
      },
      process.env,
    );
    this.#resources.defer(async () => void (await worker.kill("SIGKILL")));
    return worker;
  }

  /** Promotes to staging; resolves once it has succeeded, with how often the application was synced for it. */
  async promote(service: string, revision: string): Promise<number> {
    const app = `${service}-staging`;
    const count = (): number => this.front.syncs.filter((name) => name === app).length;
    const before = count();
    await this.rig.insist(ANA, `/promote ${service} ${revision} to staging`);
    const isDone = new RegExp(`Promote ${service} ${revision.slice(0, 7)}.*: succeeded`, "u");
    const what = `${service} at ${revision} in staging`;
    await this.rig.message(what, ({ text, threadTs }) => threadTs === undefined && isDone.test(text));
    return count() - before;
  }

  /** Resolves when so many workers have connected to the server since it started. */
  async connected(count: number): Promise<void> {
    const lines = (): number => this.rig.log.filter(({ message }) => message === "a worker is connected").length;
    await this.rig.until(`${count} workers to be connected`, () => lines() >= count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}
