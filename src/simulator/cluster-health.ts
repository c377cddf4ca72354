import type { DeploymentStatus, JobStatus, LiveObject, PodStatus, ReplicaSetStatus } from "./cluster-object.ts";

export type HealthStatus = "Healthy" | "Suspended" | "Progressing" | "Missing" | "Degraded" | "Unknown";

export interface Health {
  readonly status: HealthStatus;
  readonly message?: string;
}

const FROM_BEST: readonly HealthStatus[] = ["Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown"];

/** The worst of the given states; Healthy when there are none. Argo CD's order. */
export function worstHealth(states: Iterable<HealthStatus>): HealthStatus {
  let worst = 0;
  for (const state of states) worst = Math.max(worst, FROM_BEST.indexOf(state));
  return FROM_BEST[worst] ?? "Healthy";
}

/** What Argo CD's health checks say about a live object; undefined for a kind that has none. */
export function healthOf(object: LiveObject): Health | undefined {
  if (object.deleting) return { status: "Progressing", message: "Pending deletion" };
  const { status } = object;
  switch (status.kind) {
    case "Deployment":
      return deploymentHealth(object, status);
    case "ReplicaSet":
      return replicaSetHealth(status);
    case "Pod":
      return podHealth(status);
    case "Job":
      return jobHealth(status);
    case "plain":
      return object.ref.kind === "Service" ? { status: "Healthy" } : undefined;
  }
}

function deploymentHealth(object: LiveObject, status: DeploymentStatus): Health {
  if (object.manifest.spec?.paused === true) return { status: "Suspended", message: "Deployment is paused" };
  if (status.observedGeneration < object.generation)
    return waiting("observed deployment generation less than desired generation");
  if (status.deadlineExceeded)
    return { status: "Degraded", message: `Deployment "${object.ref.name}" exceeded its progress deadline` };
  const wanted = wantedReplicas(object);
  const { updatedReplicas: updated, availableReplicas: available, replicas } = status;
  if (updated < wanted) return waiting(`${updated} out of ${wanted} new replicas have been updated...`);
  if (replicas > updated) return waiting(`${replicas - updated} old replicas are pending termination...`);
  if (available < updated) return waiting(`${available} of ${updated} updated replicas are available...`);
  return { status: "Healthy" };
}

function replicaSetHealth(status: ReplicaSetStatus): Health {
  if (status.available >= status.desired) return { status: "Healthy" };
  return waiting(`${status.available} out of ${status.desired} new replicas are available...`);
}

function podHealth(status: PodStatus): Health {
  if (status.reason === "Completed" || status.ready) return { status: "Healthy" };
  if (status.reason === "CrashLoopBackOff")
    return { status: "Degraded", message: "back-off restarting failed container" };
  if (status.reason === "ImagePullBackOff")
    return { status: "Degraded", message: `Back-off pulling image "${status.image}"` };
  return { status: status.reason === "Error" ? "Degraded" : "Progressing" };
}

function jobHealth(status: JobStatus): Health {
  if (status.phase === "Running") return { status: "Progressing" };
  const health: Health = { status: status.phase === "Complete" ? "Healthy" : "Degraded" };
  return status.message === undefined ? health : { ...health, message: status.message };
}

function waiting(what: string): Health {
  return { status: "Progressing", message: `Waiting for rollout to finish: ${what}` };
}

/** How many pods a Deployment asks for; Kubernetes' default is one. */
export function wantedReplicas(object: LiveObject): number {
  const replicas = object.manifest.spec?.replicas;
  return typeof replicas === "number" ? replicas : 1;
}
