import { type Application, applicationKey, type ResourceStatus } from "./argocd-application.ts";
import type { ArgocdInstance } from "./argocd-instance.ts";
import type { LiveObject } from "./cluster-object.ts";

export interface PodState {
  readonly name: string;
  readonly image: string;
  /** What `kubectl get pods` would show: `Running`, `Pending`, `CrashLoopBackOff`, `Terminating`... */
  readonly reason: string;
  readonly ready: boolean;
}

export interface ApplicationState {
  readonly name: string;
  readonly namespace: string;
  readonly project: string;
  /** From the labels `quarterdeck.dev/service` and `quarterdeck.dev/environment`; empty without them. */
  readonly service: string;
  readonly environment: string;
  readonly sync: string;
  readonly health: string;
  /** What Git asks for as of the last comparison. */
  readonly targetRevision: string;
  /** What was deployed last with success; empty before the first time. */
  readonly liveRevision: string;
  readonly images: readonly string[];
  readonly pods: readonly PodState[];
  readonly resources: readonly ResourceState[];
  /** The operation that runs or ran last; `null` before the first. `Pending` until the controller picks it up. */
  readonly operation: OperationSummary | null;
  /** How many deployments have succeeded since the Application was made, as far as the history goes. */
  readonly deployments: number;
}

export interface ResourceState {
  readonly kind: string;
  readonly name: string;
  readonly sync: string;
  readonly health: string;
  readonly message: string;
}

export interface OperationSummary {
  readonly phase: string;
  readonly message: string;
  readonly revision: string;
  readonly initiatedBy: string;
  readonly infos: Readonly<Record<string, string>>;
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** What the demo shows of the simulated Argo CD, and what its play checks. */
export interface SimulatorState {
  readonly version: string;
  readonly speed: number;
  readonly controller: "up" | "down";
  readonly applications: readonly ApplicationState[];
}

export function simulatorState(instance: ArgocdInstance): SimulatorState {
  return {
    version: instance.version,
    speed: instance.pace.speed,
    controller: instance.controller.isOpen ? "up" : "down",
    applications: instance.applications.list().map((application) => applicationState(instance, application)),
  };
}

function applicationState({ refresh, cluster }: ArgocdInstance, application: Application): ApplicationState {
  const { metadata, spec, status } = refresh.withHealth(application);
  const labels = new Map(Object.entries(metadata.labels ?? {}));
  const last = status.history?.at(-1);
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    project: spec.project,
    service: labels.get("quarterdeck.dev/service") ?? "",
    environment: labels.get("quarterdeck.dev/environment") ?? "",
    sync: status.sync.status,
    health: status.health.status ?? "",
    targetRevision: revisionText(status.sync),
    liveRevision: revisionText(last),
    images: status.summary.images ?? [],
    pods: cluster.store.ofApplication(applicationKey(application)).flatMap((object) => podState(object)),
    resources: (status.resources ?? []).map((resource) => resourceState(resource)),
    operation: operationSummary(application),
    deployments: (last?.id ?? -1) + 1,
  };
}

function podState({ ref, status, deleting }: LiveObject): PodState[] {
  if (status.kind !== "Pod") return [];
  const reason = deleting ? "Terminating" : status.reason;
  return [{ name: ref.name, image: status.image, reason, ready: status.ready && !deleting }];
}

function operationSummary({ operation, status }: Application): OperationSummary | null {
  const state = status.operationState;
  const asked = operation ?? state?.operation;
  if (asked === undefined) return null;
  const { sync, initiatedBy, info = [] } = asked;
  const { phase = "Pending", message = "", startedAt = "", finishedAt = "" } = state ?? {};
  return {
    phase,
    message,
    revision: revisionText(sync),
    initiatedBy: initiatedBy.username ?? "automated",
    infos: Object.fromEntries(info.map(({ name, value }) => [name, value])),
    startedAt,
    finishedAt,
  };
}

function resourceState({ kind, name, status, health }: ResourceStatus): ResourceState {
  return { kind, name, sync: status ?? "", health: health?.status ?? "", message: health?.message ?? "" };
}

interface Revisions {
  readonly revision?: string;
  readonly revisions?: readonly string[];
}

function revisionText({ revision = "", revisions = [revision] }: Revisions = {}): string {
  return revisions.join(" ");
}
