import type { Manifest, ObjectRef } from "./cluster-manifest.ts";

/** How a container image behaves when a pod runs it. */
export interface ImageBehaviour {
  /**
   * `starts`: ready, or for a Job completed, after `afterMs`. `crashes`: ends with an error after `afterMs`, again and
   * again. `hangs`: runs and is never ready. `missing`: the registry does not have it.
   */
  readonly kind: "starts" | "crashes" | "hangs" | "missing";
  readonly afterMs: number;
  /** How it answers requests once it is ready; quickly and well when absent. */
  readonly answers?: ImageAnswers | undefined;
}

export interface ImageAnswers {
  /** The share of requests that it answers with 500, from 0, which it is when absent, to 1. */
  readonly failing?: number | undefined;
  /** How long nineteen of twenty answers take at most. */
  readonly latencyMs?: number | undefined;
}

export interface DeploymentStatus {
  readonly kind: "Deployment";
  readonly observedGeneration: number;
  /** Pods of the present template. */
  readonly updatedReplicas: number;
  /** Pods of any template. */
  readonly replicas: number;
  readonly availableReplicas: number;
  /** Whether `progressDeadlineSeconds` went by without progress. */
  readonly deadlineExceeded: boolean;
  readonly revision: number;
}

export interface ReplicaSetStatus {
  readonly kind: "ReplicaSet";
  readonly desired: number;
  readonly available: number;
  readonly revision: number;
}

export interface PodStatus {
  readonly kind: "Pod";
  /** What `kubectl get pods` shows: `Pending`, `Running`, `Completed`, `Error`, `CrashLoopBackOff`, `ImagePullBackOff`. */
  readonly reason: string;
  readonly ready: boolean;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface JobStatus {
  readonly kind: "Job";
  readonly phase: "Running" | "Complete" | "Failed";
  readonly message?: string;
}

/** Everything else: there as soon as it is applied. */
export interface PlainStatus {
  readonly kind: "plain";
}

export type ObjectStatus = DeploymentStatus | ReplicaSetStatus | PodStatus | JobStatus | PlainStatus;

/** One object in the cluster. Replaced as a whole at every change, so that a copy taken earlier stays as it was. */
export interface LiveObject {
  readonly ref: ObjectRef;
  readonly uid: string;
  /** As it was applied last, with Argo CD's tracking annotation; for pods and replica sets what their owner made of it. */
  readonly manifest: Manifest;
  readonly createdAtMs: number;
  readonly resourceVersion: number;
  /** Raised by every change of what is wanted. */
  readonly generation: number;
  readonly status: ObjectStatus;
  /** The Application that it was applied for. */
  readonly application: string;
  /** The object that made it, by key. */
  readonly owner?: string;
  readonly deleting: boolean;
}
