import type { GitWorld } from "../git/git-world.ts";
import { type App, type Cluster, targetOf } from "./application-state.ts";
import { historyEntry, specText } from "./application-text.ts";
import type { AppSetup } from "./argocd-act.ts";
import { contentOf } from "./comparisons.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** What an application is made of, at its beginning and when it is made again. */
export type AppDefinition = Pick<
  App,
  "namespace" | "name" | "project" | "labels" | "hooks" | "ownedBy" | "retryLimit" | "source" | "automated"
>;

export function definitionOf(setup: AppSetup): AppDefinition {
  const { name, source, automated, ownedBy } = setup;
  const { namespace = "argocd", project = "default", labels = {}, hooks = [], retryLimit = 0 } = setup;
  return { namespace, name, project, labels, hooks, retryLimit, ownedBy, source, automated };
}

/** An application that nobody has looked at yet. */
export function newApp(definition: AppDefinition, made: { readonly uid: string; readonly cluster: Cluster }): App {
  const { namespace, name, project, labels, hooks, retryLimit, ownedBy, source, automated } = definition;
  return {
    namespace,
    name,
    project,
    labels,
    hooks,
    retryLimit,
    ownedBy,
    source,
    automated,
    uid: made.uid,
    cluster: made.cluster,
    version: 0,
    specVersion: 1,
    skipsReconcile: false,
    deletingSince: undefined,
    operation: undefined,
    state: undefined,
    stateBefore: undefined,
    sync: { status: "", revision: "" },
    health: { status: "", since: 0 },
    seen: { health: made.cluster.told, message: "", isSynced: false },
    reconciledAt: undefined,
    history: [],
    nextHistoryId: 0,
    conditions: [],
    comparison: "none",
    comparesForMs: undefined,
    waiting: [],
    observeAfter: false,
    text: undefined,
    olderText: undefined,
    specText: specText(definition),
  };
}

/** An application that has been there for a while, with what was deployed to it, compared and at rest. */
export function settledApp(
  setup: AppSetup,
  how: { readonly uid: string; readonly git: GitWorld; readonly now: number },
): App {
  const { deployed, source } = setup;
  const { uid, git, now } = how;
  const revision = deployed.at(-1) ?? "";
  const content = revision === "" ? "" : (contentOf(git, source, revision) ?? "");
  const health = revision === "" ? "Missing" : "Healthy";
  const cluster: Cluster = { revision, content, health, told: health, message: "", generation: 0, isMixed: false };
  const app = newApp(definitionOf(setup), { uid, cluster });
  app.history = deployed.map((entry, id) => {
    const startedAt = now - (deployed.length - id) * DAY_MS;
    return historyEntry({
      id,
      revision: entry,
      source,
      startedAt,
      deployedAt: startedAt + 2000,
      by: "ben",
      isAutomated: false,
    });
  });
  app.nextHistoryId = deployed.length;
  const head = git.resolveForArgocd(source.repoURL, targetOf(source)) ?? "";
  const isSynced = content !== "" && content === contentOf(git, source, head);
  app.sync = { status: isSynced ? "Synced" : "OutOfSync", revision: head };
  app.health = { status: health, since: now - HOUR_MS };
  app.seen = { health, message: "", isSynced };
  app.reconciledAt = now - 60_000;
  return app;
}
