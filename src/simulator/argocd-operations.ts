import { applicationKey, skipsReconcile } from "./argocd-application.ts";
import { SyncRun, type SyncRunDeps } from "./argocd-sync-run.ts";

/** Starts a run for every operation that appears, one at a time for each Application. */
export class Operations {
  readonly #deps: SyncRunDeps;
  readonly #runs = new Map<string, SyncRun>();

  constructor(deps: SyncRunDeps) {
    this.#deps = deps;
    deps.applications.subscribe(({ type, application }) => {
      const key = applicationKey(application);
      if (type === "DELETED") this.#runs.get(key)?.wake();
      else this.#consider(key);
    });
    deps.cluster.store.onChange((key) => this.#runs.get(key)?.wake());
  }

  #consider(key: string): void {
    const application = this.#deps.applications.get(key);
    const running = this.#runs.get(key);
    if (running !== undefined) {
      if (application?.status.operationState?.phase === "Terminating") running.wake();
      return;
    }
    if (application?.operation === undefined || application.status.operationState !== undefined) return;
    if (skipsReconcile(application)) return;
    const run = new SyncRun(this.#deps, { application, operation: application.operation });
    this.#runs.set(key, run);
    void run.run().finally(() => {
      this.#runs.delete(key);
      this.#consider(key);
    });
  }
}
