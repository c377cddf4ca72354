import { z } from "zod";

import { type Application, applicationKey, ApplicationSpec, sourcesOf } from "./argocd-application.ts";
import { ApiError } from "./argocd-api-error.ts";
import type { ArgocdInstance } from "./argocd-instance.ts";
import { findApplication, TargetMessage } from "./argocd-lookup.ts";
import { jsonPatch, mergePatch } from "./argocd-patch.ts";
import { parseMessage } from "./argocd-request-body.ts";
import type { ApiRequest } from "./argocd-router.ts";

const PatchMessage = TargetMessage.extend({ patch: z.string().default("{}"), patchType: z.string().default("json") });

const PatchedApplication = z.looseObject({
  metadata: z.looseObject({
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: ApplicationSpec,
});

/** Changes the spec, the labels and the annotations of an Application; what an ApplicationSet owns goes back a moment later. */
export async function patchApplication(
  instance: ArgocdInstance,
  { params, body, caller }: ApiRequest,
): Promise<Application> {
  const { patch, patchType, ...target } = parseMessage(body, { name: "ApplicationPatchRequest", schema: PatchMessage });
  const { applications, refresh } = instance;
  const lookup = { caller, action: "update", target: { ...target, name: params["name"] ?? "" } };
  const application = findApplication(applications, lookup);
  const patched = PatchedApplication.safeParse(applied(application, { patchType, patch }));
  if (!patched.success)
    throw new ApiError("invalidArgument", "error unmarshaling patched app: json: cannot unmarshal into Application");
  const { spec, metadata } = patched.data;
  await requireRenderable(instance, { ...application, spec });
  const key = applicationKey(application);
  const written = applications.update(key, (found) => {
    const { labels = {}, annotations = {} } = metadata;
    return { ...found, spec, metadata: { ...found.metadata, labels, annotations } };
  });
  if (written === undefined) throw new ApiError("notFound", `applications.argoproj.io "${key}" not found`);
  void refresh.request(key, "latest");
  instance.revertIfOwned(key);
  return written;
}

function applied(application: Application, { patchType, patch }: { patchType: string; patch: string }): unknown {
  if (patchType !== "merge" && patchType !== "json")
    throw new ApiError("invalidArgument", `Patch type '${patchType}' is not supported`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(patch);
  } catch {
    throw new ApiError("unknown", "error applying patch: invalid JSON document");
  }
  return patchType === "merge" ? mergePatch(application, parsed) : jsonPatch(application, parsed);
}

async function requireRenderable({ repoServer }: ArgocdInstance, application: Application): Promise<void> {
  const refuse = (path: string, text: string): never => {
    const problem = `InvalidSpecError: Unable to generate manifests in ${path}: ${text}`;
    throw new ApiError("invalidArgument", `application spec for ${application.metadata.name} is invalid: ${problem}`);
  };
  const sources = sourcesOf(application.spec);
  const revisions: string[] = [];
  for (const source of sources) {
    const resolved = await repoServer.resolve(source, undefined);
    if (resolved.kind === "failed") return refuse(source.path ?? "", resolved.text);
    revisions.push(resolved.revision);
  }
  const rendered = await repoServer.render({ application, sources, revisions });
  if (rendered.kind === "failed") return refuse(sources[rendered.position - 1]?.path ?? "", rendered.text);
}
