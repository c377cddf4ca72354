import { ApiError } from "./argocd-api-error.ts";
import type { ArgocdInstance } from "./argocd-instance.ts";
import type { Route } from "./argocd-router.ts";
import type { SyncWindow } from "./argocd-sync-windows.ts";

const RESOURCES = [
  "clusters",
  "projects",
  "applications",
  "applicationsets",
  "repositories",
  "write-repositories",
  "certificates",
  "accounts",
  "gpgkeys",
  "logs",
  "exec",
  "extensions",
];
const ACTIONS = ["get", "create", "update", "delete", "sync", "override", "action", "invoke"];

const canI: Route = {
  method: "GET",
  path: "/api/v1/account/can-i/{resource}/{action}/{object...}",
  handle: ({ caller, params: { resource = "", action = "", object = "" } }) => {
    if (!RESOURCES.includes(resource)) throw notIn(RESOURCES, resource);
    if (!ACTIONS.includes(action) && !action.startsWith("action/")) throw notIn(ACTIONS, action);
    return { value: caller.may({ resource, action, object }) ? "yes" : "no" };
  },
};

/** What a client asks about the server itself, and about its own rights. */
export function serverRoutes(instance: ArgocdInstance): readonly Route[] {
  const { accounts } = instance;
  return [
    {
      method: "GET",
      path: "/api/version",
      open: true,
      handle: () => ({ Version: instance.version }),
    },
    {
      method: "GET",
      path: "/api/v1/session/userinfo",
      open: true,
      handle: ({ caller }) =>
        caller.account === undefined ? {} : { loggedIn: true, username: caller.account, iss: "argocd" },
    },
    {
      method: "GET",
      path: "/api/v1/settings",
      open: true,
      handle: ({ caller }) => ({
        url: instance.publicUrl,
        appLabelKey: "app.kubernetes.io/instance",
        googleAnalytics: { anonymizeUsers: true },
        help: {},
        trackingMethod: "annotation",
        syncWithReplaceAllowed: true,
        ...(caller.account === undefined ? {} : { controllerNamespace: "argocd" }),
      }),
    },
    canI,
    {
      method: "GET",
      path: "/api/v1/account/{name}",
      handle: ({ caller, params: { name = "" } }) => {
        if (caller.account !== name && !caller.may({ resource: "accounts", action: "get", object: name }))
          throw new ApiError("permissionDenied", "permission denied");
        if (!accounts.has(name)) throw new ApiError("notFound", `account '${name}' does not exist`);
        return { name, enabled: true, capabilities: ["apiKey"] };
      },
    },
  ];
}

/** Projects, as far as their sync windows go. */
export function projectRoutes({ windows }: ArgocdInstance): readonly Route[] {
  return [
    projectRoute("/api/v1/projects/{name}/syncwindows", (project) => {
      const active = windows.ofProject(project).filter(({ isActive }) => isActive);
      return active.length === 0 ? {} : { windows: active.map(projectWindow) };
    }),
    projectRoute("/api/v1/projects/{name}", (project) => {
      const syncWindows = windows.ofProject(project).map(projectWindow);
      const spec = { sourceRepos: ["*"], destinations: [{ server: "*", namespace: "*" }] };
      const metadata = { name: project, namespace: "argocd" };
      return { metadata, spec: syncWindows.length === 0 ? spec : { ...spec, syncWindows } };
    }),
  ];
}

function projectRoute(path: string, answer: (project: string) => object): Route {
  return {
    method: "GET",
    path,
    handle: ({ caller, params: { name = "" } }) => {
      if (!caller.may({ resource: "projects", action: "get", object: name }))
        throw new ApiError("permissionDenied", "permission denied");
      return answer(name);
    },
  };
}

function projectWindow({ kind, schedule, duration, manualSync, applications, namespaces }: SyncWindow): object {
  return {
    kind,
    schedule,
    duration,
    ...(applications.length === 0 ? {} : { applications }),
    ...(namespaces.length === 0 ? {} : { namespaces }),
    ...(manualSync ? { manualSync } : {}),
  };
}

function notIn(allowed: readonly string[], found: string): ApiError {
  return new ApiError("invalidArgument", `[${allowed.join(" ")}] does not contain ${found}`);
}
