import type { OperationInfo } from "./operation-identity.ts";

/** An application on the client's server. `project` belongs to every call once known: without it a missing application looks like a forbidden one. */
export interface ApplicationAddress {
  readonly namespace: string;
  readonly name: string;
  readonly project?: string | undefined;
}

/** A revision for one source of an application with several. */
export interface SourceRevision {
  /** From 1, as Argo CD counts here. */
  readonly position: number;
  readonly revision: string;
}

export interface SyncRequest {
  /** For an application with one source; one with several ignores it silently, and needs `sources`. */
  readonly revision?: string;
  readonly sources?: readonly SourceRevision[];
  readonly infos: readonly OperationInfo[];
  readonly prune?: boolean;
}

export interface ListFilter {
  readonly projects?: readonly string[] | undefined;
  /** Argo CD cannot filter a watch by namespace, so what comes from others is dropped here. */
  readonly namespaces?: readonly string[] | undefined;
}

/** What the reduced list of applications asks for: all that Argo CD lets through and a decision about staleness needs. */
export const LIST_FIELDS = [
  "metadata.resourceVersion",
  "items.metadata.name",
  "items.metadata.namespace",
  "items.metadata.labels",
  "items.status.sync.status",
  "items.status.sync.revision",
  "items.status.health",
  "items.status.operationState.startedAt",
  "items.status.operationState.finishedAt",
  "items.status.operationState.phase",
  "items.operation.sync",
].join(",");

export function listQuery({ projects = [] }: ListFilter, fields?: string): string {
  const query = new URLSearchParams();
  for (const project of projects) query.append("projects", project);
  if (fields !== undefined) query.set("fields", fields);
  return query.toString();
}

/** `argocd/checkout-prod`, for messages. */
export function nameOf(app: ApplicationAddress): string {
  return `${app.namespace}/${app.name}`;
}

/** The path of a call that takes its parameters from the query: every GET and DELETE. */
export function applicationPath(
  app: ApplicationAddress,
  below: string,
  params: Readonly<Record<string, string | undefined>>,
  query = new URLSearchParams(),
): string {
  query.set("appNamespace", app.namespace);
  for (const [name, value] of Object.entries(params)) if (value !== undefined) query.set(name, value);
  return `/api/v1/applications/${encodeURIComponent(app.name)}${below}?${query.toString()}`;
}

/**
 * The path of a call that takes its parameters from the body. Such a call ignores the query altogether, and with the namespace
 * in it would act on the application of that name in Argo CD's own namespace.
 */
export function bodyPath(app: ApplicationAddress, below: string): string {
  return `/api/v1/applications/${encodeURIComponent(app.name)}${below}`;
}

export function bodyAddress(app: ApplicationAddress): Readonly<Record<string, unknown>> {
  return { appNamespace: app.namespace, project: app.project };
}

export function syncBody(request: SyncRequest): Readonly<Record<string, unknown>> {
  const { sources } = request;
  return {
    revision: request.revision,
    revisions: sources?.map(({ revision }) => revision),
    sourcePositions: sources?.map(({ position }) => position),
    prune: request.prune ?? false,
    infos: request.infos,
  };
}
