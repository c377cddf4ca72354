import { deploymentManifest, hookManifest, serviceManifest, settingsManifest } from "./git-demo-manifests.ts";
import type { GitCommit, GitPerson } from "./git-repository.ts";

/** The people who wrote the demo's commits. */
export const DEMO_AUTHORS = {
  ana: { name: "Ana Lopez", email: "ana@example.com" },
  ben: { name: "Ben Okafor", email: "ben@example.com" },
  chen: { name: "Chen Wei", email: "chen@example.com" },
  dana: { name: "Dana Novak", email: "dana@example.com" },
  mallory: { name: "Mallory *Bright* & _Sons_", email: "mallory@example.com" },
} as const satisfies Record<string, GitPerson>;

interface DemoCommit extends GitCommit {
  /** What the commit is called in `DEMO_COMMITS`. */
  readonly key: string;
}

/** The environments of each service in the order of promotion. */
export const DEMO_ENVIRONMENTS = {
  checkout: ["staging", "prod"],
  web: ["staging", "prod"],
  payments: ["staging", "qa", "prod"],
} as const;

type Service = keyof typeof DEMO_ENVIRONMENTS;
type Files = Record<string, string | null>;

function inEach(service: Service, files: (environment: string) => Files): Files {
  const all: Files = {};
  for (const environment of DEMO_ENVIRONMENTS[service]) {
    for (const [name, content] of Object.entries(files(environment)))
      all[`${service}/${environment}/${name}`] = content;
  }
  return all;
}

function replicasIn(environment: string): number {
  return environment === "prod" ? 3 : 2;
}

function image(service: Service, tag: string): Files {
  return inEach(service, (environment) => ({
    "deployment.json": deploymentManifest({ service, tag, replicas: replicasIn(environment) }),
  }));
}

function settings(service: Service, data: Readonly<Record<string, string>>): Files {
  return inEach(service, (environment) => ({ "settings.json": settingsManifest(service, { environment, ...data }) }));
}

function network(name: Service): Files {
  return inEach(name, () => ({ "service.json": serviceManifest(name) }));
}

const README = `# Deployments of the shop

One folder for each service and environment. What is in \`main\` is what may be deployed.
`;

const LAYOUT = `${README}
- \`checkout\`: staging, then prod
- \`web\`: staging, then prod; a Job migrates its database before each deployment
- \`payments\`: staging, qa, then prod
`;

const BROKEN_SERVICE = `${serviceManifest("web").trimEnd().slice(0, -2)},\n  "metadata": {\n`;

// A change of anything up to the commit `target` gives it, and all that follow, new names: the Change-Ids of
// `hostileSubject` and `target` were found by search, so that their names begin as `git-demo-repository.ts` says.
export const DEMO_HISTORY: readonly DemoCommit[] = [
  {
    key: "initial",
    author: DEMO_AUTHORS.ana,
    message: "Initial manifests of checkout, web and payments",
    files: {
      "README.md": README,
      ...image("checkout", "1.4.0"),
      ...network("checkout"),
      ...settings("checkout", { PAYMENT_TIMEOUT: "5s" }),
      ...image("web", "7.1.0"),
      ...network("web"),
      ...settings("web", { THEME: "light" }),
      ...image("payments", "2.2.0"),
      ...network("payments"),
      ...settings("payments", { ACQUIRER: "first" }),
    },
  },
  {
    key: "webHooks",
    author: DEMO_AUTHORS.ben,
    message: "web: migrate the database before each deployment, warm the cache after it",
    files: inEach("web", () => ({
      "migrate.json": hookManifest({ service: "web", task: "migrate", phase: "PreSync", tag: "7.1.0" }),
      "warm-up.json": hookManifest({ service: "web", task: "warm-up", phase: "PostSync", tag: "7.1.0" }),
    })),
  },
  {
    key: "checkoutRounding",
    author: DEMO_AUTHORS.chen,
    message: "checkout: 1.4.1, rounds gift cards to the cent",
    files: image("checkout", "1.4.1"),
  },
  {
    key: "paymentsLive",
    author: DEMO_AUTHORS.dana,
    message: "payments: 2.3.0, talks to the second acquirer",
    files: { ...image("payments", "2.3.0"), ...settings("payments", { ACQUIRER: "second" }) },
  },
  {
    key: "checkoutLive",
    author: DEMO_AUTHORS.ana,
    message: "checkout: 1.4.2, checks postal codes",
    files: image("checkout", "1.4.2"),
  },
  {
    key: "webLive",
    author: DEMO_AUTHORS.ben,
    message: "web: 7.2.0, new start page",
    files: image("web", "7.2.0"),
  },
  {
    key: "documentation",
    author: DEMO_AUTHORS.ana,
    message: "Explain the layout of this repository",
    files: { "README.md": LAYOUT },
  },
  {
    key: "hostileSubject",
    author: DEMO_AUTHORS.mallory,
    message:
      "checkout: *time-out* of 3s <!channel> <https://evil.example/|Approve> & `rm -rf`\n\nChange-Id: Iac0e5d7732fe90f7426f0ba495aba6190f3b2907",
    files: settings("checkout", { PAYMENT_TIMEOUT: "3s" }),
  },
  {
    key: "target",
    author: DEMO_AUTHORS.chen,
    message: "checkout: 1.5.0, pay in instalments\n\nChange-Id: I221c92b9bf21fc4bfa7367c0677d4cc9938c57b2",
    files: { ...image("checkout", "1.5.0"), ...settings("checkout", { PAYMENT_TIMEOUT: "3s", INSTALMENTS: "on" }) },
  },
  {
    key: "degrading",
    author: DEMO_AUTHORS.dana,
    message: "checkout: 1.6.0, asks the new tax service",
    files: image("checkout", "1.6.0"),
  },
  {
    key: "revertDegrading",
    author: DEMO_AUTHORS.ana,
    message: 'Revert "checkout: 1.6.0, asks the new tax service"\n\nIts pods never become ready.',
    files: image("checkout", "1.5.0"),
  },
  {
    key: "paymentsSlow",
    author: DEMO_AUTHORS.dana,
    message: "payments: 2.4.0, fills its caches before it is ready",
    files: image("payments", "2.4.0"),
  },
  {
    key: "webBroken",
    author: DEMO_AUTHORS.ben,
    message: "web: annotate the service",
    files: inEach("web", () => ({ "service.json": BROKEN_SERVICE })),
  },
  {
    key: "webMended",
    author: DEMO_AUTHORS.ben,
    message: "web: mend the manifest of the service",
    files: network("web"),
  },
  {
    key: "webPrices",
    author: DEMO_AUTHORS.chen,
    message: "web: show prices with tax",
    files: settings("web", { THEME: "light", PRICES: "with-tax" }),
  },
];

/** One commit on a branch of its own, started at `webLive`; it is not reachable from `main`. */
export const DEMO_EXPERIMENT = {
  branch: "experiment/dark-mode",
  author: DEMO_AUTHORS.ben,
  message: "web: dark mode, not for production yet",
  files: settings("web", { THEME: "dark" }),
} as const satisfies GitCommit;
