import type { App, HistoryEntry, Operation, OperationState, Source, SyncedObject } from "./application-state.ts";
import type { HookType } from "./rollout-plan.ts";

/** Whoever asks for the operations of auto-sync. */
export const AUTO_SYNC = "auto-sync";

let lastSecond = -1;
let lastText = "";

/** A moment as Kubernetes writes it: whole seconds. */
export function secondText(atMs: number): string {
  const second = Math.floor(atMs / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastText = new Date(second * 1000).toISOString().replace(".000Z", "Z");
  }
  return lastText;
}

/** The application as Argo CD's API sends it. Kept until something changes: many reads and frames show the same copy. */
export function applicationText(app: App): string {
  app.text ??= buildText(app, { withHealth: true });
  return app.text;
}

/** The same as in the watch, which is asked to leave annotations out. */
export function watchedText(app: App): string {
  return app.skipsReconcile ? buildText({ ...app, skipsReconcile: false }, { withHealth: true }) : applicationText(app);
}

/** The same as in the answer to a POST, in which the objects have no health. */
export function postedText(app: App): string {
  return buildText(app, { withHealth: false });
}

/** One entry of the reduced list. */
export function listedText({ name, namespace, labels, operation, state, ...app }: App): string {
  const requested = operation === undefined ? "" : `"operation":{"sync":{"revision":"${operation.revision}"}},`;
  const finished = state?.finishedAt === undefined ? "" : `,"finishedAt":"${secondText(state.finishedAt)}"`;
  const operationState =
    state === undefined
      ? ""
      : `,"operationState":{"phase":"${state.phase}","startedAt":"${secondText(state.startedAt)}"${finished}}`;
  return (
    `{"metadata":{"name":"${name}","namespace":"${namespace}","labels":${JSON.stringify(labels)}},${requested}` +
    `"status":{"sync":{"status":"${app.sync.status}","revision":${JSON.stringify(app.sync.revision)}},"health":{"status":"${app.health.status}"}${operationState}}}`
  );
}

function buildText(app: App, how: { readonly withHealth: boolean }): string {
  const operation = app.operation === undefined ? "" : `,"operation":${app.operation.text}`;
  return `{"metadata":${metadataText(app)},"spec":${app.specText}${operation},"status":${statusText(app, how)}}`;
}

function metadataText(app: App): string {
  const deleting = app.deletingSince === undefined ? "" : `,"deletionTimestamp":"${secondText(app.deletingSince)}"`;
  const owner =
    app.ownedBy === undefined ? "" : `,"ownerReferences":[{"kind":"ApplicationSet","name":"${app.ownedBy}"}]`;
  const annotations = app.skipsReconcile ? `,"annotations":{"argocd.argoproj.io/skip-reconcile":"true"}` : "";
  return (
    `{"name":"${app.name}","namespace":"${app.namespace}","uid":"${app.uid}","resourceVersion":"${app.version}",` +
    `"labels":${JSON.stringify(app.labels)}${annotations}${deleting}${owner}}`
  );
}

/** The specification, as JSON; built when it changes. */
export function specText({
  project,
  source,
  automated,
  name,
}: Pick<App, "project" | "source" | "automated" | "name">): string {
  const policy = automated === undefined ? {} : { syncPolicy: { automated: automated ? {} : { enabled: false } } };
  return JSON.stringify({
    project,
    source,
    destination: { server: "https://kubernetes.default.svc", namespace: name },
    ...policy,
  });
}

function statusText(app: App, how: { readonly withHealth: boolean }): string {
  const parts: string[] = [];
  if (app.health.status !== "") {
    parts.push(`"resources":[${resourcesText(app, how)}]`);
    parts.push(`"sync":{"status":"${app.sync.status}","revision":${JSON.stringify(app.sync.revision)}}`);
    parts.push(`"health":{"status":"${app.health.status}","lastTransitionTime":"${secondText(app.health.since)}"}`);
  } else parts.push(`"sync":{"status":""},"health":{}`);
  if (app.history.length > 0) parts.push(`"history":[${app.history.map(({ text }) => text).join(",")}]`);
  if (app.conditions.length > 0) parts.push(`"conditions":${JSON.stringify(app.conditions)}`);
  if (app.reconciledAt !== undefined) parts.push(`"reconciledAt":"${secondText(app.reconciledAt)}"`);
  if (app.state !== undefined) parts.push(`"operationState":${stateText(app.state, app)}`);
  parts.push(`"sourceHydrator":{}`);
  return `{${parts.join(",")}}`;
}

function resourcesText({ name, seen }: App, { withHealth }: { readonly withHealth: boolean }): string {
  const isMissing = seen.health === "Missing";
  const message = seen.message === "" ? "" : `,"message":${JSON.stringify(seen.message)}`;
  const service = withHealth ? `,"health":{"status":"${isMissing ? "Missing" : "Healthy"}"}` : "";
  const deployment = withHealth ? `,"health":{"status":"${seen.health}"${message}}` : "";
  const place = `"namespace":"${name}","name":"${name}"`;
  return (
    `{"version":"v1","kind":"Service",${place},"status":"${isMissing ? "OutOfSync" : "Synced"}"${service}},` +
    `{"group":"apps","version":"v1","kind":"Deployment",${place},"status":"${seen.isSynced ? "Synced" : "OutOfSync"}"${deployment}}`
  );
}

function stateText(state: OperationState, app: App): string {
  const { operation, phase, message, startedAt, finishedAt, retryCount, objects } = state;
  const parts = [`"operation":${operation.text}`, `"phase":"${phase}"`];
  if (message !== "") parts.push(`"message":${JSON.stringify(message)}`);
  if (objects !== undefined) parts.push(`"syncResult":${resultText(operation, objects, app)}`);
  parts.push(`"startedAt":"${secondText(startedAt)}"`);
  if (finishedAt !== undefined) parts.push(`"finishedAt":"${secondText(finishedAt)}"`);
  if (retryCount > 0) parts.push(`"retryCount":${retryCount}`);
  return `{${parts.join(",")}}`;
}

const GROUPS = { Service: "", Deployment: "apps", Job: "batch" };

function resultText({ revision, source }: Operation, objects: readonly SyncedObject[], { name }: App): string {
  const resources = objects.map(({ kind, status, message, hookPhase, hookType }) => {
    const isHook = hookType !== undefined;
    return (
      `{"group":"${GROUPS[kind]}","version":"v1","kind":"${kind}","namespace":"${name}","name":"${isHook ? hookName(name, hookType) : name}",` +
      `"status":"${status}","message":${JSON.stringify(message)}${isHook ? `,"hookType":"${hookType}"` : ""}` +
      `${hookPhase === undefined ? "" : `,"hookPhase":"${hookPhase}"`},"syncPhase":"${hookType ?? "Sync"}"}`
    );
  });
  const list = resources.length === 0 ? "" : `"resources":[${resources.join(",")}],`;
  return `{${list}"revision":"${revision}","source":${JSON.stringify(source)}}`;
}

/** The job that an application runs as a hook. */
export function hookName(name: string, hookType: HookType): string {
  return `${name}-${hookType === "PreSync" ? "migrate" : "warmup"}`;
}

/** An operation as Argo CD writes it, which keeps every info that came with it. */
export function operationText(operation: Omit<Operation, "text" | "number">, name: string): string {
  const { revision, source, isRollback, isDryRun, isPartial, by, isAutomated, infos, retryLimit } = operation;
  return JSON.stringify({
    sync: {
      revision,
      ...(isDryRun && { dryRun: true }),
      ...(isPartial && { resources: [{ group: "apps", kind: "Deployment", name, namespace: name }] }),
      ...(isRollback && { syncStrategy: { apply: {} } }),
      source,
    },
    initiatedBy: initiator(by, isAutomated),
    ...(infos.length > 0 && { info: infos }),
    retry: retryLimit > 0 ? { limit: retryLimit } : {},
  });
}

/** Auto-sync gives no name, an ApplicationSet does. */
function initiator(by: string, isAutomated: boolean): Readonly<Record<string, unknown>> {
  if (!isAutomated) return { username: by };
  return by === AUTO_SYNC ? { automated: true } : { username: by, automated: true };
}

/** One entry of the history, as JSON; it never changes. */
export function historyEntry(entry: {
  readonly id: number;
  readonly revision: string;
  readonly source: Source;
  readonly startedAt: number;
  readonly deployedAt: number;
  readonly by: string;
  readonly isAutomated: boolean;
}): HistoryEntry {
  const { id, revision, source, startedAt, deployedAt, by, isAutomated } = entry;
  const text = JSON.stringify({
    revision,
    deployedAt: secondText(deployedAt),
    id,
    source,
    deployStartedAt: secondText(startedAt),
    initiatedBy: initiator(by, isAutomated),
  });
  return { id, revision, source, text };
}
