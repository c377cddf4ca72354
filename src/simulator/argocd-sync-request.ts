import { z } from "zod";

import {
  type Application,
  type ApplicationSpec,
  isAutomated,
  type Operation,
  Retry,
  type Source,
  sourcesOf,
  type SyncRequest,
} from "./argocd-application.ts";
import { ApiError } from "./argocd-api-error.ts";
import { pinnedSources } from "./argocd-auto-sync.ts";
import type { ArgocdInstance } from "./argocd-instance.ts";
import { findApplication, requireRight, TargetMessage } from "./argocd-lookup.ts";
import { parseMessage } from "./argocd-request-body.ts";
import type { ApiRequest } from "./argocd-router.ts";

const SyncMessage = TargetMessage.extend({
  revision: z.string().optional(),
  revisions: z.array(z.string()).optional(),
  sourcePositions: z.array(z.number()).optional(),
  dryRun: z.boolean().optional(),
  prune: z.boolean().optional(),
  strategy: z.looseObject({ apply: z.looseObject({}).optional(), hook: z.looseObject({}).optional() }).optional(),
  resources: z
    .array(
      z.looseObject({
        group: z.string().default(""),
        kind: z.string(),
        name: z.string(),
        namespace: z.string().optional(),
      }),
    )
    .optional(),
  syncOptions: z.looseObject({ items: z.array(z.string()).optional() }).optional(),
  retryStrategy: Retry.optional(),
  infos: z.array(z.looseObject({ name: z.string(), value: z.string() })).optional(),
  manifests: z.array(z.string()).optional(),
});
type SyncMessage = z.infer<typeof SyncMessage>;

/** The operation that a request for a sync asks for, after all of Argo CD's checks in its order. */
export async function operationOf(
  instance: ArgocdInstance,
  request: ApiRequest,
): Promise<{ readonly application: Application; readonly operation: Operation }> {
  const message = parseMessage(request.body, { name: "ApplicationSyncRequest", schema: SyncMessage });
  const application = permittedApplication(instance, { ...request, message });
  const { syncPolicy } = application.spec;
  const { infos = [], retryStrategy = syncPolicy?.retry ?? {} } = message;
  const operation: Operation = {
    sync: {
      ...pinnedSources(application.spec, await resolvedRevisions(instance, { application, message })),
      ...requestedParts(message, syncPolicy?.syncOptions),
    },
    initiatedBy: { username: request.caller.account ?? "" },
    ...(infos.length === 0 ? {} : { info: infos }),
    retry: retryStrategy,
  };
  return { application, operation };
}

function permittedApplication(
  instance: ArgocdInstance,
  { params, caller, message }: ApiRequest & { readonly message: SyncMessage },
): Application {
  const target = { name: params["name"] ?? "", appNamespace: message.appNamespace, project: message.project };
  const application = findApplication(instance.applications, { caller, action: "get", target });
  // A closed window is told before a missing right.
  if (!instance.windows.canSync(application, true))
    throw new ApiError("permissionDenied", "cannot sync: blocked by sync window");
  requireRight(caller, { action: "sync", application });
  if ((message.manifests ?? []).length > 0) requireRight(caller, { action: "override", application });
  if (application.metadata.deletionTimestamp !== undefined)
    throw new ApiError("failedPrecondition", "application is deleting");
  return application;
}

// Options in the request take the place of those in the spec, even where there are none.
function requestedParts(message: SyncMessage, specOptions: readonly string[] | undefined): SyncRequest {
  const { dryRun, prune, strategy, resources = [], syncOptions } = message;
  const options = syncOptions === undefined ? specOptions : (syncOptions.items ?? []);
  return {
    ...(prune === true ? { prune } : {}),
    ...(dryRun === true ? { dryRun } : {}),
    ...(options === undefined ? {} : { syncOptions: options }),
    ...(strategy === undefined ? {} : { syncStrategy: withoutUndefined(strategy) }),
    ...(resources.length === 0 ? {} : { resources }),
  };
}

function withoutUndefined({ apply, hook }: { apply?: object | undefined; hook?: object | undefined }): {
  apply?: object;
  hook?: object;
} {
  return { ...(apply === undefined ? {} : { apply }), ...(hook === undefined ? {} : { hook }) };
}

async function resolvedRevisions(
  { repoServer }: ArgocdInstance,
  { application, message }: { readonly application: Application; readonly message: SyncMessage },
): Promise<readonly string[]> {
  const sources = sourcesOf(application.spec);
  const wanted = application.spec.sources === undefined ? [message.revision ?? ""] : wantedRevisions(sources, message);
  if (isAutomated(application.spec) && message.dryRun !== true) requireTargets(application.spec, wanted);
  const revisions: string[] = [];
  for (const [index, source] of sources.entries()) {
    const resolved = await repoServer.resolve(source, wanted[index]);
    if (resolved.kind === "failed")
      throw new ApiError("failedPrecondition", `error resolving repo revision: ${resolved.text}`);
    revisions.push(resolved.revision);
  }
  return revisions;
}

// Positions count from 1. A list of revisions that is too short makes the real server panic.
function wantedRevisions(sources: readonly Source[], message: SyncMessage): readonly string[] {
  const { revisions = [], sourcePositions = [] } = message;
  const wanted = sources.map(() => "");
  for (const [index, position] of sourcePositions.entries()) {
    if (position <= 0 || position > sources.length) throw new ApiError("unknown", "source position is out of range");
    const revision = revisions[index];
    if (revision === undefined)
      throw new ApiError("internal", `runtime error: index out of range [${index}] with length ${revisions.length}`);
    wanted[position - 1] = revision;
  }
  return wanted;
}

// With auto-sync on, only the spelling that stands in the spec is accepted.
function requireTargets(spec: ApplicationSpec, wanted: readonly string[]): void {
  for (const [index, { repoURL, targetRevision = "" }] of sourcesOf(spec).entries()) {
    const revision = wanted[index] ?? "";
    if (revision === "" || revision === (targetRevision === "" ? "HEAD" : targetRevision)) continue;
    const what = spec.sources === undefined ? "Cannot sync" : `Cannot sync source ${repoURL}`;
    throw new ApiError("failedPrecondition", `${what} to ${revision}: auto-sync currently set to ${targetRevision}`);
  }
}
