import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { type DemoWorld, openDemoWorld } from "../../src/demo/demo-world.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { DEMO_PROJECT } from "../../src/simulator/argocd-demo-world.ts";
import { DEMO_AUTHORS } from "../../src/simulator/git-demo-history.ts";
import { deploymentManifest, serviceManifest, settingsManifest } from "../../src/simulator/git-demo-manifests.ts";
import { GitRepository } from "../../src/simulator/git-repository.ts";

/** What is promoted; each has an Application in each environment. */
const SERVICES = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel"];
/** What nobody promotes: an operation of it can only be somebody's forgery. */
export const CANARY = "canary";
const ENVIRONMENTS = ["staging", "prod"];
// After those of the demo itself.
const DATES = { first: 1_795_300_000, step: 60 };
// Restarts a second apart open more connections than Slack would let us: what is tried here are kills, and not rate limits.
const SLACK_MULTIPLIER = 30;

/** The far ends, which are never killed: Slack, Argo CD and Git, with enough services and commits to go on promoting. */
export interface ChaosWorld extends AsyncDisposable {
  readonly demo: DemoWorld;
  readonly services: readonly string[];
  /** From old to new; everything is live at the first. */
  readonly commits: readonly string[];
  readonly repositoryUrl: string;
}

export interface ChaosWorldOptions {
  readonly services?: number | undefined;
  /** How many commits there are to promote; 400 when absent. */
  readonly commits?: number | undefined;
  /** How long people have to decide at a gate. */
  readonly expires?: string | undefined;
}

export async function openChaosWorld(options: ChaosWorldOptions = {}): Promise<ChaosWorld> {
  const { services: count = 6, commits: length = 400, expires } = options;
  await using resources = new AsyncDisposableStack();
  const demo = resources.use(
    await openDemoWorld({
      clock: systemClock,
      random: systemRandom,
      speed: 10,
      settle: "200ms",
      ...(expires !== undefined && { expires }),
    }),
  );
  demo.slack.world.rateLimits.multiplier = SLACK_MULTIPLIER;
  const services = SERVICES.slice(0, count);
  const commits = await commitAll(join(dirname(demo.configurationFile), "deploy.git"), [...services, CANARY], length);
  const repositoryUrl = demo.git.repositoryUrl("harbor/deploy.git");
  await Promise.all(
    [...services, CANARY].flatMap((service) =>
      ENVIRONMENTS.map((environment) => createApplication(demo, { service, environment, repositoryUrl, commits })),
    ),
  );
  await addServices(demo.configurationFile, [...services, CANARY]);
  const owned = resources.move();
  return { demo, services, commits, repositoryUrl, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function commitAll(folder: string, services: readonly string[], length: number): Promise<readonly string[]> {
  const repository = await GitRepository.create(folder, DATES);
  const commits = Array.from({ length }, (_, number) => ({
    author: DEMO_AUTHORS.chen,
    message: `everything: build ${number}`,
    files: Object.fromEntries(
      services.flatMap((service) => ENVIRONMENTS.flatMap((environment) => filesOf(service, environment, number))),
    ),
  }));
  return await repository.commitAll(commits);
}

function filesOf(service: string, environment: string, number: number): readonly (readonly [string, string])[] {
  const folder = `${service}/${environment}`;
  return [
    [`${folder}/deployment.json`, deploymentManifest({ service, tag: `1.${number}.0`, replicas: 1 })],
    [`${folder}/service.json`, serviceManifest(service)],
    [`${folder}/settings.json`, settingsManifest(service, { environment, BUILD: String(number) })],
  ];
}

interface Place {
  readonly service: string;
  readonly environment: string;
  readonly repositoryUrl: string;
  readonly commits: readonly string[];
}

async function createApplication(
  { argocd }: DemoWorld,
  { service, environment, repositoryUrl, commits }: Place,
): Promise<void> {
  const name = `${service}-${environment}`;
  const definition = {
    name,
    labels: { "quarterdeck.dev/service": service, "quarterdeck.dev/environment": environment },
    spec: {
      project: DEMO_PROJECT,
      source: { repoURL: repositoryUrl, path: `${service}/${environment}`, targetRevision: "main" },
      destination: { server: "https://kubernetes.default.svc", namespace: name },
      syncPolicy: { syncOptions: ["CreateNamespace=true"] },
    },
    liveRevisions: commits.slice(0, 1),
  };
  await argocd.control({ action: "create-application", definition });
}

async function addServices(file: string, services: readonly string[]): Promise<void> {
  const lines = services.map(
    (name) => `  - { name: ${name}, environments: { staging: ${name}-staging, prod: ${name}-prod } }\n`,
  );
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace("services:\n", `services:\n${lines.join("")}`));
}
