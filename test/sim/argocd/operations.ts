import type { Dice } from "../dice.ts";
import type { App, Info, Operation, OperationState, Source } from "./application-state.ts";
import type { ApplicationStore } from "./application-store.ts";
import { operationText } from "./application-text.ts";
import type { Comparisons } from "./comparisons.ts";
import type { ControllerLine } from "./controller-line.ts";
import type { ControllerPace } from "./controller-pace.ts";
import { type OperationEnd, SyncStages, type SyncStagesDeps } from "./sync-stages.ts";

export interface OperationsDeps extends Omit<SyncStagesDeps, "finish"> {
  readonly store: ApplicationStore;
  readonly line: ControllerLine;
  readonly dice: Dice;
  readonly comparisons: Comparisons;
  readonly pace: ControllerPace;
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
  /** The state of the operation before stays shown until this one begins. */
  readonly keepsState?: boolean;
  readonly infos?: readonly Info[];
}

// What Argo CD 3.5 gives its own operations, and its back-off.
const AUTOMATED_RETRIES = 5;
const FIRST_RETRY_MS = 5000;
const LONGEST_RETRY_MS = 180_000;

/** The part of the controller that carries operations out, from the request to the end. */
export class Operations {
  readonly #deps: OperationsDeps;
  readonly #stages: SyncStages;
  #count = 0;

  constructor(deps: OperationsDeps) {
    this.#deps = deps;
    this.#stages = new SyncStages({ ...deps, finish: (app, state, end) => this.#finish(app, state, end) });
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
    app.stateBefore = app.state;
    if (asked.keepsState !== true) app.state = undefined;
    store.noteOperation(app, operation);
    store.write(app);
    line.later(dice.between(6, 30), () => this.#pickUp(app, operation));
    return operation;
  }

  /** Asks for the end of the running operation; its number, or undefined when none runs. */
  terminate(app: App, by: string): number | undefined {
    const { store, line, dice } = this.#deps;
    const { state, operation } = app;
    if (operation === undefined || state?.operation !== operation) return undefined;
    state.phase = "Terminating";
    const truth = store.truth.operations[operation.number];
    if (truth !== undefined) truth.terminatedBy ??= by;
    store.write(app);
    // What a window keeps is not ended before the window opens.
    if (state.blocked !== undefined) return operation.number;
    state.next?.cancel();
    state.next = line.later(dice.between(20, 120), () => this.#endTerminated(app, state));
    return operation.number;
  }

  /** The operation disappears without an end, as after a restore of the cluster's own database. */
  lose(app: App, { restores = false }: { readonly restores?: boolean } = {}): void {
    const { store } = this.#deps;
    const { operation, state } = app;
    if (operation === undefined) return;
    state?.next?.cancel();
    this.abandon(app);
    app.operation = undefined;
    app.state = restores ? app.stateBefore : undefined;
    store.write(app);
  }

  /** Notes that the operation of an application ends with the application, or is lost. */
  abandon({ operation }: App): void {
    const { store } = this.#deps;
    const truth = operation === undefined ? undefined : store.truth.operations[operation.number];
    if (truth === undefined || truth.phase !== undefined) return;
    truth.phase = truth.recordedAt === undefined ? "lost" : "Succeeded";
    truth.endedAt = store.now();
  }

  /** The controller looks at the application again: what waits is taken up. */
  resume(app: App): void {
    const { line, dice } = this.#deps;
    const { operation } = app;
    if (operation === undefined || app.state?.operation === operation) return;
    line.later(dice.between(6, 30), () => this.#pickUp(app, operation));
  }

  /** A window has opened: what it kept goes on. */
  unblock(app: App): void {
    const { line, dice } = this.#deps;
    const { state } = app;
    const action = state?.blocked;
    if (state === undefined || action === undefined) return;
    state.next = line.later(dice.between(500, 5000), () => {
      state.blocked = undefined;
      if (state.phase === "Terminating") this.#endTerminated(app, state);
      else if (this.#stages.isOn(app, state)) action();
    });
  }

  /** The cluster tells another health. */
  heed(app: App): void {
    this.#stages.heed(app);
  }

  #pickUp(app: App, operation: Operation): void {
    const { store, comparisons, pace } = this.#deps;
    if (!store.has(app) || app.operation !== operation || app.state?.operation === operation || app.skipsReconcile)
      return;
    const state: OperationState = {
      operation,
      phase: "Running",
      message: "",
      startedAt: store.now(),
      finishedAt: undefined,
      retryCount: 0,
      objects: undefined,
      next: undefined,
      blocked: undefined,
      awaitsHealth: undefined,
    };
    app.state = state;
    const truth = store.truth.operations[operation.number];
    if (truth !== undefined) truth.startedAt = state.startedAt;
    store.write(app);
    this.#stages.begin(app, state);
    // The timer of a comparison does not wait for operations.
    const delayMs = pace.comparisonMeanwhileMs();
    if (delayMs !== undefined) comparisons.request(app, { delayMs });
  }

  #endTerminated(app: App, state: OperationState): void {
    if (!this.#deps.store.has(app) || app.state !== state) return;
    state.objects ??= [];
    for (const object of state.objects) {
      if (object.kind === "Job" && object.hookPhase === "Running") object.hookPhase = "Failed";
    }
    this.#end(app, state, { phase: "Failed", message: "Operation terminated" });
  }

  #finish(app: App, state: OperationState, end: OperationEnd): void {
    const { operation } = state;
    if (end.phase !== "Succeeded" && state.retryCount < operation.retryLimit) this.#retry(app, state, end.message);
    else this.#end(app, state, end);
  }

  #end(app: App, state: OperationState, { phase, message }: OperationEnd): void {
    const { store, pace, comparisons } = this.#deps;
    const { operation, retryCount } = state;
    state.finishedAt = store.now();
    state.phase = phase;
    state.message = message + (retryCount > 0 && phase !== "Succeeded" ? ` (retried ${retryCount} times).` : "");
    app.operation = undefined;
    const truth = store.truth.operations[operation.number];
    if (truth !== undefined) Object.assign(truth, { endedAt: state.finishedAt, phase });
    store.write(app);
    if (!operation.isDryRun) comparisons.request(app, { delayMs: pace.afterOperationMs() });
  }

  #retry(app: App, state: OperationState, message: string): void {
    const { store, line } = this.#deps;
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** state.retryCount, LONGEST_RETRY_MS);
    state.finishedAt = store.now();
    state.retryCount += 1;
    state.message = `${message}. Retrying attempt #${state.retryCount} at 3:04PM.`;
    store.write(app);
    state.next = line.later(waitMs, () => {
      if (!this.#stages.isOn(app, state)) return;
      state.finishedAt = undefined;
      state.objects = undefined;
      state.message = `Retrying operation. Attempt #${state.retryCount}`;
      store.write(app);
      this.#stages.begin(app, state);
    });
  }
}
