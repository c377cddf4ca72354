import type { Dice } from "../dice.ts";
import type { GitWorld } from "../git/git-world.ts";
import type { App, Info, Operation, OperationState, Phase, Source, SyncedObject } from "./application-state.ts";
import { historyEntry, operationText } from "./application-text.ts";
import type { ApplicationStore } from "./application-store.ts";
import type { ClusterWorld } from "./cluster-world.ts";
import { type Comparisons, contentOf } from "./comparisons.ts";
import type { ControllerLine } from "./controller-line.ts";
import { UNAVAILABLE } from "./http-answer.ts";
import { planFor, type RolloutPlan } from "./rollout-plan.ts";

export interface OperationsDeps {
  readonly store: ApplicationStore;
  readonly git: GitWorld;
  readonly line: ControllerLine;
  readonly dice: Dice;
  readonly cluster: ClusterWorld;
  readonly comparisons: Comparisons;
  readonly plans: readonly RolloutPlan[];
}

/** What is asked of Argo CD. */
export interface Asked {
  readonly source: Source;
  readonly revision: string;
  readonly by: string;
  readonly isRollback?: boolean;
  readonly isDryRun?: boolean;
  readonly isPartial?: boolean;
  readonly isAutomated?: boolean;
  readonly infos?: readonly Info[];
}

const KEPT_HISTORY = 10;
// What Argo CD 3.5 gives its own operations, and its back-off.
const AUTOMATED_RETRIES = 5;
const FIRST_RETRY_MS = 5000;
const LONGEST_RETRY_MS = 180_000;

/** The part of the controller that carries operations out, from the request to the end. */
export class Operations {
  readonly #deps: OperationsDeps;
  #count = 0;

  constructor(deps: OperationsDeps) {
    this.#deps = deps;
  }

  /** Sets the operation of an application, whatever was shown of the one before. */
  start(app: App, asked: Asked): Operation {
    const { store, dice, line } = this.#deps;
    const isAutomated = asked.isAutomated ?? false;
    const parts = {
      source: asked.source,
      revision: asked.revision,
      isRollback: asked.isRollback ?? false,
      isDryRun: asked.isDryRun ?? false,
      isPartial: asked.isPartial ?? false,
      by: asked.by,
      isAutomated,
      infos: asked.infos ?? [],
      retryLimit: isAutomated ? AUTOMATED_RETRIES : app.retryLimit,
    };
    const operation = { ...parts, number: this.#count, text: operationText(parts, app.name) };
    this.#count += 1;
    app.state?.next?.cancel();
    app.operation = operation;
    app.state = undefined;
    store.noteOperation(app, operation);
    store.write(app);
    line.later(dice.between(6, 30), () => this.#pickUp(app, operation));
    return operation;
  }

  /** Asks for the end of the running operation; its number, or undefined when none runs. */
  terminate(app: App, by: string): number | undefined {
    const { store, line, dice } = this.#deps;
    const { state, operation } = app;
    if (operation === undefined || state === undefined) return undefined;
    state.phase = "Terminating";
    const truth = store.truth.operations[operation.number];
    if (truth !== undefined) truth.terminatedBy ??= by;
    store.write(app);
    // What a window keeps is not ended before the window opens.
    if (state.isBlocked) return operation.number;
    state.next?.cancel();
    state.next = line.later(dice.between(20, 120), () => this.#endTerminated(app, state));
    return operation.number;
  }

  /** The operation disappears without an end, as after a restore of the cluster's own database. */
  lose(app: App): void {
    const { store } = this.#deps;
    const { operation, state } = app;
    if (operation === undefined) return;
    state?.next?.cancel();
    this.abandon(app);
    app.operation = undefined;
    app.state = undefined;
    store.write(app);
  }

  /** Notes that the operation of an application ends with the application, or is lost. */
  abandon({ operation }: App): void {
    const { store } = this.#deps;
    const truth = operation === undefined ? undefined : store.truth.operations[operation.number];
    if (truth === undefined || truth.phase !== undefined) return;
    truth.phase = "lost";
    truth.endedAt = store.now();
  }

  /** The controller looks at the application again: what waits is taken up. */
  resume(app: App): void {
    const { line, dice } = this.#deps;
    const { operation } = app;
    if (operation === undefined || app.state !== undefined) return;
    line.later(dice.between(6, 30), () => this.#pickUp(app, operation));
  }

  /** A window has opened: what it kept goes on. */
  unblock(app: App): void {
    const { line, dice } = this.#deps;
    const { state } = app;
    if (state === undefined || !state.isBlocked) return;
    state.isBlocked = false;
    state.next = line.later(dice.between(500, 5000), () => {
      if (state.phase === "Terminating") this.#endTerminated(app, state);
      else this.#render(app, state);
    });
  }

  #isCurrent(app: App, operation: Operation): boolean {
    return this.#deps.store.has(app) && app.operation === operation;
  }

  #pickUp(app: App, operation: Operation): void {
    const { store } = this.#deps;
    if (!this.#isCurrent(app, operation) || app.skipsReconcile) return;
    const startedAt = store.now();
    const state: OperationState = {
      operation,
      phase: "Running",
      message: "",
      startedAt,
      finishedAt: undefined,
      retryCount: 0,
      objects: undefined,
      next: undefined,
      isBlocked: !store.maySync(app, !operation.isAutomated),
    };
    if (state.isBlocked) state.message = "Sync operation blocked by sync window";
    app.state = state;
    const truth = store.truth.operations[operation.number];
    if (truth !== undefined) truth.startedAt = startedAt;
    store.write(app);
    if (!state.isBlocked) this.#next(app, state, { delayMs: [60, 260], action: () => this.#render(app, state) });
    // The timer of a comparison does not wait for operations.
    if (this.#deps.dice.chance(0.2)) {
      this.#deps.comparisons.request(app, { delayMs: this.#deps.dice.between(10, 400) });
    }
  }

  #next(
    app: App,
    state: OperationState,
    { delayMs: [low, high], action }: { readonly delayMs: readonly [number, number]; readonly action: () => void },
  ): void {
    const { line, dice } = this.#deps;
    state.next = line.later(dice.between(low, high), () => {
      if (this.#isCurrent(app, state.operation) && state.phase === "Running") action();
    });
  }

  #render(app: App, state: OperationState): void {
    const { store, git, plans } = this.#deps;
    const { operation } = state;
    state.message = "";
    const plan = planFor(plans, { app: app.name, revision: operation.revision });
    const failed = "ComparisonError: Failed to load target state: failed to generate manifest for source 1 of 1: ";
    const content = contentOf(git, operation.source, operation.revision);
    state.objects = [];
    if (store.isRepoServerAway)
      this.#finish(app, state, {
        phase: "Error",
        message: `${failed}rpc error: code = Unavailable desc = ${UNAVAILABLE}`,
      });
    else if (content === undefined || plan.sync === "errors") {
      const message = `${failed}rpc error: code = Unknown desc = failed to initialize repository resources: rpc error: code = Internal desc = Failed to checkout revision ${operation.revision}`;
      this.#finish(app, state, { phase: "Error", message });
    } else if (operation.isDryRun) {
      this.#finish(app, state, { phase: "Succeeded", message: "successfully synced (no more tasks)" });
    } else if (app.hasHook && !operation.isRollback && !operation.isPartial)
      this.#runHook(app, state, { plan, content });
    else this.#apply(app, state, { plan, content });
  }

  #runHook(app: App, state: OperationState, work: { readonly plan: RolloutPlan; readonly content: string }): void {
    const { store } = this.#deps;
    const { plan } = work;
    const job: SyncedObject = { kind: "Job", status: "Synced", message: "job created", hookPhase: "Running" };
    state.objects?.push(job);
    state.message = `waiting for completion of hook batch/Job/${app.name}-migrate`;
    store.write(app);
    if (plan.hookMs === "never") return;
    const delayMs: readonly [number, number] = plan.hookMs === undefined ? [1000, 4000] : [plan.hookMs, plan.hookMs];
    this.#next(app, state, {
      delayMs,
      action: () => {
        job.hookPhase = plan.hookFails === true ? "Failed" : "Succeeded";
        if (job.hookPhase === "Succeeded") {
          job.message = "Reached expected number of succeeded pods";
          this.#apply(app, state, work);
          return;
        }
        job.message = "Job was active longer than specified deadline";
        const message = "one or more synchronization tasks completed unsuccessfully";
        this.#finish(app, state, { phase: "Failed", message });
      },
    });
  }

  #apply(app: App, state: OperationState, work: { readonly plan: RolloutPlan; readonly content: string }): void {
    const { store, cluster } = this.#deps;
    const { plan, content } = work;
    const { revision, isPartial, number } = state.operation;
    const objects = state.objects ?? [];
    const { name } = app;
    if (plan.sync === "fails") {
      const reason = `Deployment.apps "${name}" is invalid: spec.selector: Invalid value: field is immutable`;
      objects.push({ kind: "Service", status: "Synced", message: `service/${name} unchanged`, hookPhase: "Running" });
      objects.push({ kind: "Deployment", status: "SyncFailed", message: reason });
      const message = `one or more objects failed to apply, reason: ${reason}`;
      this.#finish(app, state, { phase: "Failed", message });
      return;
    }
    const truth = store.truth.operations[number];
    if (truth !== undefined) truth.appliedAt = store.now();
    const isMissing = app.cluster.health === "Missing";
    const isChanged = cluster.apply(app, { revision, content, plan });
    const created = isMissing ? "created" : "unchanged";
    const changed = isMissing ? "created" : "configured";
    if (!isPartial)
      objects.push({ kind: "Service", status: "Synced", message: `service/${name} ${created}`, hookPhase: "Running" });
    const message = `deployment.apps/${name} ${isChanged ? changed : "unchanged"}`;
    objects.push({ kind: "Deployment", status: "Synced", message, hookPhase: "Running" });
    this.#next(app, state, { delayMs: [10, 80], action: () => this.#record(app, state) });
  }

  /** The entry of the history is written shortly before the end. */
  #record(app: App, state: OperationState): void {
    const { store } = this.#deps;
    const { operation, startedAt } = state;
    if (!operation.isPartial) {
      const { revision, source, by, isAutomated } = operation;
      const id = app.nextHistoryId;
      app.nextHistoryId += 1;
      app.history.push(historyEntry({ id, revision, source, startedAt, deployedAt: store.now(), by, isAutomated }));
      if (app.history.length > KEPT_HISTORY) app.history.shift();
      store.write(app);
    }
    this.#next(app, state, {
      delayMs: [5, 20],
      action: () => this.#finish(app, state, { phase: "Succeeded", message: "successfully synced (all tasks run)" }),
    });
  }

  #endTerminated(app: App, state: OperationState): void {
    if (!this.#isCurrent(app, state.operation)) return;
    for (const object of state.objects ?? []) {
      if (object.kind === "Job" && object.hookPhase === "Running") object.hookPhase = "Failed";
    }
    state.objects ??= [];
    this.#finish(app, state, { phase: "Failed", message: "Operation terminated", isFinal: true });
  }

  #finish(
    app: App,
    state: OperationState,
    end: { readonly phase: Phase; readonly message: string; readonly isFinal?: boolean },
  ): void {
    const { store, dice, comparisons } = this.#deps;
    const { operation } = state;
    state.finishedAt = store.now();
    if (end.phase !== "Succeeded" && end.isFinal !== true && state.retryCount < operation.retryLimit) {
      this.#retry(app, state, end.message);
      return;
    }
    state.phase = end.phase;
    state.message =
      end.message + (state.retryCount > 0 && end.phase !== "Succeeded" ? ` (retried ${state.retryCount} times).` : "");
    app.operation = undefined;
    const truth = store.truth.operations[operation.number];
    if (truth !== undefined) Object.assign(truth, { endedAt: store.now(), phase: end.phase });
    store.write(app);
    if (operation.isDryRun) return;
    comparisons.request(app, { delayMs: afterOperationMs(dice) });
  }

  #retry(app: App, state: OperationState, message: string): void {
    const { store, line } = this.#deps;
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** state.retryCount, LONGEST_RETRY_MS);
    state.retryCount += 1;
    state.message = `${message}. Retrying attempt #${state.retryCount} at 3:04PM.`;
    store.write(app);
    state.next = line.later(waitMs, () => {
      if (!this.#isCurrent(app, state.operation) || state.phase !== "Running") return;
      state.finishedAt = undefined;
      state.objects = undefined;
      state.message = `Retrying operation. Attempt #${state.retryCount}`;
      store.write(app);
      this.#next(app, state, { delayMs: [60, 260], action: () => this.#render(app, state) });
    });
  }
}

/** Mostly at once, sometimes when the controller finds the time. */
function afterOperationMs(dice: Dice): number {
  const luck = dice.fraction();
  if (luck < 0.6) return dice.between(15, 80);
  return luck < 0.9 ? dice.between(80, 1500) : dice.between(1500, 5000);
}
