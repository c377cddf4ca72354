import type { JobStatus, LiveObject } from "./cluster-object.ts";
import type { Pace } from "./cluster-pace.ts";
import type { Pods } from "./cluster-pods.ts";
import type { ClusterStore } from "./cluster-store.ts";

export interface JobControllerDeps {
  readonly store: ClusterStore;
  readonly pace: Pace;
  readonly pods: Pods;
}

/** Runs Jobs of one pod that is not tried again. */
export class JobController {
  readonly #deps: JobControllerDeps;

  constructor(deps: JobControllerDeps) {
    this.#deps = deps;
  }

  /** Call after a Job was made. */
  noticed(key: string): void {
    const { store, pace, pods } = this.#deps;
    const job = store.get(key);
    if (job === undefined) return;
    pods.start({ owner: job, onChange: () => this.#reconcile(key, job.uid) });
    const seconds = job.manifest.spec?.activeDeadlineSeconds;
    if (seconds !== undefined) pace.after(seconds * 1000, () => this.#expire(key, job.uid));
  }

  #reconcile(key: string, uid: string): void {
    const job = this.#running(key, uid);
    const pod = this.#deps.store.childrenOf(key)[0];
    if (job === undefined || pod?.status.kind !== "Pod") return;
    if (pod.status.reason === "Completed")
      this.#finish(key, { kind: "Job", phase: "Complete", message: "Reached expected number of succeeded pods" });
    if (pod.status.reason === "Error")
      this.#finish(key, { kind: "Job", phase: "Failed", message: "Job has reached the specified backoff limit" });
  }

  #expire(key: string, uid: string): void {
    if (this.#running(key, uid) === undefined) return;
    for (const pod of this.#deps.store.childrenOf(key)) this.#deps.pods.end(pod, () => undefined);
    this.#finish(key, { kind: "Job", phase: "Failed", message: "Job was active longer than specified deadline" });
  }

  #finish(key: string, status: JobStatus): void {
    this.#deps.store.change(key, { status });
  }

  // A Job of the same name may have taken the place of the one that the timer was set for.
  #running(key: string, uid: string): LiveObject | undefined {
    const job = this.#deps.store.get(key);
    return job?.uid === uid && job.status.kind === "Job" && job.status.phase === "Running" ? job : undefined;
  }
}
