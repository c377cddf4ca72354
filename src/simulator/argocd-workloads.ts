import type { ArgocdInstance } from "./argocd-instance.ts";
import type { Application } from "./argocd-application.ts";
import { wantedReplicas } from "./cluster-health.ts";
import { keyOf } from "./cluster-manifest.ts";
import type { ImageAnswers, LiveObject } from "./cluster-object.ts";
import { isReady } from "./cluster-pods.ts";

/** A pod that takes requests. */
export interface ServingPod {
  /** The tag of its image, without the digest. */
  readonly version: string;
  /** The commit of the manifests that it was made from. */
  readonly revision: string;
  readonly answers: ImageAnswers;
}

/** What runs for an Application. */
export interface Workload {
  readonly wanted: number;
  /** The pods that are ready, whatever their version. */
  readonly serving: readonly ServingPod[];
}

/** What runs in the clusters of a simulated Argo CD, for whatever plays the programs in the pods. */
export interface Workloads {
  /** How many times faster than a real cluster everything is. */
  readonly speed: number;
  readonly names: readonly string[];
  /** Undefined for an Application that there is not. */
  of(application: string): Workload | undefined;
  /** Calls `listener` with the Application's name after every change of one of its objects. */
  onChange(listener: (application: string) => void): void;
}

/** Looks into the clusters of an instance. */
export function workloadsOf(instance: ArgocdInstance): Workloads {
  const { applications, cluster, pace } = instance;
  const find = (name: string): Application | undefined =>
    applications.list().find(({ metadata }) => metadata.name === name);
  return {
    get speed() {
      return pace.speed;
    },
    get names() {
      return applications.list().map(({ metadata }) => metadata.name);
    },
    of: (name) => {
      const application = find(name);
      return application === undefined ? undefined : workload(instance, application);
    },
    onChange: (listener) => {
      cluster.store.onChange((key) => listener(key.slice(key.indexOf("/") + 1)));
    },
  };
}

function workload({ cluster }: ArgocdInstance, application: Application): Workload {
  const { store } = cluster;
  const { namespace, name } = application.metadata;
  const deployments = store.ofApplication(`${namespace}/${name}`).filter(({ ref }) => ref.kind === "Deployment");
  const { now, before } = revisionsOf(application);
  const serving = deployments.flatMap((deployment) => {
    const sets = store.childrenOf(keyOf(deployment.ref));
    const newest = Math.max(0, ...sets.map(revisionNumber));
    return sets.flatMap((set) =>
      store
        .childrenOf(keyOf(set.ref))
        .filter(isReady)
        .map(({ status, ref }): ServingPod => {
          const image = status.kind === "Pod" ? status.image : "";
          return {
            version: tagOf(image),
            revision: revisionNumber(set) === newest ? now : before,
            answers: cluster.behaviourOf(image, ref.namespace).answers ?? {},
          };
        }),
    );
  });
  return { wanted: deployments.reduce((sum, deployment) => sum + wantedReplicas(deployment), 0), serving };
}

/** What is being deployed or was deployed last, and what was there before that. */
function revisionsOf({ status }: Application): { readonly now: string; readonly before: string } {
  const { history = [], operationState } = status;
  const now = operationState?.syncResult?.revision ?? history.at(-1)?.revision ?? "";
  const before = history.findLast(({ revision }) => revision !== now)?.revision ?? "";
  return { now, before };
}

function revisionNumber({ status }: LiveObject): number {
  return status.kind === "ReplicaSet" ? status.revision : 0;
}

/** `registry.example.com/shop/checkout:1.5.0@sha256:...` is `1.5.0`. */
function tagOf(image: string): string {
  const [name = ""] = image.split("@");
  const colon = name.lastIndexOf(":");
  return colon > name.lastIndexOf("/") ? name.slice(colon + 1) : "latest";
}
