import { digestOf } from "../platform/canonical-json.ts";
import type { Timer } from "../platform/clock.ts";
import { keyOf, type ObjectRef } from "./cluster-manifest.ts";
import { wantedReplicas } from "./cluster-health.ts";
import type { DeploymentStatus, LiveObject, ReplicaSetStatus } from "./cluster-object.ts";
import type { Pace } from "./cluster-pace.ts";
import { isReady, type Pods } from "./cluster-pods.ts";
import type { ClusterStore } from "./cluster-store.ts";

export interface DeploymentControllerDeps {
  readonly store: ClusterStore;
  readonly pace: Pace;
  readonly pods: Pods;
}

// How long the controller takes to see a change; until then the Deployment shows its old status at a new generation.
const OBSERVE_MS = 90;
const DEFAULT_DEADLINE_SECONDS = 600;
// Kubernetes keeps ten; the tree of an Application gets no clearer by them.
const OLD_REPLICA_SETS_KEPT = 2;

interface Rollout {
  readonly newest: string;
  /** The most pods of the newest template that have been ready since the last progress. */
  readonly available: number;
  readonly deadline: Timer | undefined;
}

interface Scaling {
  readonly deployment: LiveObject;
  readonly newest: LiveObject;
  readonly again: () => void;
}

interface Progress {
  readonly deployment: LiveObject;
  readonly newest: LiveObject;
  readonly ready: number;
  readonly isDone: boolean;
}

/** Rolls Deployments pod by pod, 25 % more and 25 % fewer than wanted at a time, with the progress deadline. */
export class DeploymentController {
  readonly #deps: DeploymentControllerDeps;
  readonly #rollouts = new Map<string, Rollout>();

  constructor(deps: DeploymentControllerDeps) {
    this.#deps = deps;
  }

  /** What a Deployment shows before the controller has seen it. */
  static readonly unseen: DeploymentStatus = {
    kind: "Deployment",
    observedGeneration: 0,
    updatedReplicas: 0,
    replicas: 0,
    availableReplicas: 0,
    deadlineExceeded: false,
    revision: 0,
  };

  /** Call after a Deployment was made or changed. */
  noticed(key: string): void {
    this.#deps.pace.after(OBSERVE_MS, () => this.reconcile(key));
  }

  /** Gives a Deployment that was just made all its pods at once, ready. */
  place(key: string): void {
    const deployment = this.#deps.store.get(key);
    if (deployment === undefined) return;
    const newest = this.#newestReplicaSet(deployment);
    for (let count = 0; count < wantedReplicas(deployment); count += 1) this.#deps.pods.place(newest);
    this.reconcile(key);
  }

  /** Brings the pods one step nearer to what the Deployment asks for. */
  reconcile(key: string): void {
    const deployment = this.#deps.store.get(key);
    if (deployment?.status.kind !== "Deployment") {
      this.#rollouts.get(key)?.deadline?.cancel();
      this.#rollouts.delete(key);
      return;
    }
    if (deployment.deleting) return;
    const again = (): void => this.reconcile(key);
    const newest = this.#newestReplicaSet(deployment);
    this.#scale({ deployment, newest, again });
    this.#report(key, newest);
  }

  #newestReplicaSet(deployment: LiveObject): LiveObject {
    const { store } = this.#deps;
    const ref = replicaSetRef(deployment);
    const owner = keyOf(deployment.ref);
    const sets = store.childrenOf(owner);
    const last = Math.max(0, ...sets.map(revisionOf));
    const existing = store.get(keyOf(ref));
    if (existing !== undefined && revisionOf(existing) === last) return existing;
    const status: ReplicaSetStatus = { kind: "ReplicaSet", desired: 0, available: 0, revision: last + 1 };
    if (existing !== undefined) {
      store.change(keyOf(ref), { status });
      return { ...existing, status };
    }
    for (const old of sets.slice(0, -OLD_REPLICA_SETS_KEPT)) {
      if (store.childrenOf(keyOf(old.ref)).length === 0) store.remove(keyOf(old.ref));
    }
    const { application, manifest } = deployment;
    return store.add({ ref, manifest, status, application, owner });
  }

  #scale({ deployment, newest, again }: Scaling): void {
    const { store, pods } = this.#deps;
    const wanted = wantedReplicas(deployment);
    const running = this.#pods(keyOf(deployment.ref));
    const isNew = (pod: LiveObject): boolean => pod.owner === keyOf(newest.ref);
    const fresh = running.filter(isNew);
    const room = wanted + Math.ceil(wanted / 4) - running.length;
    const missing = Math.min(wanted - fresh.length, room);
    for (let count = 0; count < missing; count += 1) pods.start({ owner: newest, onChange: again });
    for (const extra of fresh.slice(wanted)) pods.end(extra, again);
    const old = running.filter((pod) => !isNew(pod)).toSorted((a, b) => Number(isReady(a)) - Number(isReady(b)));
    let spare = running.filter(isReady).length - (wanted - Math.floor(wanted / 4));
    for (const pod of old) {
      if (isReady(pod)) spare -= 1;
      if (!isReady(pod) || spare >= 0) pods.end(pod, again);
    }
    for (const set of store.childrenOf(keyOf(deployment.ref))) {
      this.#reportSet(set, keyOf(set.ref) === keyOf(newest.ref) ? wanted : 0);
    }
  }

  #report(key: string, newest: LiveObject): void {
    const { store } = this.#deps;
    const deployment = store.get(key);
    if (deployment?.status.kind !== "Deployment") return;
    const running = this.#pods(key);
    const updated = running.filter((pod) => pod.owner === keyOf(newest.ref));
    const isDone = updated.length === running.length && updated.filter(isReady).length >= wantedReplicas(deployment);
    const isExceeded = this.#watchDeadline({
      deployment,
      newest,
      ready: updated.filter(isReady).length,
      isDone,
    });
    const status: DeploymentStatus = {
      kind: "Deployment",
      observedGeneration: deployment.generation,
      updatedReplicas: updated.length,
      replicas: running.length,
      availableReplicas: running.filter(isReady).length,
      deadlineExceeded: isExceeded,
      revision: revisionOf(newest),
    };
    if (digestOf(status) !== digestOf(deployment.status)) store.change(key, { status });
  }

  /** Whether the deadline has passed; starts it anew at every progress. */
  #watchDeadline({ deployment, newest, ready, isDone }: Progress): boolean {
    const key = keyOf(deployment.ref);
    const newestKey = `${keyOf(newest.ref)} ${revisionOf(newest)}`;
    const before = this.#rollouts.get(key);
    const isProgress = before?.newest !== newestKey || ready > before.available;
    if (!isProgress && !isDone) {
      return deployment.status.kind === "Deployment" && deployment.status.deadlineExceeded;
    }
    before?.deadline?.cancel();
    const seconds = deployment.manifest.spec?.progressDeadlineSeconds ?? DEFAULT_DEADLINE_SECONDS;
    const deadline = isDone ? undefined : this.#deps.pace.after(seconds * 1000, () => this.exceed(key));
    this.#rollouts.set(key, { newest: newestKey, available: ready, deadline });
    return false;
  }

  /** The deadline of its rollout has passed. */
  exceed(key: string): void {
    const deployment = this.#deps.store.get(key);
    if (deployment?.status.kind !== "Deployment") return;
    this.#deps.store.change(key, { status: { ...deployment.status, deadlineExceeded: true } });
  }

  #reportSet(set: LiveObject, desired: number): void {
    const available = this.#deps.store.childrenOf(keyOf(set.ref)).filter(isReady).length;
    const status: ReplicaSetStatus = { kind: "ReplicaSet", desired, available, revision: revisionOf(set) };
    if (digestOf(status) !== digestOf(set.status)) this.#deps.store.change(keyOf(set.ref), { status });
  }

  #pods(key: string): readonly LiveObject[] {
    const { store } = this.#deps;
    const all = store.childrenOf(key).flatMap((set) => store.childrenOf(keyOf(set.ref)));
    return all.filter((pod) => !pod.deleting);
  }
}

function revisionOf(set: LiveObject): number {
  return set.status.kind === "ReplicaSet" ? set.status.revision : 0;
}

function replicaSetRef(deployment: LiveObject): ObjectRef {
  const hash = digestOf(deployment.manifest.spec?.template ?? {}).slice(0, 10);
  const { namespace, name } = deployment.ref;
  return { group: "apps", version: "v1", kind: "ReplicaSet", namespace, name: `${name}-${hash}` };
}
