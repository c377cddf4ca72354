import { z } from "zod";

import type { Caller } from "./argocd-accounts.ts";
import { ApiError } from "./argocd-api-error.ts";
import { type Application, applicationKey } from "./argocd-application.ts";
import { type ApplicationStore, CONTROL_NAMESPACE } from "./argocd-application-store.ts";

/** Which Application a call is about. */
export interface Target {
  readonly name: string;
  readonly appNamespace?: string | undefined;
  readonly project?: string | undefined;
}

export interface Lookup {
  readonly caller: Caller;
  /** What the caller wants to do: `get`, `sync`, `update`... */
  readonly action: string;
  readonly target: Target;
}

/** The part of every request body that says which Application is meant. */
export const TargetMessage = z.looseObject({ appNamespace: z.string().optional(), project: z.string().optional() });

/** The object of Argo CD's policies for an Application: `shop/web`, with the namespace where that is not Argo CD's own. */
export function policyObject({ metadata, spec }: Application): string {
  const { name, namespace } = metadata;
  return namespace === CONTROL_NAMESPACE ? `${spec.project}/${name}` : `${spec.project}/${namespace}/${name}`;
}

/**
 * The Application that a call means, if the caller may do `action` to it. One that is missing and one that must not be
 * seen look the same, except to a caller who names the project and has the right on it.
 */
export function findApplication(applications: ApplicationStore, lookup: Lookup): Application {
  const { caller, action, target } = lookup;
  const namespace = (target.appNamespace ?? "") || CONTROL_NAMESPACE;
  const application = applications.get(`${namespace}/${target.name}`);
  if ((target.project ?? "") !== "") return findInProject(applications, { ...lookup, namespace, application });
  if (application === undefined || !mayGet(caller, application)) throw hidden();
  requireRight(caller, { action, application });
  return application;
}

interface Found {
  readonly namespace: string;
  readonly application: Application | undefined;
}

function findInProject(
  applications: ApplicationStore,
  { caller, action, target, namespace, application }: Lookup & Found,
): Application {
  const { name, project = "" } = target;
  const isControl = namespace === CONTROL_NAMESPACE;
  const isEnabled = isControl || hasNamespace(applications, namespace);
  const object = isControl ? `${project}/${name}` : `${project}/${namespace}/${name}`;
  if (!isEnabled || !caller.may({ resource: "applications", action, object })) throw hidden();
  if (application?.spec.project === project) return application;
  throw new ApiError("notFound", `applications.argoproj.io "${name}" not found`);
}

export interface Wish {
  readonly action: string;
  readonly application: Application;
}

/** Throws the refusal that names what is missing, which only those get who may see the Application. */
export function requireRight(caller: Caller, { action, application }: Wish): void {
  const object = policyObject(application);
  if (caller.may({ resource: "applications", action, object })) return;
  const who = `sub: ${caller.account ?? ""}, iat: ${caller.issuedAt}`;
  throw new ApiError("permissionDenied", `permission denied: applications, ${action}, ${object}, ${who}`);
}

export function mayGet(caller: Caller, application: Application): boolean {
  return caller.may({ resource: "applications", action: "get", object: policyObject(application) });
}

function hidden(): ApiError {
  return new ApiError("permissionDenied", "permission denied");
}

function hasNamespace(applications: ApplicationStore, namespace: string): boolean {
  return applications.list().some((application) => applicationKey(application).startsWith(`${namespace}/`));
}
