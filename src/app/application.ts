import { RunFeed } from "../api/run-feed.ts";
import type { Environment } from "../config/environment.ts";
import { openInstanceSecret } from "../config/instance-secret.ts";
import { Secrets } from "../config/secrets.ts";
import { projectRun } from "../engine/projection.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import type { SecretMask } from "../platform/masking.ts";
import { atEndOfTurn } from "../platform/turn.ts";
import { maskedRoutes } from "../http/masked-routes.ts";
import { openStore, type Store } from "../store/store.ts";
import { Metrics } from "../web/metrics.ts";
import { anchorTargets } from "./anchors.ts";
import { alsoTo, openApi } from "./api.ts";
import { assemble } from "./assembly.ts";
import { requireCredentials } from "./credentials.ts";
import { createDispatcher, loadTransport } from "./dispatcher.ts";
import type { Engine } from "./engine.ts";
import { openAppTokens, openGit } from "./git-access.ts";
import { isWritable, openBranchWriter } from "./git-writing.ts";
import { openStoreAndHttp } from "./http.ts";
import { keepTidy } from "./janitor.ts";
import { openJobFiles } from "./job-files.ts";
import type { Outside } from "./outside.ts";
import { openSettings, watchSettings } from "./settings.ts";
import { openSlackWire } from "./slack-wire.ts";
import { openStepTools } from "./step-tools.ts";
import { openTriggers } from "./triggers.ts";
import { openWeb } from "./web.ts";

// Slack's requests come together; what came in by then shares a commit.
const TURNS_A_COMMIT = 4;

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

/** Opens what the environment names, and the application on it: it takes up what an earlier process left, and opens the door last. */
export async function startApplication(
  surroundings: Surroundings,
  resources: AsyncDisposableStack,
): Promise<Application> {
  const { environment, mask, logger, clock, random } = surroundings;
  const settings = await openSettings(environment);
  const { live } = settings;
  const { configuration } = live;
  const { dataFolder, variables } = environment;
  const secrets = new Secrets({ sources: configuration.secrets, variables, mask, logger });
  // Before anything is made or opened.
  requireCredentials({ environment, configuration, secrets });
  const openStoreAt = (at: string): Promise<Store> =>
    openStore({
      dataFolder,
      address: at,
      clock,
      random,
      mask,
      atEndOfTurn,
      mostTurnsACommit: TURNS_A_COMMIT,
      projector: projectRun,
    });
  const { http, store, address } = await openStoreAndHttp(
    { environment, clock, logger, openStore: openStoreAt },
    resources,
  );
  const secret = await openInstanceSecret({ configured: environment.instanceSecret, dataFolder, random, mask });
  const git = resources.use(openGit({ configuration, environment, secrets, clock, logger }));
  const transport = await loadTransport(environment);
  const metrics = new Metrics();
  const feed = new RunFeed({ clock });
  const routes = maskedRoutes(http, mask);
  const base = { ...surroundings, ...settings, secrets, secret, store, http: routes, git, transport, metrics };
  const tools = openStepTools(base, resources);
  const ways = { ...base, filesOf: openJobFiles({ ...base, address, artifacts: tools.artifacts }) };
  const outside: Outside = {
    ...base,
    ...tools,
    ...alsoTo(feed, metrics),
    appTokens: openAppTokens({ git, mask, mayWrite: (repository) => isWritable(live.configuration, repository) }),
    branches: resources.use(openBranchWriter({ configuration, environment, secrets, clock, random })),
    slack: openSlackWire(base),
    createDispatcher: (kinds, reports) => createDispatcher(ways, kinds, reports),
    publicUrl: environment.publicUrl,
    openAnchorTarget: anchorTargets({ ...base, configuration }, resources),
  };
  const assembly = assemble(outside, resources);
  openWeb({ ...base, ...assembly, artifacts: tools.artifacts });
  const triggers = openTriggers({ ...base, ...assembly }, resources);
  const api = await openApi({ ...base, ...assembly, artifacts: tools.artifacts, feed }, resources);
  const { engine, reload } = assembly;
  await watchSettings({ ...base, reload }, resources);
  keepTidy({ ...base, ...tools }, resources);
  await assembly.open();
  triggers.open();
  api.open();
  return { store, engine, address, reload: () => reload.reload("signal") };
}
