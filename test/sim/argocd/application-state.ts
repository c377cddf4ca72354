import type { Health, HookType } from "./rollout-plan.ts";

/** Where the manifests of an application come from. */
export interface Source {
  readonly repoURL: string;
  readonly path: string;
  readonly targetRevision?: string;
  readonly helm?: { readonly parameters: readonly { readonly name: string; readonly value: string }[] };
  readonly kustomize?: { readonly images: readonly string[] };
}

export interface Info {
  readonly name: string;
  readonly value: string;
}

/** What was asked for: one sync, rollback or automated sync. */
export interface Operation {
  /** Counts all operations of a world; Argo CD itself has no such number. */
  readonly number: number;
  /** As it was when the operation was asked for, which is what is synced. */
  readonly source: Source;
  readonly revision: string;
  /** Without hooks. */
  readonly isRollback: boolean;
  readonly isDryRun: boolean;
  /** Only the Deployment. */
  readonly isPartial: boolean;
  readonly by: string;
  readonly isAutomated: boolean;
  readonly infos: readonly Info[];
  readonly retryLimit: number;
  /** As Argo CD writes it. */
  readonly text: string;
}

export type Phase = "Running" | "Terminating" | "Succeeded" | "Failed" | "Error";

export interface SyncedObject {
  readonly kind: "Service" | "Deployment" | "Job";
  readonly hookType?: HookType;
  status: "Synced" | "SyncFailed";
  message: string;
  hookPhase?: "Running" | "Succeeded" | "Failed";
}

/** What has become of an operation. */
export interface OperationState {
  readonly operation: Operation;
  phase: Phase;
  message: string;
  readonly startedAt: number;
  finishedAt: number | undefined;
  retryCount: number;
  objects: SyncedObject[] | undefined;
  /** What the operation does next, so that a termination can keep it from happening. */
  next: { cancel(): void } | undefined;
  /** What it goes on with when the sync window opens that keeps it. */
  blocked: (() => void) | undefined;
  /** What it goes on with when the cluster says Healthy. */
  awaitsHealth: (() => void) | undefined;
}

export interface HistoryEntry {
  readonly id: number;
  readonly revision: string;
  readonly text: string;
  readonly source: Source;
}

export interface Condition {
  readonly type: string;
  readonly message: string;
}

/** What is in the cluster for an application, and what the cluster tells of it. */
export interface Cluster {
  /** The revision that was last applied; empty where nothing is there. */
  revision: string;
  /** What was applied, as a text that is the same where the objects are. */
  content: string;
  health: Health;
  /** What the cluster says of its health; behind the truth where a plan wants that. */
  told: Health;
  message: string;
  /** Counts what was applied, so that the end of an older roll-out is not taken for that of a newer one. */
  generation: number;
  /** Whether the objects are a mixture: an operation was ended or failed between them. */
  isMixed: boolean;
}

/** One Argo CD application: what its object in Kubernetes says, and what the controller is busy with. */
export interface App {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly project: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly hooks: readonly HookType[];
  readonly retryLimit: number;
  readonly ownedBy: string | undefined;
  readonly cluster: Cluster;
  version: number;
  source: Source;
  /** Undefined without a policy; false for one that is switched off. */
  automated: boolean | undefined;
  /** Counts the changes of the specification. */
  specVersion: number;
  skipsReconcile: boolean;
  deletingSince: number | undefined;
  operation: Operation | undefined;
  state: OperationState | undefined;
  /** What it showed of the operation before the newest one. */
  stateBefore: OperationState | undefined;
  sync: { status: string; revision: string };
  health: { status: string; since: number };
  /** Health of the Deployment as the controller last saw it. */
  seen: { health: Health; message: string; isSynced: boolean };
  reconciledAt: number | undefined;
  history: HistoryEntry[];
  nextHistoryId: number;
  conditions: readonly Condition[];
  comparison: "none" | "due" | "running" | "running-again";
  /** How long each comparison takes; as the controller's pace has it when undefined. */
  comparesForMs: number | undefined;
  /** Who waits for a comparison that begins from now on. */
  waiting: (() => void)[];
  observeAfter: boolean;
  /** What the whole object is as JSON, until the next change. */
  text: string | undefined;
  /** The same as it was before the last change, where somebody had seen it. */
  olderText: string | undefined;
  specText: string;
}

/** What the application follows. */
export function targetOf({ targetRevision }: Source): string {
  return targetRevision || "HEAD";
}

/** Sources are the same when they render the same of a commit: everything but what they follow. */
export function renderingOf({ path, helm, kustomize }: Source): string {
  return `${path}|${JSON.stringify(helm ?? null)}|${JSON.stringify(kustomize ?? null)}`;
}

export function isAutoSynced({ automated }: App): boolean {
  return automated === true;
}
