import { ArgocdClient } from "../../../src/argocd/argocd-client.ts";
import { ArgocdError } from "../../../src/argocd/argocd-errors.ts";
import { assess } from "../../../src/argocd/assess.ts";
import { errorConditions, resourceVersion, sourcesOf } from "../../../src/argocd/application-facts.ts";
import { applicationLink } from "../../../src/argocd/deep-links.ts";
import { rememberBefore } from "../../../src/argocd/expectation.ts";
import {
  findOwnOperation,
  hasOperationInProgress,
  summarizeOperation,
} from "../../../src/argocd/operation-identity.ts";
import { operationProgress } from "../../../src/argocd/operation-progress.ts";
import { worstNodes } from "../../../src/argocd/worst-nodes.ts";
import { digestOf } from "../../../src/platform/canonical-json.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { approvalChanges, refusalOf, strategyOf } from "../../../src/steps/sync-preflight.ts";
import { readRecording } from "../../unit/argocd/recording.ts";
import type { FuzzTarget } from "../fuzz-target.ts";

const bodies = [
  "degraded-after-sync",
  "multi-source",
  "sync-windows",
  "hook-success-waves",
  "rollout-actions",
  "reads-and-errors",
]
  .flatMap((name) => readRecording(name))
  .flatMap(({ request, response }) =>
    request?.method === "GET" && response?.status === 200 ? [JSON.stringify(response.body)] : [],
  )
  .filter((body): body is string => typeof body === "string" && body.length < 30_000);

const timing = { settleMs: 2000, degradedGraceMs: 60_000, startDeadlineMs: 120_000 };
const app = { namespace: "argocd", name: "checkout-prod", project: "default" };
const identity = { run: "run_1/sync/1" };

/** Answers of Argo CD's API: read by the client, and judged by everything that judges an application. */
export const target: FuzzTarget = {
  seeds: bodies,
  words: [
    "Succeeded",
    "Running",
    "Healthy",
    "Degraded",
    "Synced",
    "OutOfSync",
    "metadata",
    "status",
    "operationState",
    "resources",
    "sources",
    "infos",
    "2026-11-21T09:00:00Z",
    "-0001-01-01T00:00:00Z",
    "quarterdeck.run",
  ],
  longest: 60_000,
  async run(input) {
    const http = { json: () => Promise.resolve().then((): unknown => JSON.parse(input)) };
    const clock = { ...systemClock, sleep: () => Promise.resolve() };
    const client = new ArgocdClient({ http, clock, random: { bytes: () => Buffer.alloc(0), fraction: () => 0 } });
    if (!isJson(input)) return "no JSON";
    const others = [
      await answered(client.listApplications()),
      await answered(client.resourceTree(app).then(worstNodes)),
      await answered(client.manifests(app, {})),
      await answered(client.syncWindows(app)),
      await answered(client.userInfo()),
      await answered(client.version()),
    ];
    return [others, await answered(client.getApplication(app).then(judged))];
  },
};

function judged(application: Awaited<ReturnType<ArgocdClient["getApplication"]>>): unknown {
  const revisions = [{ sourceIndex: 0, sha: application.status.sync.revision || "a".repeat(40) }];
  const verdicts = (["pin", "track", "proven"] as const).map((mode) => {
    const expectation = {
      mode,
      revisions,
      before: rememberBefore(application),
      timing,
      operation: identity,
      postedAtMs: 1,
    };
    const first = assess({ application, expectation, nowMs: 1_800_000_000_000 });
    return assess({
      application,
      expectation,
      nowMs: 1_800_000_060_000,
      memory: first.memory,
      refreshBegunMs: 1_800_000_050_000,
    });
  });
  const { operationState } = application.status;
  return [
    verdicts,
    digestOf(sourcesOf(application)),
    findOwnOperation(application, identity),
    summarizeOperation(application),
    hasOperationInProgress(application),
    operationState && operationProgress(application, operationState),
    errorConditions(application),
    resourceVersion(application),
    refusalOf(application),
    strategyOf(application),
    typeof approvalChanges,
    applicationLink({
      url: "https://argocd.example.com",
      namespace: application.metadata.namespace,
      name: application.metadata.name,
    }),
  ];
}

async function answered(asked: Promise<unknown>): Promise<unknown> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ArgocdError) return error.class;
    throw error;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
