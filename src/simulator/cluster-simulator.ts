import { digestOf } from "../platform/canonical-json.ts";
import type { Random } from "../platform/ids.ts";
import { DeploymentController } from "./cluster-deployment.ts";
import { JobController } from "./cluster-job.ts";
import { keyOf, type Manifest, type ObjectRef, rejectionOf } from "./cluster-manifest.ts";
import type { ImageBehaviour, LiveObject, ObjectStatus } from "./cluster-object.ts";
import type { Pace } from "./cluster-pace.ts";
import { Pods } from "./cluster-pods.ts";
import { ClusterStore } from "./cluster-store.ts";

export interface ClusterSimulatorDeps {
  readonly pace: Pace;
  readonly random: Random;
  readonly nextVersion: () => number;
  /**
   * How images behave, by the beginning of their name; the longest that fits counts. With a namespace and a space before the name
   * it holds in that namespace only.
   */
  readonly images: Readonly<Record<string, ImageBehaviour>>;
  /** What every other image does. */
  readonly otherImages: ImageBehaviour;
}

export interface Placement {
  readonly ref: ObjectRef;
  readonly manifest: Manifest;
  /** The key of the Application that the object is for; empty for none. */
  readonly application: string;
}

export type ApplyResult =
  | { readonly kind: "created" | "configured" | "unchanged" }
  | { readonly kind: "rejected"; readonly message: string };

const DELETION_MS = 80;

/** A Kubernetes cluster as far as a deployment sees it: objects that take time to become what was asked for. */
export class ClusterSimulator {
  readonly store: ClusterStore;
  readonly #deps: ClusterSimulatorDeps;
  readonly #images: Map<string, ImageBehaviour>;
  readonly #deployments: DeploymentController;
  readonly #jobs: JobController;

  constructor(deps: ClusterSimulatorDeps) {
    this.#deps = deps;
    this.#images = new Map(Object.entries(deps.images));
    this.store = new ClusterStore({
      now: () => deps.pace.now(),
      random: deps.random,
      nextVersion: deps.nextVersion,
    });
    const { store } = this;
    const behaviourOf = (image: string, namespace: string): ImageBehaviour => this.behaviourOf(image, namespace);
    const pods = new Pods({ store, pace: deps.pace, random: deps.random, behaviourOf });
    this.#deployments = new DeploymentController({ store, pace: deps.pace, pods });
    this.#jobs = new JobController({ store, pace: deps.pace, pods });
  }

  /**
   * From now on pods of images whose name begins with `prefix` behave so; pods that run already go on as they are, but answer
   * requests anew. The prefix may be for one namespace.
   */
  setImage(prefix: string, behaviour: ImageBehaviour): void {
    this.#images.set(prefix, behaviour);
  }

  /** What an image does in a namespace. */
  behaviourOf(image: string, namespace: string): ImageBehaviour {
    const fits = (prefix: string): boolean =>
      (prefix.includes(" ") ? `${namespace} ${image}` : image).startsWith(prefix);
    const fitting = [...this.#images.keys()].filter(fits);
    const longest = fitting.toSorted((left, right) => right.length - left.length)[0];
    return (longest === undefined ? undefined : this.#images.get(longest)) ?? this.#deps.otherImages;
  }

  /** Makes or changes an object, as `kubectl apply` would. */
  apply({ ref, manifest, application }: Placement): ApplyResult {
    const message = rejectionOf(manifest);
    if (message !== undefined) return { kind: "rejected", message };
    const key = keyOf(ref);
    const existing = this.store.get(key);
    if (existing === undefined) {
      this.store.add({ ref, manifest, status: firstStatus(ref), application });
      this.#noticed(ref);
      return { kind: "created" };
    }
    if (digestOf(existing.manifest) === digestOf(manifest) && existing.application === application)
      return { kind: "unchanged" };
    const isSameSpec = digestOf(existing.manifest.spec ?? {}) === digestOf(manifest.spec ?? {});
    this.store.change(key, { manifest, application, generation: existing.generation + (isSameSpec ? 0 : 1) });
    if (ref.kind === "Deployment") this.#noticed(ref);
    return { kind: "configured" };
  }

  /** Puts an object there as if it had been for long: a Deployment with all its pods ready. */
  place({ ref, manifest, application }: Placement): void {
    this.store.add({ ref, manifest, status: firstStatus(ref), application });
    if (ref.kind === "Deployment") this.#deployments.place(keyOf(ref));
  }

  /** Changes a live object behind Argo CD's back, as `kubectl edit` would. */
  edit(key: string, manifest: Manifest): void {
    const existing = this.store.get(key);
    if (existing !== undefined) this.apply({ ref: existing.ref, manifest, application: existing.application });
  }

  /** Deletes an object with what it owns; it is gone a moment later. */
  delete(key: string): void {
    this.store.change(key, { deleting: true });
    this.#deps.pace.after(DELETION_MS, () => this.store.remove(key));
  }

  /** Lets every pod of an Application crash, or become ready again, whatever its image does. */
  setPods(application: string, state: "crashing" | "degraded" | "ready"): void {
    const reason = state === "ready" ? "Running" : "CrashLoopBackOff";
    for (const { ref, status } of this.store.ofApplication(application)) {
      if (status.kind !== "Pod" || status.reason === "Completed") continue;
      this.store.change(keyOf(ref), { status: { ...status, reason, ready: state === "ready" } });
    }
    for (const { ref } of this.store.ofApplication(application)) {
      if (ref.kind !== "Deployment") continue;
      this.#deployments.reconcile(keyOf(ref));
      if (state === "degraded") this.#deployments.exceed(keyOf(ref));
    }
  }

  #noticed(ref: ObjectRef): void {
    if (ref.kind === "Deployment") this.#deployments.noticed(keyOf(ref));
    if (ref.kind === "Job") this.#jobs.noticed(keyOf(ref));
  }
}

function firstStatus(ref: ObjectRef): ObjectStatus {
  if (ref.kind === "Deployment") return DeploymentController.unseen;
  if (ref.kind === "Job") return { kind: "Job", phase: "Running" };
  return { kind: "plain" };
}

/** Of an Application's objects those that were applied, not what grew out of them. */
export function isApplied(object: LiveObject): boolean {
  return object.owner === undefined;
}
