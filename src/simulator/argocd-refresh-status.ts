import { digestOf } from "../platform/canonical-json.ts";
import type { Application, ApplicationStatus, Condition, ResourceStatus, SyncStatus } from "./argocd-application.ts";
import { sourcesOf } from "./argocd-application.ts";
import { syncErrorText } from "./argocd-auto-sync.ts";
import { type Comparison, resourceStatus } from "./argocd-comparison.ts";
import type { DesiredObject } from "./argocd-repo-server.ts";

/** Asks the controller for a comparison; it removes the annotation when one that began afterwards is written. */
export const REFRESH_ANNOTATION = "argocd.argoproj.io/refresh";

/** What Git asked for when it was last asked. */
export type Target =
  | { readonly kind: "loaded"; readonly revisions: readonly string[]; readonly objects: readonly DesiredObject[] }
  | { readonly kind: "failed"; readonly text: string };

export interface Compared {
  readonly target: Target;
  readonly comparison: Comparison;
  /** When the comparison began, where it moves `reconciledAt`. */
  readonly reconciledAt?: string;
  /** Whether the comparison was asked for before it began. */
  readonly hadAnnotation: boolean;
  readonly now: string;
}

/** The Application with the result of a comparison, or undefined where that changes nothing. */
export function comparedStatus(application: Application, compared: Compared): Application | undefined {
  const { target, comparison, reconciledAt, now } = compared;
  const { status } = application;
  const health = comparison.health;
  const resources = target.kind === "failed" ? unknownResources(comparison) : comparison.objects.map(resourceStatus);
  const fresh: ApplicationStatus = {
    ...status,
    resources,
    sync: syncStatus(application, compared),
    health: status.health.status === health ? status.health : { status: health, lastTransitionTime: now },
    conditions: conditions(application, compared),
    ...(reconciledAt === undefined ? {} : { reconciledAt }),
    summary: comparison.images.length === 0 ? {} : { images: comparison.images },
    ...sourceTypes(application),
    resourceHealthSource: "appTree",
    controllerNamespace: "argocd",
  };
  const changed = { ...application, metadata: withoutRequest(application, compared), status: tidy(fresh) };
  return digestOf(changed) === digestOf(application) ? undefined : changed;
}

// Nobody knows whether what is live is still wanted.
function unknownResources({ objects }: Comparison): readonly ResourceStatus[] {
  return objects.flatMap((object) => {
    const { ref, live, isHook } = object;
    if (live === undefined || isHook) return [];
    const resource = resourceStatus({ ...object, desired: { ref, manifest: live.manifest } });
    return [{ ...resource, status: "Unknown" }];
  });
}

function syncStatus({ spec }: Application, { target, comparison }: Compared): SyncStatus {
  const comparedTo = {
    source: spec.source ?? { repoURL: "" },
    destination: spec.destination,
    ...(spec.sources === undefined ? {} : { sources: spec.sources }),
  };
  // Where Git could not be read, Argo CD shows the revision as it is spelt in the spec.
  const spelt = sourcesOf(spec).map(({ targetRevision = "HEAD" }) => targetRevision);
  const revisions = target.kind === "loaded" ? target.revisions : spelt;
  const status = target.kind === "loaded" ? comparison.sync : "Unknown";
  if (spec.sources !== undefined) return { status, comparedTo, revisions };
  return { status, comparedTo, revision: revisions[0] ?? "" };
}

function conditions(application: Application, { target, now }: Compared): readonly Condition[] {
  const found: { type: string; message: string }[] = [];
  if (target.kind === "failed") found.push({ type: "ComparisonError", message: target.text });
  const syncError = target.kind === "failed" ? undefined : syncErrorText(application, target.revisions);
  if (syncError !== undefined) found.push({ type: "SyncError", message: syncError });
  return found.map(({ type, message }) => {
    const known = application.status.conditions?.find((old) => old.type === type && old.message === message);
    return known ?? { type, message, lastTransitionTime: now };
  });
}

function sourceTypes({ spec }: Application): Pick<ApplicationStatus, "sourceType" | "sourceTypes"> {
  if (spec.sources === undefined) return { sourceType: "Directory" };
  return { sourceTypes: spec.sources.map(({ path }) => (path === undefined ? "" : "Directory")) };
}

function withoutRequest({ metadata }: Application, { hadAnnotation }: Compared): Application["metadata"] {
  if (!hadAnnotation || metadata.annotations === undefined) return metadata;
  const { [REFRESH_ANNOTATION]: _, ...annotations } = metadata.annotations;
  return { ...metadata, annotations };
}

function tidy({ resources, conditions: found, ...status }: ApplicationStatus): ApplicationStatus {
  return {
    ...(resources === undefined || resources.length === 0 ? {} : { resources }),
    ...status,
    ...(found === undefined || found.length === 0 ? {} : { conditions: found }),
  };
}
