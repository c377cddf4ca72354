import { join } from "node:path";

import { readEnvironment } from "../config/environment.ts";
import { openInstanceSecret } from "../config/instance-secret.ts";
import { Secrets } from "../config/secrets.ts";
import type { Environment } from "../config/environment.ts";
import { projectRun } from "../engine/projection.ts";
import { GitRepositories } from "../git/git-repositories.ts";
import { Intake } from "../intake/intake.ts";
import { PeopleCheck } from "../intake/people-check.ts";
import { Inventory } from "../inventory/inventory.ts";
import { systemClock } from "../platform/clock.ts";
import { systemRandom } from "../platform/ids.ts";
import { createLogger, type Logger } from "../platform/logger.ts";
import { SecretMask } from "../platform/masking.ts";
import { shutdownSignal } from "../platform/shutdown-signal.ts";
import { atEndOfTurn } from "../platform/turn.ts";
import { openStore } from "../store/store.ts";
import { openArgocdServers } from "./argocd-servers.ts";
import { createEngine } from "./engine.ts";
import { allowedBranches, repositoryRules } from "./git-access.ts";
import { loadFiles, usableCommands } from "./load-files.ts";
import { Slack } from "./slack.ts";

// How far back a rollback looks for a revision that was proven.
const MOST_PROOFS = 50;

/** `quarterdeck serve`: runs until it is told to stop. A second signal ends it at once. */
export async function serve(): Promise<number> {
  const mask = new SecretMask();
  const environment = readEnvironment(mask);
  const logger = createLogger({ level: "info", mask, now: () => systemClock.now(), write: printLine });
  const stop = shutdownSignal();
  await using resources = new AsyncDisposableStack();
  await start({ environment, mask, logger }, resources);
  logger.info("ready", { pid: process.pid });
  const signal = await stop;
  logger.info("stopping", { signal });
  await resources.disposeAsync();
  logger.info("stopped");
  return 0;
}

function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

interface Surroundings {
  readonly environment: Environment;
  readonly mask: SecretMask;
  readonly logger: Logger;
}

/** Builds the application, takes up what an earlier process left, and opens the door last. */
async function start({ environment, mask, logger }: Surroundings, resources: AsyncDisposableStack): Promise<void> {
  const [clock, random] = [systemClock, systemRandom];
  const files = await loadFiles(environment);
  const commands = usableCommands(files);
  const { configuration } = files;
  const { dataFolder, host, port, variables } = environment;
  const secrets = new Secrets({ sources: configuration.secrets, variables, mask, logger });
  const address = `http://${host}:${port}`;
  const store = resources.use(
    await openStore({ dataFolder, address, clock, random, atEndOfTurn, projector: projectRun }),
  );
  await openInstanceSecret({ configured: environment.instanceSecret, dataFolder, random, mask });
  const servers = openArgocdServers({ configuration, secrets, clock, random, logger }, resources);
  const git = resources.use(
    new GitRepositories({
      folder: join(dataFolder, "git"),
      rules: repositoryRules(configuration, secrets),
      environment: variables,
      clock,
      logger,
      limits: { fetchTimeoutMs: configuration.git.timeoutMs, maxBytes: configuration.git.largestBytes },
    }),
  );
  const inventory = new Inventory(configuration);
  const slack = resources.use(new Slack({ environment, configuration, store, servers, clock, random, logger }));
  const onChanged = slack.show.bind(slack);
  const engine = createEngine({ store, servers, git, inventory, clock, random, logger, onChanged }, resources);
  const intake = resources.use(
    new Intake({
      ...engine,
      commands,
      inventory,
      servers,
      git,
      branchesOf: (repository) => allowedBranches(configuration, repository),
      check: new PeopleCheck({ directory: slack.directory, rules: configuration }),
      events: store.events,
      proofs: (app) => store.events.proofs(app, MOST_PROOFS),
      people: store.people,
      clock,
      random,
      logger,
      reply: (arrival, answer) => slack.reply(arrival, answer),
    }),
  );
  // Disposed first of all: what arrives later would be recorded and then wait for the next start.
  resources.defer(() => slack.close());
  engine.alarm.arm();
  await engine.runs.resume();
  for (const run of store.events.unshownRuns()) slack.show(engine.runs.view(run));
  await slack.open(intake);
  intake.resume();
}
