import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import {
  DEMO_IMAGES,
  DEMO_OTHER_IMAGES,
  DEMO_TOKEN,
  demoAccounts,
  demoApplications,
} from "../simulator/argocd-demo-world.ts";
import { type ArgocdSimulator, startArgocdSimulator } from "../simulator/argocd-simulator.ts";
import { createDemoRepository } from "../simulator/git-demo-repository.ts";
import { GitHost } from "../simulator/git-host.ts";
import { slackDemoWorkspace } from "../simulator/slack-demo-workspace.ts";
import { type SlackSimulator, startSlackSimulator } from "../simulator/slack-simulator.ts";
import { demoApp } from "./demo-app.ts";
import { demoConfiguration } from "./demo-configuration.ts";

/** Everything outside Quarterdeck: a simulated Slack, a simulated Argo CD and a Git server, on the loopback interface. */
export interface DemoWorld extends AsyncDisposable {
  readonly slack: SlackSimulator;
  readonly argocd: ArgocdSimulator;
  readonly git: GitHost;
  readonly configurationFile: string;
  /** The data folder of the server. */
  readonly dataFolder: string;
  /** What the server is told by its environment; the only thing in which it differs from one that is used in earnest. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface DemoWorldOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Where the page for people listens; any free port when absent. */
  readonly port?: number;
  /** How many times faster than a real cluster; 1 when absent. */
  readonly speed?: number;
  /** How long an application has to stay healthy to be proven; short by itself. */
  readonly settle?: string;
}

const BOT_TOKEN = "xoxb-demo-0000000001-quarterdeck";
const APP_TOKEN = "xapp-1-A0QUARTER1-demo-quarterdeck";
const REPOSITORY = "harbor/deploy.git";

/** Builds the world in a folder of its own, which is gone when the world is disposed. */
export async function openDemoWorld(options: DemoWorldOptions): Promise<DemoWorld> {
  const { clock, random } = options;
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "quarterdeck-demo-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const repositoryFolder = join(folder, "deploy.git");
  await createDemoRepository(repositoryFolder);
  const git = resources.use(await GitHost.start({ clock, repositories: { [REPOSITORY]: repositoryFolder } }));
  const repositoryUrl = git.repositoryUrl(REPOSITORY);
  const argocd = resources.use(
    await startArgocdSimulator({
      clock,
      random,
      speed: options.speed ?? 1,
      gitRepositories: { [repositoryUrl]: repositoryFolder },
      applications: demoApplications(repositoryUrl),
      accounts: demoAccounts(),
      images: DEMO_IMAGES,
      otherImages: DEMO_OTHER_IMAGES,
    }),
  );
  const slack = resources.use(
    await startSlackSimulator({
      clock,
      random,
      workspace: { ...slackDemoWorkspace, app: { ...slackDemoWorkspace.app, ...(await demoApp()) } },
      botToken: BOT_TOKEN,
      appToken: APP_TOKEN,
      argoUrl: `${argocd.url}/_control/`,
      ...(options.port !== undefined && { port: options.port }),
    }),
  );
  const configurationFile = join(folder, "quarterdeck.yaml");
  await writeFile(
    configurationFile,
    demoConfiguration({ argocdUrl: argocd.url, repositoryUrl, settle: options.settle }),
  );
  const dataFolder = join(folder, "data");
  await mkdir(dataFolder, { mode: 0o700 });
  const environment = {
    SLACK_BOT_TOKEN: BOT_TOKEN,
    SLACK_APP_TOKEN: APP_TOKEN,
    SLACK_API_URL: slack.apiUrl,
    ARGOCD_TOKEN: DEMO_TOKEN,
    QUARTERDECK_CONFIG: configurationFile,
    QUARTERDECK_DATA: dataFolder,
  };
  const owned = resources.move();
  return {
    slack,
    argocd,
    git,
    configurationFile,
    dataFolder,
    environment,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
