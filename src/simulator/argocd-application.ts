import { z } from "zod";

import type { Health, HealthStatus } from "./cluster-health.ts";

const Source = z.looseObject({
  repoURL: z.string(),
  path: z.string().optional(),
  targetRevision: z.string().optional(),
  /** A source that only lends its files to the others. */
  ref: z.string().optional(),
});
export type Source = z.infer<typeof Source>;

const Backoff = z.looseObject({
  duration: z.string().optional(),
  factor: z.number().optional(),
  maxDuration: z.string().optional(),
});

export const Retry = z.looseObject({ limit: z.number().optional(), backoff: Backoff.optional() });
export type Retry = z.infer<typeof Retry>;

/** The part of an Application that people write. */
export const ApplicationSpec = z.looseObject({
  project: z.string(),
  destination: z.looseObject({ server: z.string().optional(), namespace: z.string().default("default") }),
  source: Source.optional(),
  sources: z.array(Source).optional(),
  revisionHistoryLimit: z.number().optional(),
  syncPolicy: z
    .looseObject({
      automated: z
        .looseObject({
          enabled: z.boolean().optional(),
          prune: z.boolean().optional(),
          selfHeal: z.boolean().optional(),
        })
        .optional(),
      syncOptions: z.array(z.string()).optional(),
      retry: Retry.optional(),
    })
    .optional(),
});
export type ApplicationSpec = z.infer<typeof ApplicationSpec>;

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

export interface ApplicationMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}

export interface ResourceSelector {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
}

export interface SyncRequest {
  readonly revision?: string;
  readonly revisions?: readonly string[];
  readonly prune?: true;
  readonly dryRun?: true;
  readonly source?: Source;
  readonly sources?: readonly Source[];
  readonly syncOptions?: readonly string[];
  /** `apply` leaves the hooks out. */
  readonly syncStrategy?: { readonly apply?: object; readonly hook?: object };
  readonly resources?: readonly ResourceSelector[];
}

export interface Info {
  readonly name: string;
  readonly value: string;
}

export interface Initiator {
  readonly username?: string;
  readonly automated?: true;
}

export interface Operation {
  readonly sync: SyncRequest;
  readonly initiatedBy: Initiator;
  readonly info?: readonly Info[];
  readonly retry: Retry;
}

export type OperationPhase = "Running" | "Terminating" | "Succeeded" | "Failed" | "Error";
export type SyncPhase = "PreSync" | "Sync" | "PostSync" | "SyncFail";
export type HookPhase = "Running" | "Succeeded" | "Failed" | "Error" | "Terminating";

export interface ResourceResult {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly status?: "Synced" | "SyncFailed" | "Pruned" | "PruneSkipped";
  readonly message: string;
  readonly hookType?: SyncPhase;
  readonly hookPhase?: HookPhase;
  readonly syncPhase: SyncPhase;
  readonly images?: readonly string[];
}

export interface SyncResult {
  readonly resources?: readonly ResourceResult[];
  readonly revision: string;
  readonly source: Source;
  readonly revisions?: readonly string[];
  readonly sources?: readonly Source[];
}

export interface OperationState {
  readonly operation: Operation;
  readonly phase: OperationPhase;
  readonly message?: string;
  readonly syncResult?: SyncResult;
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly retryCount?: number;
}

export interface ResourceStatus {
  readonly group?: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly status?: "Synced" | "OutOfSync" | "Unknown";
  readonly health?: Health;
  readonly hook?: true;
  readonly requiresPruning?: true;
  readonly syncWave?: number;
}

export interface HistoryEntry {
  readonly id: number;
  readonly revision?: string;
  readonly revisions?: readonly string[];
  readonly source: Source;
  readonly sources?: readonly Source[];
  readonly deployStartedAt: string;
  readonly deployedAt: string;
  readonly initiatedBy: Initiator;
}

export interface Condition {
  readonly type: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

export interface SyncStatus {
  readonly status: "Synced" | "OutOfSync" | "Unknown" | "";
  readonly comparedTo: object;
  readonly revision?: string;
  readonly revisions?: readonly string[];
}

export interface ApplicationStatus {
  /** Without health, as the cluster stores it; `withHealth` adds that to what GET and the watch show. */
  readonly resources?: readonly ResourceStatus[];
  readonly sync: SyncStatus;
  readonly health: { readonly status?: HealthStatus; readonly lastTransitionTime?: string };
  readonly history?: readonly HistoryEntry[];
  readonly conditions?: readonly Condition[];
  readonly reconciledAt?: string;
  readonly operationState?: OperationState;
  readonly summary: { readonly images?: readonly string[] };
  readonly sourceType?: string;
  readonly sourceTypes?: readonly string[];
  readonly resourceHealthSource?: "appTree";
  readonly controllerNamespace?: string;
  readonly sourceHydrator: object;
}

/** An Application as the API shows it. Never changed in place: every write makes a new one. */
export interface Application {
  readonly metadata: ApplicationMetadata;
  readonly spec: ApplicationSpec;
  readonly status: ApplicationStatus;
  readonly operation?: Operation;
}

/** The sources of an Application in order; one for most. */
export function sourcesOf(spec: ApplicationSpec): readonly Source[] {
  return spec.sources ?? (spec.source === undefined ? [] : [spec.source]);
}

/** Whether Argo CD syncs the Application by itself. */
export function isAutomated(spec: ApplicationSpec): boolean {
  const automated = spec.syncPolicy?.automated;
  return automated !== undefined && automated.enabled !== false;
}

/** `argocd/web`, the key of an Application everywhere. */
export function applicationKey(application: Pick<Application, "metadata">): string {
  return `${application.metadata.namespace}/${application.metadata.name}`;
}

/** The Application with a new operation; what the last one ended with is gone from this moment on, as in Argo CD. */
export function withOperation(application: Application, operation: Operation): Application {
  const status: ApplicationStatus = { ...application.status };
  Reflect.deleteProperty(status, "operationState");
  return { ...application, status, operation };
}

/** Whether the controller has been told to leave the Application alone. */
export function skipsReconcile({ metadata }: Application): boolean {
  return metadata.annotations?.["argocd.argoproj.io/skip-reconcile"] === "true";
}
