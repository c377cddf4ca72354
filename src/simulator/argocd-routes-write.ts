import { z } from "zod";

import {
  type Application,
  applicationKey,
  type HistoryEntry,
  isAutomated,
  type Operation,
  type SyncRequest,
  withOperation,
} from "./argocd-application.ts";
import { ApiError } from "./argocd-api-error.ts";
import { patchApplication } from "./argocd-patch-application.ts";
import type { ArgocdInstance } from "./argocd-instance.ts";
import { findApplication, TargetMessage } from "./argocd-lookup.ts";
import { parseMessage } from "./argocd-request-body.ts";
import type { ApiRequest, Route } from "./argocd-router.ts";
import { targetOf } from "./argocd-routes-list.ts";
import { operationOf } from "./argocd-sync-request.ts";

const RollbackMessage = TargetMessage.extend({
  id: z.number().optional(),
  prune: z.boolean().optional(),
  dryRun: z.boolean().optional(),
});

/** What changes an Application. Where there is a body, everything is in it and the query is ignored. */
export function writeRoutes(instance: ArgocdInstance): readonly Route[] {
  return [
    { method: "POST", path: "/api/v1/applications/{name}/sync", handle: (request) => startSync(instance, request) },
    { method: "POST", path: "/api/v1/applications/{name}/rollback", handle: (request) => rollback(instance, request) },
    {
      method: "DELETE",
      path: "/api/v1/applications/{name}/operation",
      handle: (request) => terminate(instance, request),
    },
    { method: "PATCH", path: "/api/v1/applications/{name}", handle: (request) => patchApplication(instance, request) },
  ];
}

async function startSync(instance: ArgocdInstance, request: ApiRequest): Promise<Application> {
  const { application, operation } = await operationOf(instance, request);
  const started = startOperation(instance, { key: applicationKey(application), operation });
  const { revision = "", revisions = [revision] } = operation.sync;
  const { username = "" } = operation.initiatedBy;
  const message = `${username} initiated sync to ${revisions.join(", ")}`;
  instance.events.record(started, { reason: "OperationStarted", message, user: username });
  return started;
}

export interface OperationStart {
  readonly key: string;
  readonly operation: Operation;
}

/** Sets the operation of an Application; refused while there is one. */
export function startOperation({ applications }: ArgocdInstance, { key, operation }: OperationStart): Application {
  if (applications.get(key)?.operation !== undefined)
    throw new ApiError("failedPrecondition", "another operation is already in progress");
  const started = applications.update(key, (application) => withOperation(application, operation));
  if (started === undefined) throw new ApiError("notFound", "the application is gone");
  return started;
}

function rollback(instance: ArgocdInstance, { params, body, caller }: ApiRequest): Application {
  const message = parseMessage(body, { name: "ApplicationRollbackRequest", schema: RollbackMessage });
  const { id, appNamespace, project } = message;
  if (id === undefined)
    throw new ApiError("internal", 'grpc: error while marshaling: proto: required field "id" not set');
  const target = { name: params["name"] ?? "", appNamespace, project };
  const application = findApplication(instance.applications, { caller, action: "sync", target });
  const { metadata, spec, status } = application;
  if (metadata.deletionTimestamp !== undefined) throw new ApiError("failedPrecondition", "application is deleting");
  if (isAutomated(spec))
    throw new ApiError("failedPrecondition", "rollback cannot be initiated when auto-sync is enabled");
  const key = applicationKey(application);
  const entry = status.history?.find((deployment) => deployment.id === id);
  if (entry === undefined)
    throw new ApiError("invalidArgument", `application ${key} does not have deployment with id ${id}`);
  const user = caller.account ?? "";
  const sync = rollbackRequest(entry, { ...message, syncOptions: spec.syncPolicy?.syncOptions });
  const operation = { sync, initiatedBy: { username: user }, retry: {} };
  const started = startOperation(instance, { key, operation });
  instance.events.record(started, { reason: "OperationStarted", message: `${user} initiated rollback to ${id}`, user });
  return started;
}

// A rollback takes the source as it was then, and leaves the hooks out.
function rollbackRequest(
  { revision = "", revisions = [], source, sources }: HistoryEntry,
  {
    prune = false,
    dryRun = false,
    syncOptions,
  }: z.infer<typeof RollbackMessage> & { syncOptions: string[] | undefined },
): SyncRequest {
  return {
    ...(sources === undefined ? { source, revision } : { sources, revisions }),
    ...(prune ? { prune } : {}),
    ...(dryRun ? { dryRun } : {}),
    syncStrategy: { apply: {} },
    ...(syncOptions === undefined ? {} : { syncOptions }),
  };
}

function terminate({ applications, events }: ArgocdInstance, request: ApiRequest): object {
  const application = findApplication(applications, {
    caller: request.caller,
    action: "sync",
    target: targetOf(request),
  });
  const { operation, status } = application;
  const state = status.operationState;
  if (operation === undefined || state === undefined)
    throw new ApiError("invalidArgument", "Unable to terminate operation. No operation is in progress");
  const ended = applications.update(applicationKey(application), (found) => ({
    ...found,
    status: { ...found.status, operationState: { ...state, phase: "Terminating" } },
  }));
  const user = request.caller.account ?? "";
  if (ended !== undefined)
    events.record(ended, { reason: "ResourceUpdated", message: `${user} terminated running operation`, user });
  return {};
}
