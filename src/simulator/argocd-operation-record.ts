import type { Application, HistoryEntry, Operation, OperationState, Source, SyncResult } from "./argocd-application.ts";
import type { ApplicationStore } from "./argocd-application-store.ts";
import { kubernetesTime, type Pace } from "./cluster-pace.ts";

export interface OperationRecordDeps {
  readonly pace: Pace;
  readonly applications: ApplicationStore;
  readonly key: string;
  readonly uid: string;
  readonly operation: Operation;
}

const HISTORY_KEPT = 10;

/** `status.operationState` of one operation, and its entry in the history, as the Application shows them. */
export class OperationRecord {
  readonly #deps: OperationRecordDeps;
  #state: OperationState;

  constructor(deps: OperationRecordDeps) {
    this.#deps = deps;
    this.#state = { operation: deps.operation, phase: "Running", startedAt: this.#now() };
  }

  get message(): string | undefined {
    return this.#state.message;
  }

  /** Undefined once the Application is gone; one that was deleted and made again is another one. */
  get application(): Application | undefined {
    const application = this.#deps.applications.get(this.#deps.key);
    return application?.metadata.uid === this.#deps.uid ? application : undefined;
  }

  get isTerminating(): boolean {
    return this.application?.status.operationState?.phase === "Terminating";
  }

  /** Remembers the result without writing it yet. */
  keep(result: SyncResult): void {
    this.#state = { ...this.#state, syncResult: result };
  }

  /** Writes that the operation runs, with the changes. */
  write(changes: Partial<Pick<OperationState, "message" | "syncResult">>): void {
    this.#put({ ...this.#state, ...changes, phase: this.isTerminating ? "Terminating" : "Running" });
  }

  /** Writes that an attempt failed and another one will follow: phase Running with a time of its end. */
  writeRetry(message: string, retryCount: number): void {
    this.#put({ ...this.#state, message, retryCount, finishedAt: this.#now() });
  }

  writeNextAttempt(retryCount: number): void {
    const { operation, phase, startedAt } = this.#state;
    this.#put({ operation, phase, startedAt, retryCount, message: `Retrying operation. Attempt #${retryCount}` });
  }

  /** Adds the entry of the history: a write of its own, before the one that ends the operation. */
  remember(sources: readonly Source[], revisions: readonly string[]): void {
    if (this.application === undefined) return;
    this.#deps.applications.update(this.#deps.key, (application) => {
      const history = application.status.history ?? [];
      const entry: HistoryEntry = {
        ...resultOf(sources, revisions),
        deployedAt: this.#now(),
        id: (history.at(-1)?.id ?? -1) + 1,
        deployStartedAt: this.#state.startedAt,
        initiatedBy: this.#deps.operation.initiatedBy,
      };
      const kept = application.spec.revisionHistoryLimit ?? HISTORY_KEPT;
      return { ...application, status: { ...application.status, history: [...history, entry].slice(-kept) } };
    });
  }

  /** Ends the operation and removes the request for it, in one write. */
  finish(phase: "Succeeded" | "Failed" | "Error", message: string): Application | undefined {
    if (this.application === undefined) return undefined;
    const operationState = { ...this.#state, phase, message, finishedAt: this.#now() };
    return this.#deps.applications.update(this.#deps.key, ({ metadata, spec, status }) => ({
      metadata,
      spec,
      status: { ...status, operationState },
    }));
  }

  #put(state: OperationState): void {
    if (this.application === undefined) return;
    this.#state = state;
    this.#deps.applications.update(this.#deps.key, (application) => ({
      ...application,
      status: { ...application.status, operationState: state },
    }));
  }

  #now(): string {
    return kubernetesTime(this.#deps.pace.now());
  }
}

/** How an operation and the history name what was synced: one source by itself, several as lists beside an empty one. */
export function resultOf(sources: readonly Source[], revisions: readonly string[]): SyncResult {
  const [source = { repoURL: "" }] = sources;
  if (sources.length === 1) return { revision: revisions[0] ?? "", source };
  return { revision: "", source: { repoURL: "" }, sources, revisions };
}
