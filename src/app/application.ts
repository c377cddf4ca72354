import type { Environment } from "../config/environment.ts";
import { openInstanceSecret } from "../config/instance-secret.ts";
import { Secrets } from "../config/secrets.ts";
import { projectRun } from "../engine/projection.ts";
import type { Intake } from "../intake/intake.ts";
import { PeopleCheck } from "../intake/people-check.ts";
import { Inventory } from "../inventory/inventory.ts";
import type { Clock } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import type { SecretMask } from "../platform/masking.ts";
import { atEndOfTurn } from "../platform/turn.ts";
import { openStore, type Store } from "../store/store.ts";
import { Metrics } from "../web/metrics.ts";
import { openArgocdServers } from "./argocd-servers.ts";
import { requireCredentials } from "./credentials.ts";
import { loadTransport } from "./dispatcher.ts";
import { createEngine, type Engine } from "./engine.ts";
import { openGit } from "./git-access.ts";
import { openStoreAndHttp } from "./http.ts";
import { discovered, openDiscovery } from "./discovery.ts";
import { createHomeSource, createIntake } from "./intake.ts";
import { openWatch } from "./observe.ts";
import { openSettings, watchSettings } from "./settings.ts";
import { Slack } from "./slack.ts";
import { openWeb, pageLinks } from "./web.ts";

/** What the application is given from outside. */
export interface Surroundings {
  readonly environment: Environment;
  readonly mask: SecretMask;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
}

/** The parts of a running application that others may look at. */
export interface Application {
  readonly store: Store;
  readonly engine: Engine;
  /** Where the server listens, such as `http://127.0.0.1:8080`. */
  readonly address: string;
  /** Reads configuration and commands again. */
  readonly reload: () => Promise<void>;
}

/** Builds the application, takes up what an earlier process left, and opens the door last. */
export async function startApplication(
  { environment, mask, logger, clock, random }: Surroundings,
  resources: AsyncDisposableStack,
): Promise<Application> {
  const { live, files } = await openSettings(environment);
  const { configuration } = live;
  const { dataFolder, variables } = environment;
  const secrets = new Secrets({ sources: configuration.secrets, variables, mask, logger });
  // Before anything is made or opened.
  requireCredentials({ environment, configuration, secrets });
  const openStoreAt = (at: string): Promise<Store> =>
    openStore({ dataFolder, address: at, clock, random, atEndOfTurn, projector: projectRun });
  const { http, store, address } = await openStoreAndHttp(
    { environment, clock, logger, openStore: openStoreAt },
    resources,
  );
  const secret = await openInstanceSecret({ configured: environment.instanceSecret, dataFolder, random, mask });
  const servers = openArgocdServers({ live, secrets, clock, random, logger }, resources);
  const git = resources.use(openGit({ configuration, environment, secrets, clock, logger }));
  const metrics = new Metrics();
  const inventory = new Inventory(configuration);
  const discovery = openDiscovery({ live, inventory, servers, clock, logger }, resources);
  const parts = { environment, live, store, http, servers, inventory, metrics, clock, random, logger };
  const slack = resources.use(new Slack({ ...parts, viewOf: (run) => engine.runs.view(run) }));
  const reload = await watchSettings({ ...parts, files, slack, mask }, resources);
  const onChanged = slack.show.bind(slack);
  const transport = await loadTransport(environment);
  const engine = createEngine({ ...parts, secret, git, transport, onChanged }, resources);
  openWeb({ ...parts, engine, slack, secret });
  const { runs } = engine;
  const watch = openWatch({ ...parts, runs, slack }, resources);
  const operations = watch.operations.bind(watch);
  const pageOf = pageLinks({ environment, secret, clock });
  const check = new PeopleCheck({ directory: slack.directory, rules: () => live.configuration });
  const doors = { ...parts, check, pageOf, discovery, git, slack, engine, operations };
  const intake = resources.use(createIntake(doors));
  // Disposed first of all: what arrives later would be recorded and then wait for the next start.
  resources.defer(() => slack.close());
  engine.alarm.arm();
  await engine.runs.resume();
  await slack.open(intake, createHomeSource(doors));
  takeUp({ ...doors, intake }).catch((error: unknown) => {
    logger.error("what an earlier process left could not be taken up", { error: errorText(error) });
  });
  return { store, engine, address, reload: () => reload.reload("signal") };
}

/**
 * What was asked for before a crash is judged by who asked it, and messages link to one another by the workspace's address:
 * both wait until Slack has said who we are.
 */
async function takeUp(
  deps: Parameters<typeof createIntake>[0] & { readonly intake: Pick<Intake, "resume"> },
): Promise<void> {
  const { store, slack, engine, live, servers, clock, intake } = deps;
  await slack.identified;
  for (const run of store.events.unshownRuns()) slack.show(run, () => engine.runs.view(run));
  await discovered({ live, servers, clock });
  intake.resume();
}
