import { type Application, applicationKey, sourcesOf } from "./argocd-application.ts";
import { ApiError } from "./argocd-api-error.ts";
import type { Comparison } from "./argocd-comparison.ts";
import type { ArgocdInstance } from "./argocd-instance.ts";
import { findApplication } from "./argocd-lookup.ts";
import { liveManifest, managedResources, manifestText } from "./argocd-managed.ts";
import { checkoutText } from "./argocd-repo-server.ts";
import type { ApiRequest, Route } from "./argocd-router.ts";
import { targetOf } from "./argocd-routes-list.ts";
import type { SyncWindow } from "./argocd-sync-windows.ts";
import { resourceTree } from "./argocd-tree.ts";

interface DetailRequest extends ApiRequest {
  readonly application: Application;
}

type Detail = (request: DetailRequest) => object | Promise<object>;

/** What is read about one Application beside itself. All of it needs the right to get it. */
export function detailRoutes(instance: ArgocdInstance): readonly Route[] {
  const { windows, events } = instance;
  const route = (path: string, detail: Detail): Route => ({
    method: "GET",
    path: `/api/v1/applications/{name}/${path}`,
    handle: (request) => {
      const { caller } = request;
      const lookup = { caller, action: "get", target: targetOf(request) };
      return detail({ ...request, application: findApplication(instance.applications, lookup) });
    },
  });
  return [
    route("resource-tree", ({ application }) => treeOf(instance, application)),
    route("managed-resources", ({ application }) => managedResources(comparisonOf(instance, application).objects)),
    route("manifests", (request) => manifests(instance, request)),
    route("resource", (request) => liveObject(instance, request)),
    route("revisions/{revision}/metadata", (request) => revisionMetadata(instance, request)),
    route("links", () => ({})),
    route("events", ({ application, query }) => {
      const resource = query.get("resourceName");
      if (resource === null) return { metadata: {}, items: events.of(application) };
      const { name } = application.metadata;
      throw new ApiError("invalidArgument", `${resource} not found as part of application ${name}`);
    }),
    route("syncwindows", ({ application }) => {
      const assigned = windows.of(application);
      const active = assigned.filter(({ isActive }) => isActive);
      return {
        ...(active.length === 0 ? {} : { activeWindows: active.map(applicationWindow) }),
        ...(assigned.length === 0 ? {} : { assignedWindows: assigned.map(applicationWindow) }),
        canSync: windows.canSync(application, true),
      };
    }),
  ];
}

/** The tree of an Application as of its last comparison. */
export function treeOf(instance: ArgocdInstance, application: Application): object {
  const { objects } = comparisonOf(instance, application);
  return resourceTree(objects, instance.cluster.store.ofApplication(applicationKey(application)));
}

function comparisonOf(instance: ArgocdInstance, application: Application): Comparison {
  if (instance.isRedisDown)
    throw new ApiError(
      "unknown",
      "error getting cached app resource tree: dial tcp 10.96.0.31:6379: connect: connection refused",
    );
  const comparison = instance.refresh.comparison(applicationKey(application));
  return comparison ?? { sync: "OutOfSync", health: "Unknown", objects: [], images: [] };
}

async function manifests(instance: ArgocdInstance, { application, query }: DetailRequest): Promise<object> {
  const sources = sourcesOf(application.spec);
  const wanted = wantedRevisions(sources.length, query);
  const revisions: string[] = [];
  for (const [index, source] of sources.entries()) {
    const resolved = await instance.repoServer.resolve(source, wanted[index]);
    if (resolved.kind === "failed") throw new ApiError("unknown", resolved.text.replace(/^.* desc = /u, ""));
    revisions.push(resolved.revision);
  }
  const rendered = await instance.repoServer.render({ application, sources, revisions });
  if (rendered.kind === "failed")
    throw new ApiError("unknown", rendered.text.replace(/^rpc error: code = \w+ desc = /u, ""));
  return { manifests: rendered.objects.map((object) => manifestText(object)) };
}

function wantedRevisions(sources: number, query: URLSearchParams): readonly (string | undefined)[] {
  if (sources === 1) return [query.get("revision") ?? undefined];
  const revisions = query.getAll("revisions");
  const wanted = Array.from<string | undefined>({ length: sources });
  for (const [index, position] of query.getAll("sourcePositions").entries())
    wanted[Number(position) - 1] = revisions[index];
  return wanted;
}

function liveObject(instance: ArgocdInstance, { application, query }: DetailRequest): object {
  const part = (name: string): string => query.get(name) ?? "";
  const [kind, name] = [part("kind"), part("resourceName")];
  const key = `${part("group")}/${kind}/${part("namespace")}/${name}`;
  const live = instance.cluster.store.get(key);
  if (live === undefined || live.application !== applicationKey(application))
    throw new ApiError(
      "invalidArgument",
      `${kind} ${part("group")} ${name} not found as part of application ${application.metadata.name}`,
    );
  return { manifest: JSON.stringify(liveManifest(live)) };
}

async function revisionMetadata(
  { manifests: source }: ArgocdInstance,
  { application, params, query }: DetailRequest,
): Promise<object> {
  const { revision = "" } = params;
  const sources = revisionSources(application, query.get("versionId"));
  const index = Number(query.get("sourceIndex") ?? "0");
  const found = sources[index];
  if (found === undefined)
    throw new ApiError("unknown", `source index ${index} not found because there is only ${sources.length} source`);
  if (!/^[0-9a-f]{7,40}$/u.test(revision)) throw new ApiError("unknown", `revision ${revision} must be resolved`);
  const commit = await source.commitName(found.repoURL, revision);
  const details = commit === undefined ? undefined : await source.commit(found.repoURL, commit);
  if (details === undefined) {
    const layers =
      "error acquiring repo lock: failed to initialize repository resources: rpc error: code = Internal desc =";
    throw new ApiError("unknown", `${layers} ${checkoutText(revision)}`);
  }
  const { author, date, message, tags } = details;
  return { author, date, ...(tags.length === 0 ? {} : { tags }), message };
}

function revisionSources(application: Application, versionId: string | null): readonly { repoURL: string }[] {
  if (versionId === null) return sourcesOf(application.spec);
  const { history } = application.status;
  if (history === undefined)
    throw new ApiError("unknown", `version ID ${versionId} not found because the app has no history`);
  const entry = history.find(({ id }) => id === Number(versionId));
  if (entry === undefined) throw new ApiError("unknown", `revision history not found for version ID ${versionId}`);
  return entry.sources ?? [entry.source];
}

function applicationWindow({ kind, schedule, duration, manualSync }: SyncWindow): object {
  return { kind, schedule, duration, manualSync };
}
