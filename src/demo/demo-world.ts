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
import type { GitHost } from "../simulator/git-host.ts";
import { slackDemoWorkspace } from "../simulator/slack-demo-workspace.ts";
import { type SlackSimulator, startSlackSimulator } from "../simulator/slack-simulator.ts";
import type { Blueprint } from "./blueprint.ts";
import { writeCommandFolder } from "./command-folder.ts";
import { demoApp } from "./demo-app.ts";
import { demoConfiguration } from "./demo-configuration.ts";
import { DemoGit } from "./demo-git.ts";
import { playFailure } from "./finding.ts";
import { type OpenedParts, openParts } from "./open-parts.ts";
import { putOnPath } from "./programs-on-path.ts";
import type { PartContext, WithParts } from "./world-part.ts";

/** Everything outside Quarterdeck: a simulated Slack, a simulated Argo CD and a Git server, on the loopback interface. */
export interface DemoWorld extends AsyncDisposable, WithParts {
  readonly slack: SlackSimulator;
  readonly argocd: ArgocdSimulator;
  readonly git: GitHost;
  readonly configurationFile: string;
  /** The data folder of the server. */
  readonly dataFolder: string;
  /** What the server is told by its environment; the only thing in which it differs from one that is used in earnest. */
  readonly environment: Readonly<Record<string, string>>;
  /** What a worker is told by its environment; the way to the server is not part of it. */
  readonly workerEnvironment: Readonly<Record<string, string>>;
  /** The programs that its commands run, a line each: whether they are the real ones. */
  readonly programs: readonly string[];
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
  /** Whose commands there are besides those that come with Quarterdeck, with the parts that they need; none when absent. */
  readonly blueprints?: readonly Blueprint[];
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
  /** What this process was started with: where programs are looked for. */
  readonly surroundings?: Readonly<Record<string, string | undefined>>;
  /** Whether stand-ins are played also for programs that are installed. */
  readonly isPlayed?: boolean;
}

const BOT_TOKEN = "xoxb-demo-0000000001-quarterdeck";
const APP_TOKEN = "xapp-1-A0QUARTER1-demo-quarterdeck";
const HOOK_SECRET = "demo-hook-secret";
const SIGNING_SECRET = "demo-signing-secret-0001";

/** Builds the world in a folder of its own, which is gone when the world is disposed. */
export async function openDemoWorld(options: DemoWorldOptions): Promise<DemoWorld> {
  const { clock, receive } = options;
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "quarterdeck-demo-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const world = { parts: {} };
  const git = resources.use(await DemoGit.open({ clock, folder }));
  const parts = await openAsked(options, { folder, git, world, resources });
  const argocd = resources.use(await startArgocd(options, { git, parts }));
  parts?.onArgocd(argocd);
  const { lines, environment: onPath } = await programsOf(options, folder);
  const slack = resources.use(await startSlack(options, `${argocd.url}/_control/`));
  const dataFolder = join(folder, "data");
  await mkdir(dataFolder, { mode: 0o700 });
  const port = await freePort();
  const files = await writeFiles(options, { folder, parts, argocdUrl: argocd.url, repositoryUrl: git.deploy.url });
  const environment = {
    ...serverEnvironment(options, port),
    ...parts?.environment,
    ...onPath,
    ...files,
    SLACK_API_URL: slack.apiUrl,
    QUARTERDECK_DATA: dataFolder,
  };
  const owned = resources.move();
  return {
    ...world,
    slack,
    argocd,
    git: git.host,
    configurationFile: join(folder, "quarterdeck.yaml"),
    dataFolder,
    environment,
    programs: lines,
    workerEnvironment: { ...parts?.environment, ...onPath, ARGOCD_TOKEN: DEMO_TOKEN },
    get isSlackConnected() {
      return receive === "http" || slack.socket.connections.some(({ routed }) => routed);
    },
    connectSlack: async () => {
      if (receive !== "http") return;
      const requestUrl = `http://127.0.0.1:${port}/slack/events`;
      if (await slack.deliverOverHttp({ requestUrl, signingSecret: SIGNING_SECRET })) return;
      throw playFailure("The server did not give back Slack's challenge.");
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The parts that the blueprints of this world need. */
async function openAsked(
  { clock, random, speed = 1, blueprints = [] }: DemoWorldOptions,
  { folder, ...more }: Pick<PartContext, "folder" | "git" | "world" | "resources">,
): Promise<OpenedParts | undefined> {
  if (blueprints.length === 0) return undefined;
  const below = join(folder, "parts");
  await mkdir(below);
  const asked = blueprints.flatMap(({ parts = [] }) => parts);
  return await openParts(asked, { clock, random, speed, folder: below, ...more });
}

async function programsOf(
  { blueprints = [], surroundings = {}, isPlayed = false }: DemoWorldOptions,
  folder: string,
): ReturnType<typeof putOnPath> {
  const names = blueprints.flatMap(({ programs = [] }) => programs);
  return await putOnPath({ names, folder: join(folder, "programs"), path: surroundings["PATH"] ?? "", isPlayed });
}

interface Written {
  readonly folder: string;
  readonly parts: OpenedParts | undefined;
  readonly argocdUrl: string;
  readonly repositoryUrl: string;
}

/** Writes the configuration, and the commands where they are others than those that come with Quarterdeck. */
async function writeFiles(
  options: DemoWorldOptions,
  { folder, parts, ...addresses }: Written,
): Promise<Readonly<Record<string, string>>> {
  const { blueprints = [] } = options;
  const configurationFile = join(folder, "quarterdeck.yaml");
  const verbs = blueprints.flatMap((blueprint) => blueprint.verbs ?? [blueprint.name]);
  const more = { parts: parts?.configuration, verbs };
  await writeFile(configurationFile, demoConfiguration({ ...options, ...addresses, ...more }));
  if (parts === undefined) return { QUARTERDECK_CONFIG: configurationFile };
  const commands = join(folder, "commands");
  const replacements = { ...parts.replacements, "https://argocd.example.com": addresses.argocdUrl };
  await writeCommandFolder({ folder: commands, blueprints, replacements });
  return { QUARTERDECK_CONFIG: configurationFile, QUARTERDECK_COMMANDS: commands };
}

function serverEnvironment({ receive }: WorldSettings, port: number): Readonly<Record<string, string>> {
  return {
    SLACK_BOT_TOKEN: BOT_TOKEN,
    ...(receive === "http" ? { SLACK_SIGNING_SECRET: SIGNING_SECRET } : { SLACK_APP_TOKEN: APP_TOKEN }),
    ARGOCD_TOKEN: DEMO_TOKEN,
    DEMO_HOOK: HOOK_SECRET,
    PORT: String(port),
    QUARTERDECK_PUBLIC_URL: `http://127.0.0.1:${port}`,
  };
}

async function startArgocd(
  { clock, random, speed = 1, autoSync }: DemoWorldOptions,
  { git, parts }: { readonly git: DemoGit; readonly parts: OpenedParts | undefined },
): Promise<ArgocdSimulator> {
  return await startArgocdSimulator({
    clock,
    random,
    speed,
    gitRepositories: git.byAddress(),
    applications: [...demoApplications(git.deploy.url, autoSync), ...(parts?.applications ?? [])],
    accounts: demoAccounts(parts?.policies),
    images: { ...DEMO_IMAGES, ...parts?.images },
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
