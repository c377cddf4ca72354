import { readEnvironment } from "../config/environment.ts";
import { AppError } from "../platform/errors.ts";
import { systemClock } from "../platform/clock.ts";
import { systemRandom } from "../platform/ids.ts";
import { createLogger } from "../platform/logger.ts";
import { SecretMask } from "../platform/masking.ts";
import { onReloadSignal } from "../platform/reload-signal.ts";
import { shutdownSignal } from "../platform/shutdown-signal.ts";
import { startApplication } from "./application.ts";
import { printLine } from "./print-line.ts";

/** `quarterdeck serve`: runs until it is told to stop. A second signal ends it at once. */
export async function serve(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    const message = "Usage: quarterdeck serve, without arguments; addresses, paths and tokens are in the environment";
    throw new AppError(message, { code: "usage" });
  }
  const mask = new SecretMask();
  const environment = readEnvironment(mask);
  const logger = createLogger({ level: "info", mask, now: () => systemClock.now(), write: printLine });
  const stop = shutdownSignal();
  const running: { reload?: () => Promise<void> } = {};
  await using resources = new AsyncDisposableStack();
  resources.use(onReloadSignal(() => void running.reload?.()));
  const surroundings = { environment, mask, logger, clock: systemClock, random: systemRandom };
  const { address, reload } = await startApplication(surroundings, resources);
  running.reload = reload;
  logger.info("ready", { pid: process.pid, address });
  const signal = await stop;
  logger.info("stopping", { signal });
  await resources.disposeAsync();
  logger.info("stopped");
  return 0;
}
