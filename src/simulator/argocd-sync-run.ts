import { type Application, type Operation, type Source, sourcesOf } from "./argocd-application.ts";
import type { ApplicationStore } from "./argocd-application-store.ts";
import type { EventLog } from "./argocd-event-log.ts";
import type { Gate } from "./argocd-gate.ts";
import { OperationRecord, resultOf } from "./argocd-operation-record.ts";
import type { RefreshProcessor } from "./argocd-refresh.ts";
import { type DesiredObject, loadFailureText, type RepoServer } from "./argocd-repo-server.ts";
import { retryDelayMs, retryText } from "./argocd-retry.ts";
import { type SyncStep, SyncSteps } from "./argocd-sync-steps.ts";
import { planSync } from "./argocd-sync-tasks.ts";
import type { SyncWindows } from "./argocd-sync-windows.ts";
import { TIMINGS } from "./argocd-timings.ts";
import type { Pace } from "./cluster-pace.ts";
import { type ClusterSimulator, isApplied } from "./cluster-simulator.ts";

export interface SyncRunDeps {
  readonly pace: Pace;
  readonly applications: ApplicationStore;
  readonly cluster: ClusterSimulator;
  readonly repoServer: RepoServer;
  readonly windows: SyncWindows;
  readonly events: EventLog;
  readonly refresh: RefreshProcessor;
  readonly controller: Gate;
}

interface Loaded {
  readonly kind: "loaded";
  readonly sources: readonly Source[];
  readonly revisions: readonly string[];
  readonly objects: readonly DesiredObject[];
}

interface Outcome {
  readonly phase: "Succeeded" | "Failed" | "Error";
  readonly message: string;
}

export interface Started {
  readonly application: Application;
  readonly operation: Operation;
}

/** One operation of one Application, from Pending to its end. */
export class SyncRun {
  readonly #deps: SyncRunDeps;
  readonly #key: string;
  readonly #uid: string;
  readonly #operation: Operation;
  #wake: (() => void) | undefined;

  constructor(deps: SyncRunDeps, { application, operation }: Started) {
    this.#deps = deps;
    this.#key = `${application.metadata.namespace}/${application.metadata.name}`;
    this.#uid = application.metadata.uid;
    this.#operation = operation;
  }

  /** Makes a waiting run look at once: something has changed. */
  wake(): void {
    this.#wake?.();
  }

  /** Resolves when the operation has ended, or the Application is gone. */
  async run(): Promise<void> {
    const { pace, controller, applications } = this.#deps;
    await pace.sleep(TIMINGS.pickUp);
    await controller.passed();
    const record = new OperationRecord({
      pace,
      applications,
      key: this.#key,
      uid: this.#uid,
      operation: this.#operation,
    });
    await this.#whileBlocked(record);
    record.write({});
    const outcome = await this.#attempts(record);
    await controller.passed();
    if (outcome !== undefined) this.#finish(record, outcome);
    this.#deps.refresh.release(this.#key);
  }

  // A window keeps the operation Running without doing anything, and Terminate without effect.
  async #whileBlocked(record: OperationRecord): Promise<void> {
    const isManual = this.#operation.initiatedBy.automated !== true;
    for (;;) {
      const { application } = record;
      if (application === undefined || this.#deps.windows.canSync(application, isManual)) return;
      const message = "Sync operation blocked by sync window";
      if (record.message !== message) record.write({ message });
      await this.#pause(TIMINGS.blocked);
    }
  }

  async #attempts(record: OperationRecord): Promise<Outcome | undefined> {
    const { limit = 0, backoff } = this.#operation.retry;
    for (let retries = 0; ; retries += 1) {
      const outcome = await this.#attempt(record);
      if (outcome === undefined || outcome.phase === "Succeeded" || record.isTerminating) return outcome;
      if (limit >= 0 && retries >= limit)
        return retries === 0 ? outcome : { ...outcome, message: `${outcome.message} (retried ${retries} times).` };
      const delayMs = retryDelayMs(backoff, retries);
      const atMs = this.#deps.pace.now() + delayMs / this.#deps.pace.speed;
      record.writeRetry(retryText({ failure: outcome.message, attempt: retries + 1, atMs }), retries + 1);
      await this.#pause(delayMs);
      record.writeNextAttempt(retries + 1);
    }
  }

  async #attempt(record: OperationRecord): Promise<Outcome | undefined> {
    const { pace, cluster, controller } = this.#deps;
    await pace.sleep(TIMINGS.render);
    await controller.passed();
    const { application } = record;
    if (application === undefined) return undefined;
    const loaded = await this.#load(application, record);
    if (loaded.kind === "failed") return { phase: "Error", message: loaded.message };
    const live = cluster.store.ofApplication(this.#key).filter(isApplied);
    const hasNamespace = cluster.store.get(`/Namespace//${application.spec.destination.namespace}`) !== undefined;
    const input = { spec: application.spec, operation: this.#operation, desired: loaded.objects, live, hasNamespace };
    const { prune = false, dryRun = false } = this.#operation.sync;
    const steps = new SyncSteps({ cluster, application: this.#key, tasks: planSync(input), prune });
    const last = dryRun ? steps.dryRun() : await this.#steps(steps, loaded, record);
    if (last === undefined) return undefined;
    if (!dryRun) steps.cleanUp();
    record.keep({ resources: steps.results, ...resultOf(loaded.sources, loaded.revisions) });
    if (last.kind !== "succeeded") return { phase: "Failed", message: last.message };
    if (!dryRun) await this.#remember(record, loaded);
    return { phase: "Succeeded", message: last.message };
  }

  async #steps(steps: SyncSteps, loaded: Loaded, record: OperationRecord): Promise<SyncStep | undefined> {
    const { pace, refresh, controller } = this.#deps;
    for (;;) {
      await controller.passed();
      if (record.application === undefined) return undefined;
      if (record.isTerminating) return steps.terminate();
      // What the last wave changes is compared only after the operation has ended: Healthy is then still that of before.
      if (steps.isLast) refresh.hold(this.#key);
      const step = steps.next();
      if (step.kind !== "waiting") return step;
      refresh.release(this.#key);
      if (step.pauses) await pace.sleep(TIMINGS.wave);
      if (step.message === record.message) {
        await this.#pause(TIMINGS.poll);
        continue;
      }
      const syncResult = { resources: steps.results, ...resultOf(loaded.sources, loaded.revisions) };
      record.write({ message: step.message, ...(steps.results.length === 0 ? {} : { syncResult }) });
      await pace.sleep(TIMINGS.look);
    }
  }

  async #load(
    application: Application,
    record: OperationRecord,
  ): Promise<Loaded | { readonly kind: "failed"; readonly message: string }> {
    const { sync } = this.#operation;
    const sources = sync.sources ?? (sync.source === undefined ? sourcesOf(application.spec) : [sync.source]);
    const wanted = sync.revisions ?? [sync.revision ?? ""];
    const revisions: string[] = [];
    const failed = (text: string, position: number): { kind: "failed"; message: string } => {
      record.keep(resultOf(sources, wanted));
      return { kind: "failed", message: `ComparisonError: ${loadFailureText({ text, position }, sources.length)}` };
    };
    for (const [index, source] of sources.entries()) {
      const resolved = await this.#deps.repoServer.resolve(source, wanted[index]);
      if (resolved.kind === "failed") return failed(resolved.text, index + 1);
      revisions.push(resolved.revision);
    }
    const rendered = await this.#deps.repoServer.render({ application, sources, revisions });
    if (rendered.kind === "failed") return failed(rendered.text, rendered.position);
    return { kind: "loaded", sources, revisions: rendered.revisions, objects: rendered.objects };
  }

  async #remember(record: OperationRecord, { sources, revisions }: Loaded): Promise<void> {
    const { pace } = this.#deps;
    if ((this.#operation.sync.resources ?? []).length > 0) return;
    await pace.sleep(TIMINGS.history);
    record.remember(sources, revisions);
    await pace.sleep(TIMINGS.finish);
  }

  #finish(record: OperationRecord, { phase, message }: Outcome): void {
    const ended = record.finish(phase, message);
    const revision = ended?.status.operationState?.syncResult?.revision ?? "";
    const result = phase === "Succeeded" ? "succeeded" : `failed: ${message}`;
    this.#deps.refresh.release(this.#key);
    if (ended === undefined) return;
    const reason = "OperationCompleted";
    this.#deps.events.record(ended, { reason, message: `Sync operation to ${revision} ${result}` });
    if (this.#operation.sync.dryRun === true) return;
    const { pace, refresh } = this.#deps;
    pace.after(TIMINGS.refreshAfterSync, () => void refresh.request(this.#key, "latest"));
  }

  async #pause(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#deps.pace.after(delayMs, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
