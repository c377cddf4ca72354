import { hostname } from "node:os";

import { parsePlainYaml } from "../config/plain-yaml.ts";
import { type Environment, readEnvironment, type Variables } from "../config/environment.ts";
import { openInstanceSecret } from "../config/instance-secret.ts";
import { originText } from "../engine/kind-origin.ts";
import { loadPlugins } from "../steps/plugins/load-plugins.ts";
import type { LoadedPlugin } from "../steps/plugins/plugin-kinds.ts";
import { createRedisWorker } from "../dispatch/redis-worker.ts";
import { systemClock } from "../platform/clock.ts";
import { tryDuration } from "../platform/duration.ts";
import { AppError } from "../platform/errors.ts";
import { systemRandom } from "../platform/ids.ts";
import { createLogger } from "../platform/logger.ts";
import { SecretMask } from "../platform/masking.ts";
import { shutdownSignal } from "../platform/shutdown-signal.ts";
import { ACTIONS_AT_ONCE, channelKeys, SHUTDOWN_GRACE_MS } from "./execution.ts";
import { printLine } from "./print-line.ts";
import { programVersion } from "./program-version.ts";
import { openWorkerTools } from "./step-tools.ts";
import { workerKinds } from "./worker-kinds.ts";
import { WorkerServers } from "./worker-servers.ts";

/** `quarterdeck worker`: executes steps for a server until it is told to stop. A second signal ends it at once. */
export async function worker(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    const message =
      "Usage: quarterdeck worker, without arguments; REDIS_URL, QUARTERDECK_SECRET and tokens are in the environment";
    throw new AppError(message, { code: "usage" });
  }
  const mask = new SecretMask();
  const environment = readEnvironment(mask);
  const id = `${hostname()}-${process.pid}-${systemRandom.bytes(3).toString("hex")}`;
  const options = { level: "info", mask, now: () => systemClock.now(), write: printLine } as const;
  const logger = createLogger(options).with({ worker: id });
  const { redisUrl, secret } = required(environment);
  const instance = await openInstanceSecret({ configured: secret, dataFolder: "", random: systemRandom, mask });
  const stop = shutdownSignal();
  await using resources = new AsyncDisposableStack();
  const base = { clock: systemClock, random: systemRandom, logger };
  const servers = resources.use(new WorkerServers({ ...base, worker: id, variables: environment.variables, mask }));
  const tools = openWorkerTools({ ...base, environment }, resources);
  const steps = { ...tools, parseYaml: parsePlainYaml, clock: systemClock };
  const plugins = await workerPlugins(environment.variables);
  const version = programVersion();
  const shutdownGraceMs = graceOf(environment.variables);
  const own = {
    ...base,
    worker: id,
    variables: environment.variables,
    secret: instance,
    servers,
    steps,
    plugins,
    mask,
  };
  const ready = channelKeys(instance).map((keys) => {
    const line = createRedisWorker(redisUrl, {
      ...base,
      keys,
      id,
      version,
      kinds: workerKinds(own, undefined),
      kindsFor: (connection) => workerKinds(own, connection),
      concurrency: ACTIONS_AT_ONCE,
      shutdownGraceMs,
    });
    return resources.use(line).ready;
  });
  // Until Redis can be reached the log says why not.
  void Promise.all(ready).then(() =>
    logger.info("ready", { pid: process.pid, version, plugins: plugins.map(({ origin }) => originText(origin)) }),
  );
  const signal = await stop;
  logger.info("stopping", { signal });
  await resources.disposeAsync();
  logger.info("stopped");
  return 0;
}

/** The plug-ins that a worker is to have, from its working folder on. Throws what is wrong with them. */
async function workerPlugins(variables: Variables): Promise<readonly LoadedPlugin[]> {
  const steps = (variables["QUARTERDECK_STEPS"] ?? "").split(",").map((named) => named.trim());
  const wanted = { steps: steps.filter((named) => named !== ""), from: process.cwd(), clock: systemClock };
  const { plugins, faults } = await loadPlugins(wanted);
  if (faults.length === 0) return plugins;
  const lines = faults.map(({ index, message }) => `QUARTERDECK_STEPS: ${wanted.steps[index] ?? ""}: ${message}`);
  throw new AppError(lines.join("\n"), { code: "steps.unusable" });
}

function graceOf(variables: Variables): number {
  const text = variables["QUARTERDECK_SHUTDOWN_GRACE"]?.trim();
  if (!text) return SHUTDOWN_GRACE_MS;
  const graceMs = tryDuration(text);
  if (graceMs !== undefined) return graceMs;
  const message = "QUARTERDECK_SHUTDOWN_GRACE is no duration; write one such as 10s or 5m";
  throw new AppError(message, { code: "environment.invalid" });
}

function required({ redisUrl, instanceSecret }: Environment): { readonly redisUrl: string; readonly secret: string } {
  if (redisUrl !== undefined && instanceSecret !== undefined) return { redisUrl, secret: instanceSecret };
  const missing = [
    ...(redisUrl === undefined ? ["REDIS_URL is missing; it is the address of the Redis that the server uses"] : []),
    ...(instanceSecret === undefined
      ? [
          "QUARTERDECK_SECRET is missing; it is the server's own, which is in the file `secret` of its data folder when it is not in its environment",
        ]
      : []),
  ];
  throw new AppError(missing.join("\n"), { code: "environment.missing" });
}
