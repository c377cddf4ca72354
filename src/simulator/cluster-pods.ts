import type { Random } from "../platform/ids.ts";
import { imagesOf, keyOf, type Manifest, type ObjectRef } from "./cluster-manifest.ts";
import type { ImageBehaviour, LiveObject, PodStatus } from "./cluster-object.ts";
import type { Pace } from "./cluster-pace.ts";
import type { ClusterStore } from "./cluster-store.ts";

export interface PodsDeps {
  readonly store: ClusterStore;
  readonly pace: Pace;
  readonly random: Random;
  readonly behaviourOf: (image: string, namespace: string) => ImageBehaviour;
}

export interface NewPod {
  /** The replica set or Job that wants the pod. */
  readonly owner: LiveObject;
  /** Called after every change of the pod's status. */
  readonly onChange: () => void;
}

// Measured on a cluster with nothing else to do.
const SCHEDULE_MS = 20;
const BACK_OFF_MS = 100;
const TERMINATE_MS = 30;
const NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789";

/** Starts and ends pods; what a pod does is what its image does. */
export class Pods {
  readonly #deps: PodsDeps;

  constructor(deps: PodsDeps) {
    this.#deps = deps;
  }

  start({ owner, onChange }: NewPod): void {
    const { key, pending } = this.#add(owner);
    const turn = (reason: string, ready: boolean): void => {
      const pod = this.#deps.store.get(key);
      if (pod === undefined || pod.deleting) return;
      this.#deps.store.change(key, { status: { ...pending, reason, ready } });
      onChange();
    };
    const behaviour = this.#deps.behaviourOf(pending.image, owner.ref.namespace);
    this.#live(owner.ref.kind === "Job", behaviour, turn);
  }

  /** Makes a pod that has been ready for long, whatever its image would do. */
  place(owner: LiveObject): void {
    const { key, pending } = this.#add(owner);
    this.#deps.store.change(key, { status: { ...pending, reason: "Running", ready: true } });
  }

  #add(owner: LiveObject): { readonly key: string; readonly pending: PodStatus } {
    const image = imagesOf(owner.manifest)[0] ?? "";
    const labels = owner.manifest.spec?.template?.metadata?.labels ?? {};
    const ref = podRef(owner.ref, this.#suffix());
    const key = keyOf(ref);
    const manifest: Manifest = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: ref.name, namespace: ref.namespace, labels },
    };
    const pending: PodStatus = { kind: "Pod", reason: "Pending", ready: false, image, labels };
    const { application } = owner;
    this.#deps.store.add({ ref, manifest, status: pending, application, owner: keyOf(owner.ref) });
    return { key, pending };
  }

  /** Ends a pod; it is gone a moment later. */
  end(pod: LiveObject, onGone: () => void): void {
    const key = keyOf(pod.ref);
    if (pod.deleting) return;
    this.#deps.store.change(key, { deleting: true });
    this.#deps.pace.after(TERMINATE_MS, () => {
      this.#deps.store.remove(key);
      onGone();
    });
  }

  #live(isJob: boolean, behaviour: ImageBehaviour, turn: (reason: string, ready: boolean) => void): void {
    const { pace } = this.#deps;
    if (behaviour.kind === "missing") {
      pace.after(SCHEDULE_MS, () => turn("ImagePullBackOff", false));
      return;
    }
    // One timer sets the next: two set side by side may fire in the other order on a busy machine.
    pace.after(SCHEDULE_MS, () => {
      turn("Running", false);
      if (behaviour.kind === "hangs") return;
      pace.after(behaviour.afterMs, () => {
        if (behaviour.kind === "starts") return turn(isJob ? "Completed" : "Running", !isJob);
        turn("Error", false);
        if (!isJob) pace.after(BACK_OFF_MS, () => turn("CrashLoopBackOff", false));
      });
    });
  }

  #suffix(): string {
    return Array.from(this.#deps.random.bytes(5), (byte) => NAME_LETTERS[byte % NAME_LETTERS.length]).join("");
  }
}

/** Whether a pod is running its program and answers. */
export function isReady(pod: LiveObject): boolean {
  return pod.status.kind === "Pod" && pod.status.ready && !pod.deleting;
}

function podRef(owner: ObjectRef, suffix: string): ObjectRef {
  return { group: "", version: "v1", kind: "Pod", namespace: owner.namespace, name: `${owner.name}-${suffix}` };
}
