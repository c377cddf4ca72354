import { applicationKey, type Operation } from "./argocd-application.ts";
import type { ApplicationEvent } from "./argocd-application-store.ts";

/** An operation as Argo CD accepted it, and how it stands. */
export interface AcceptedOperation {
  /** `namespace/name` */
  readonly application: string;
  /** An account, or `automated`. */
  readonly initiatedBy: string;
  readonly revision: string;
  readonly infos: Readonly<Record<string, string>>;
  readonly acceptedAtMs: number;
  /** `Pending` until the controller picks it up. */
  readonly phase: string;
}

const MOST = 100_000;

/** Every operation that was ever accepted, oldest first, as nobody can read it from an Application, which shows the last one only. */
export class AcceptedOperations {
  readonly #now: () => number;
  readonly #records = new Map<Operation, AcceptedOperation>();

  constructor(now: () => number) {
    this.#now = now;
  }

  get all(): readonly AcceptedOperation[] {
    return [...this.#records.values()];
  }

  note({ application }: ApplicationEvent): void {
    const { operation, status } = application;
    if (operation !== undefined && !this.#records.has(operation)) this.#accept(applicationKey(application), operation);
    if (status.operationState === undefined) return;
    const { operation: begun, phase } = status.operationState;
    const known = this.#records.get(begun);
    if (known !== undefined && known.phase !== phase) this.#records.set(begun, { ...known, phase });
  }

  #accept(application: string, operation: Operation): void {
    const { sync, initiatedBy, info = [] } = operation;
    const { revision = "", revisions = [revision] } = sync;
    this.#records.set(operation, {
      application,
      initiatedBy: initiatedBy.username ?? "automated",
      revision: revisions.join(" "),
      infos: Object.fromEntries(info.map(({ name, value }) => [name, value])),
      acceptedAtMs: this.#now(),
      phase: "Pending",
    });
    const [oldest] = this.#records.keys();
    if (this.#records.size > MOST && oldest !== undefined) this.#records.delete(oldest);
  }
}
