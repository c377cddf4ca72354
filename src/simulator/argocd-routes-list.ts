import { applicationKey, sourcesOf } from "./argocd-application.ts";
import { filterOf, passes } from "./argocd-application-filter.ts";
import { ApiError } from "./argocd-api-error.ts";
import { listItem } from "./argocd-fields.ts";
import type { ArgocdInstance } from "./argocd-instance.ts";
import { findApplication, mayGet, type Target } from "./argocd-lookup.ts";
import { REFRESH_ANNOTATION } from "./argocd-refresh-status.ts";
import type { ApiRequest, Route } from "./argocd-router.ts";

/** The Applications themselves, as a list and one by one. */
export function listRoutes(instance: ArgocdInstance): readonly Route[] {
  return [
    { method: "GET", path: "/api/v1/applications", handle: (request) => list(instance, request) },
    { method: "GET", path: "/api/v1/applications/{name}", handle: (request) => get(instance, request) },
  ];
}

/** Which Application the query and the path of a GET or DELETE mean. */
export function targetOf({ params, query }: ApiRequest): Target {
  return {
    name: params["name"] ?? "",
    appNamespace: query.get("appNamespace") ?? undefined,
    project: query.get("project") ?? undefined,
  };
}

function list({ applications }: ArgocdInstance, { caller, query }: ApiRequest): object {
  const filter = filterOf(query);
  const repo = query.get("repo") ?? "";
  const found = applications.list().filter((application) => {
    const addresses = sourcesOf(application.spec).map(({ repoURL }) => repoURL);
    const isFromRepo = repo === "" || addresses.includes(repo);
    return mayGet(caller, application) && isFromRepo && passes(application, filter);
  });
  const metadata = { resourceVersion: applications.lastVersion };
  const fields = query.get("fields") ?? "";
  if (fields === "") return { metadata, items: found.length === 0 ? null : found };
  const items = found.length === 0 ? null : found.map((application) => listItem(application, fields));
  const hasVersion = fields.split(",").includes("metadata.resourceVersion") !== fields.startsWith("-");
  return hasVersion ? { items, metadata } : { items };
}

async function get(instance: ArgocdInstance, request: ApiRequest): Promise<object> {
  const projects = request.query.getAll("projects");
  if (projects.length > 1) {
    const problem = "multiple projects specified - the get endpoint accepts either zero or one project";
    throw new ApiError("invalidArgument", problem);
  }
  const target = targetOf(request);
  const project = target.project ?? projects[0];
  const lookup = { caller: request.caller, action: "get", target: { ...target, project } };
  const { applications, refresh } = instance;
  const application = findApplication(applications, lookup);
  const level = request.query.get("refresh") ?? "";
  if (level === "") return refresh.withHealth(application);
  const key = applicationKey(application);
  await refreshed(instance, { key, level: level === "hard" ? "hard" : "normal" });
  return refresh.withHealth(findApplication(applications, lookup));
}

// The answer comes when a comparison that began after the annotation was written has removed it, however long that takes.
async function refreshed(
  { applications, refresh }: ArgocdInstance,
  { key, level }: { readonly key: string; readonly level: "hard" | "normal" },
): Promise<void> {
  const written = applications.update(key, (application) => {
    const annotations = { ...application.metadata.annotations, [REFRESH_ANNOTATION]: level };
    return { ...application, metadata: { ...application.metadata, annotations } };
  });
  if (written === undefined) return;
  await new Promise<void>((resolve) => {
    const unsubscribe = applications.subscribe(({ type, application }) => {
      if (applicationKey(application) !== key) return;
      if (type === "MODIFIED" && application.metadata.annotations?.[REFRESH_ANNOTATION] !== undefined) return;
      unsubscribe();
      resolve();
    });
    void refresh.request(key, "latest");
  });
}
