import type { ApplicationSpec, Operation, ResourceSelector, SyncPhase } from "./argocd-application.ts";
import { hookPhasesOf, isHook, syncWaveOf } from "./argocd-hooks.ts";
import type { DesiredObject } from "./argocd-repo-server.ts";
import { keyOf, type Manifest, type ObjectRef } from "./cluster-manifest.ts";
import type { LiveObject } from "./cluster-object.ts";

/** One thing that a sync does with one object. */
export interface SyncTask {
  readonly kind: "apply" | "hook" | "prune" | "namespace";
  readonly ref: ObjectRef;
  readonly phase: SyncPhase;
  readonly wave: number;
  readonly manifest: Manifest;
}

export interface SyncPlanInput {
  readonly spec: ApplicationSpec;
  readonly operation: Operation;
  readonly desired: readonly DesiredObject[];
  /** What was applied for the Application. */
  readonly live: readonly LiveObject[];
  readonly hasNamespace: boolean;
}

const PHASES: readonly SyncPhase[] = ["PreSync", "Sync", "PostSync", "SyncFail"];
const KINDS = ["Namespace", "ServiceAccount", "Secret", "ConfigMap", "Service", "Deployment", "Job", "Ingress"];
const NAMESPACE_WAVE = Number.MIN_SAFE_INTEGER;

/** What a sync will do, in the order of phase, wave, kind and name. */
export function planSync({ spec, operation, desired, live, hasNamespace }: SyncPlanInput): readonly SyncTask[] {
  const { resources = [], syncStrategy, syncOptions = [] } = operation.sync;
  const isSelected = selector(resources);
  // Neither a partial sync nor the strategy `apply` runs hooks.
  const hasHooks = resources.length === 0 && syncStrategy?.apply === undefined;
  const wanted = new Set(desired.map(({ ref }) => keyOf(ref)));
  const isOrdinary = (object: { ref: ObjectRef; manifest: Manifest }): boolean =>
    !isHook(object.manifest) && isSelected(object.ref);
  const extra = live.filter(({ ref }) => !wanted.has(keyOf(ref)));
  const tasks = [
    ...(hasHooks ? desired.flatMap((object) => hookTasks(object)) : []),
    ...desired.filter(isOrdinary).map((object) => syncTask("apply", object)),
    ...extra.filter(isOrdinary).map((object) => syncTask("prune", object)),
  ];
  if (!hasNamespace && syncOptions.includes("CreateNamespace=true"))
    tasks.push(namespaceTask(spec.destination.namespace));
  return tasks.toSorted((left, right) => compareTasks(left, right));
}

function syncTask(kind: "apply" | "prune", { ref, manifest }: { ref: ObjectRef; manifest: Manifest }): SyncTask {
  return { kind, ref, phase: "Sync", wave: syncWaveOf(manifest), manifest };
}

function hookTasks({ ref, manifest }: DesiredObject): SyncTask[] {
  const wave = syncWaveOf(manifest);
  return hookPhasesOf(manifest).map((phase) => ({ kind: "hook", ref, phase, wave, manifest }));
}

function namespaceTask(name: string): SyncTask {
  const ref: ObjectRef = { group: "", version: "v1", kind: "Namespace", namespace: "", name };
  const manifest: Manifest = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  return { kind: "namespace", ref, phase: "PreSync", wave: NAMESPACE_WAVE, manifest };
}

function selector(selectors: readonly ResourceSelector[]): (ref: ObjectRef) => boolean {
  if (selectors.length === 0) return () => true;
  return (ref) =>
    selectors.some(
      ({ group, kind, name, namespace = "" }) =>
        group === ref.group &&
        kind === ref.kind &&
        name === ref.name &&
        (namespace === "" || namespace === ref.namespace),
    );
}

function compareTasks(left: SyncTask, right: SyncTask): number {
  return (
    PHASES.indexOf(left.phase) - PHASES.indexOf(right.phase) ||
    left.wave - right.wave ||
    kindOrder(left) - kindOrder(right) ||
    left.ref.name.localeCompare(right.ref.name)
  );
}

function kindOrder({ ref }: SyncTask): number {
  const index = KINDS.indexOf(ref.kind);
  return index < 0 ? KINDS.length : index;
}

/** The tasks of the first phase and wave among `tasks`. */
export function firstWave(tasks: readonly SyncTask[]): readonly SyncTask[] {
  const first = tasks[0];
  return tasks.filter(({ phase, wave }) => phase === first?.phase && wave === first.wave);
}

/** What tells one task from another of the same sync. */
export function taskKey({ ref, phase }: SyncTask): string {
  return `${phase} ${keyOf(ref)}`;
}

/** `apps/Deployment/web` as messages name it; `/Namespace/web` for the core group. */
export function taskName({ ref }: SyncTask): string {
  return `${ref.group}/${ref.kind}/${ref.name}`;
}
