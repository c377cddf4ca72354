import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Clock } from "../platform/clock.ts";
import { freePort } from "../platform/free-port.ts";
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
import { playFailure } from "./finding.ts";

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
  /** To be called when the server is ready: from then on Slack sends its payloads over HTTP, in a world that wants it so. */
  connectSlack(): Promise<void>;
  /** Whether Slack has a way to the server now. */
  readonly isSlackConnected: boolean;
}

/** In what a world may differ from that of the demo, for a play that needs it. */
export interface WorldSettings {
  /** How long people have to decide at a gate, such as `5s`; an hour when absent. */
  readonly expires?: string;
  /** The Applications that sync themselves from their branch. */
  readonly autoSync?: readonly string[];
  /** Whether Quarterdeck only looks; it acts when absent. */
  readonly mode?: "act" | "observe";
  /** How Slack's payloads reach the server; over a socket when absent. */
  readonly receive?: "socket" | "http";
}

export interface DemoWorldOptions extends WorldSettings {
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
const SIGNING_SECRET = "demo-signing-secret-0001";
const REPOSITORY = "harbor/deploy.git";

/** Builds the world in a folder of its own, which is gone when the world is disposed. */
export async function openDemoWorld(options: DemoWorldOptions): Promise<DemoWorld> {
  const { clock } = options;
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "quarterdeck-demo-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const repositoryFolder = join(folder, "deploy.git");
  await createDemoRepository(repositoryFolder);
  const git = resources.use(await GitHost.start({ clock, repositories: { [REPOSITORY]: repositoryFolder } }));
  const repositoryUrl = git.repositoryUrl(REPOSITORY);
  const argocd = resources.use(await startArgocd(options, { repositoryUrl, repositoryFolder }));
  const slack = resources.use(await startSlack(options, `${argocd.url}/_control/`));
  const configurationFile = join(folder, "quarterdeck.yaml");
  await writeFile(configurationFile, demoConfiguration({ ...options, argocdUrl: argocd.url, repositoryUrl }));
  const dataFolder = join(folder, "data");
  await mkdir(dataFolder, { mode: 0o700 });
  const port = await freePort();
  const environment = {
    ...serverEnvironment(options, port),
    SLACK_API_URL: slack.apiUrl,
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
    get isSlackConnected() {
      return options.receive === "http" || slack.socket.connections.some(({ routed }) => routed);
    },
    connectSlack: async () => {
      if (options.receive !== "http") return;
      const requestUrl = `http://127.0.0.1:${port}/slack/events`;
      if (await slack.deliverOverHttp({ requestUrl, signingSecret: SIGNING_SECRET })) return;
      throw playFailure("The server did not give back Slack's challenge.");
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function serverEnvironment({ receive }: WorldSettings, port: number): Readonly<Record<string, string>> {
  return {
    SLACK_BOT_TOKEN: BOT_TOKEN,
    ...(receive === "http" ? { SLACK_SIGNING_SECRET: SIGNING_SECRET } : { SLACK_APP_TOKEN: APP_TOKEN }),
    ARGOCD_TOKEN: DEMO_TOKEN,
    PORT: String(port),
    QUARTERDECK_PUBLIC_URL: `http://127.0.0.1:${port}`,
  };
}

async function startArgocd(
  { clock, random, speed = 1, autoSync }: DemoWorldOptions,
  { repositoryUrl, repositoryFolder }: { readonly repositoryUrl: string; readonly repositoryFolder: string },
): Promise<ArgocdSimulator> {
  return await startArgocdSimulator({
    clock,
    random,
    speed,
    gitRepositories: { [repositoryUrl]: repositoryFolder },
    applications: demoApplications(repositoryUrl, autoSync),
    accounts: demoAccounts(),
    images: DEMO_IMAGES,
    otherImages: DEMO_OTHER_IMAGES,
  });
}

async function startSlack({ clock, random, port }: DemoWorldOptions, argoUrl: string): Promise<SlackSimulator> {
  return await startSlackSimulator({
    clock,
    random,
    workspace: { ...slackDemoWorkspace, app: { ...slackDemoWorkspace.app, ...(await demoApp()) } },
    botToken: BOT_TOKEN,
    appToken: APP_TOKEN,
    argoUrl,
    ...(port !== undefined && { port }),
  });
}
