import type { Application } from "./argocd-application.ts";
import { kubernetesTime } from "./cluster-pace.ts";

export interface EventRecord {
  readonly reason: "OperationStarted" | "OperationCompleted" | "ResourceUpdated";
  readonly message: string;
  /** Who caused it; absent for the controller. */
  readonly user?: string;
}

const KEPT = 50;

/** What Kubernetes would list as the events of each Application, the newest 50. */
export class EventLog {
  readonly #now: () => number;
  readonly #byUid = new Map<string, object[]>();
  #count = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  record({ metadata, spec }: Application, { reason, message, user }: EventRecord): void {
    this.#count += 1;
    const { name, namespace, uid, resourceVersion } = metadata;
    const at = kubernetesTime(this.#now());
    const { server = "https://kubernetes.default.svc", namespace: destination } = spec.destination;
    const annotations = { "dest-namespace": destination, "dest-server": server };
    const event = {
      metadata: {
        name: `${name}.${this.#count.toString(16).padStart(16, "0")}`,
        namespace,
        creationTimestamp: at,
        annotations: user === undefined ? annotations : { ...annotations, user },
      },
      involvedObject: {
        kind: "Application",
        namespace,
        name,
        uid,
        apiVersion: "argoproj.io/v1alpha1",
        resourceVersion,
      },
      reason,
      message,
      source: { component: user === undefined ? "argocd-application-controller" : "argocd-server" },
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
      type: "Normal",
      eventTime: null,
    };
    const events = this.#byUid.get(uid) ?? [];
    this.#byUid.set(uid, [...events, event].slice(-KEPT));
  }

  of(application: Application): readonly object[] {
    return this.#byUid.get(application.metadata.uid) ?? [];
  }
}
