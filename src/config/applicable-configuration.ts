import { canonicalJson } from "../platform/canonical-json.ts";
import type { Configuration } from "./configuration.ts";
import { appOf, type ConfiguredApp } from "./configured-apps.ts";
import type { ServiceSettings } from "./promotion-settings.ts";

/** What a running program can take over of a new configuration. */
export interface Applicable {
  readonly configuration: Configuration;
  /** What waits for the next start, in words; empty when nothing does. */
  readonly atNextStart: readonly string[];
}

/**
 * The part of `next` that can be used without a restart by a program that was started with `running`: connections, their
 * credentials and the way in from Slack stay as they are. Applications that only a later connection can reach are left out.
 */
export function applicableConfiguration(next: Configuration, running: Configuration): Applicable {
  const atNextStart = RESTARTED.flatMap(({ part, words }) =>
    canonicalJson(part(next) ?? null) === canonicalJson(part(running) ?? null) ? [] : [words],
  );
  const { argocd, audit, secrets } = running;
  const kept = { ...next, audit, secrets, slack: { ...next.slack, receive: running.slack.receive } };
  if (canonicalJson(next.argocd) === canonicalJson(argocd)) return { configuration: kept, atNextStart };
  const services = next.services.map((service) => reachable(service, { next, running }));
  return { configuration: { ...kept, argocd, services }, atNextStart };
}

const RESTARTED: readonly { readonly part: (configuration: Configuration) => unknown; readonly words: string }[] = [
  { part: ({ argocd }) => argocd, words: "the Argo CD servers" },
  {
    // What is allowed in them is looked up each time.
    part: ({ git }) => git.repositories.map(({ branches: _branches, write: _write, ...access }) => access),
    words: "how the Git repositories are read",
  },
  {
    part: ({ git: { timeoutMs, largestBytes } }) => ({ timeoutMs, largestBytes }),
    words: "the limits of Git repositories",
  },
  { part: ({ audit }) => audit, words: "where the log is anchored" },
  { part: ({ steps }) => steps, words: "the step kinds of your own" },
  { part: ({ secrets }) => secrets, words: "where secrets are kept" },
  { part: ({ timing }) => timing.shutdownGraceMs, words: "the time that steps have when the server ends" },
  { part: ({ slack }) => slack.receive, words: "how Slack reaches Quarterdeck" },
];

/** The service with what its applications leave to defaults filled in as `next` has them, as far as the servers are open. */
function reachable(
  service: ServiceSettings,
  { next, running }: { readonly next: Configuration; readonly running: Configuration },
): ServiceSettings {
  const environments = Object.keys(service.environments).flatMap((environment) => {
    const app = appOf(next, { service, environment });
    if (app === undefined || !isWatched(app, running)) return [];
    return [[environment, { app: app.name, namespace: app.namespace, server: app.server }] as const];
  });
  return { ...service, environments: Object.fromEntries(environments) };
}

function isWatched({ server, namespace }: ConfiguredApp, { argocd }: Configuration): boolean {
  return argocd.some(({ name, namespaces }) => name === server && namespaces.includes(namespace));
}
