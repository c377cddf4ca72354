import type { Dice } from "../dice.ts";
import type { GitWorld } from "../git/git-world.ts";
import type { App, OperationState, Phase, SyncedObject } from "./application-state.ts";
import { historyEntry, hookName } from "./application-text.ts";
import type { ApplicationStore } from "./application-store.ts";
import type { ClusterWorld } from "./cluster-world.ts";
import { contentOf } from "./comparisons.ts";
import type { ControllerLine } from "./controller-line.ts";
import { UNAVAILABLE } from "./http-answer.ts";
import { type HookType, planFor, type RolloutPlan } from "./rollout-plan.ts";

export interface SyncStagesDeps {
  readonly store: ApplicationStore;
  readonly git: GitWorld;
  readonly line: ControllerLine;
  readonly dice: Dice;
  readonly cluster: ClusterWorld;
  readonly plans: readonly RolloutPlan[];
  readonly finish: (app: App, state: OperationState, end: OperationEnd) => void;
}

/** How an operation ends. */
export interface OperationEnd {
  readonly phase: Phase;
  readonly message: string;
}

interface Work {
  readonly plan: RolloutPlan;
  readonly content: string;
  readonly hooks: readonly HookType[];
}

const KEPT_HISTORY = 10;
const COMPLETED: OperationEnd = { phase: "Succeeded", message: "successfully synced (all tasks run)" };
const UNSUCCESSFUL: OperationEnd = {
  phase: "Failed",
  message: "one or more synchronization tasks completed unsuccessfully",
};

/** What a running operation does, one thing after the other: render, hooks before, apply, hooks after, history. */
export class SyncStages {
  readonly #deps: SyncStagesDeps;

  constructor(deps: SyncStagesDeps) {
    this.#deps = deps;
  }

  /** Begins, or begins again. */
  begin(app: App, state: OperationState): void {
    this.#next(app, state, { delayMs: [60, 260], action: () => this.#render(app, state) });
  }

  /** The cluster tells another health: an operation may have waited for it. */
  heed(app: App): void {
    const { state, cluster } = app;
    if (state === undefined || state.awaitsHealth === undefined || state.phase !== "Running") return;
    if (cluster.told !== "Healthy" && cluster.told !== "Degraded") return;
    const proceed = state.awaitsHealth;
    state.awaitsHealth = undefined;
    const action = cluster.told === "Healthy" ? proceed : (): void => this.#deps.finish(app, state, UNSUCCESSFUL);
    this.#next(app, state, { delayMs: [10, 200], action });
  }

  /** Whether the operation is still the one of its application, and goes on. */
  isOn(app: App, state: OperationState): boolean {
    return this.#deps.store.has(app) && app.state === state && state.phase === "Running";
  }

  #next(
    app: App,
    state: OperationState,
    { delayMs: [low, high], action }: { readonly delayMs: readonly [number, number]; readonly action: () => void },
  ): void {
    const { line, dice, store } = this.#deps;
    state.next = line.later(dice.between(low, high), () => {
      if (!this.isOn(app, state)) return;
      if (store.maySync(app, !state.operation.isAutomated)) {
        action();
        return;
      }
      state.blocked = action;
      state.message = "Sync operation blocked by sync window";
      store.write(app);
    });
  }

  #render(app: App, state: OperationState): void {
    const { store, git, plans, finish } = this.#deps;
    const { operation } = state;
    state.message = "";
    state.objects = [];
    const plan = planFor(plans, { app: app.name, revision: operation.revision });
    const failed = "ComparisonError: Failed to load target state: failed to generate manifest for source 1 of 1: ";
    if (store.isRepoServerAway) {
      finish(app, state, { phase: "Error", message: `${failed}rpc error: code = Unavailable desc = ${UNAVAILABLE}` });
      return;
    }
    const content = contentOf(git, operation.source, operation.revision);
    if (content === undefined || plan.sync === "errors") {
      const message = `${failed}rpc error: code = Unknown desc = failed to initialize repository resources: rpc error: code = Internal desc = Failed to checkout revision ${operation.revision}`;
      finish(app, state, { phase: "Error", message });
      return;
    }
    store.noteRendering(app, operation.revision, content);
    if (operation.isDryRun) {
      finish(app, state, { phase: "Succeeded", message: "successfully synced (no more tasks)" });
      return;
    }
    const hooks = operation.isRollback || operation.isPartial ? [] : app.hooks;
    const work = { plan, content, hooks };
    this.#runHook(app, state, { work, hookType: "PreSync", action: () => this.#apply(app, state, work) });
  }

  /** Runs the job for this moment of the sync, where the application has one, and goes on with `action`. */
  #runHook(
    app: App,
    state: OperationState,
    hook: { readonly work: Work; readonly hookType: HookType; readonly action: () => void },
  ): void {
    const { work, hookType, action } = hook;
    const { hookMs, hookFails } = work.plan;
    if (!work.hooks.includes(hookType)) {
      action();
      return;
    }
    const job: SyncedObject = { kind: "Job", hookType, status: "Synced", message: "job created", hookPhase: "Running" };
    state.objects?.push(job);
    state.message = `waiting for completion of hook batch/Job/${hookName(app.name, hookType)}`;
    this.#deps.store.write(app);
    if (hookMs === "never") return;
    const delayMs: readonly [number, number] = hookMs === undefined ? [1000, 4000] : [hookMs, hookMs];
    const ended = (): void => {
      const isFailed = hookFails === hookType;
      job.hookPhase = isFailed ? "Failed" : "Succeeded";
      job.message = isFailed
        ? "Job was active longer than specified deadline"
        : "Reached expected number of succeeded pods";
      if (isFailed) this.#deps.finish(app, state, UNSUCCESSFUL);
      else action();
    };
    this.#next(app, state, { delayMs, action: ended });
  }

  #apply(app: App, state: OperationState, work: Work): void {
    const { store, cluster, finish } = this.#deps;
    const { plan, content } = work;
    const { revision, isPartial, number } = state.operation;
    const objects = state.objects ?? [];
    const { name } = app;
    if (plan.sync === "fails" || plan.sync === "breaks") {
      const isBroken = plan.sync === "breaks";
      if (isBroken) cluster.mix(app);
      const reason = `Deployment.apps "${name}" is invalid: spec.selector: Invalid value: field is immutable`;
      objects.push(applied("Service", `service/${name} ${isBroken ? "configured" : "unchanged"}`));
      objects.push({ kind: "Deployment", status: "SyncFailed", message: reason });
      finish(app, state, { phase: "Failed", message: `one or more objects failed to apply, reason: ${reason}` });
      return;
    }
    const truth = store.truth.operations[number];
    if (truth !== undefined) truth.appliedAt = store.now();
    const isMissing = app.cluster.health === "Missing";
    const isChanged = cluster.apply(app, { revision, content, plan });
    const changed = isMissing ? "created" : "configured";
    if (!isPartial) objects.push(applied("Service", `service/${name} ${isMissing ? "created" : "unchanged"}`));
    objects.push(applied("Deployment", `deployment.apps/${name} ${isChanged ? changed : "unchanged"}`));
    if (work.hooks.includes("PostSync")) this.#awaitHealth(app, state, work);
    else this.#next(app, state, { delayMs: [10, 80], action: () => this.#record(app, state) });
  }

  /** With a hook after it, the sync waits for its objects to be Healthy. */
  #awaitHealth(app: App, state: OperationState, work: Work): void {
    const action = (): void => this.#record(app, state);
    state.message = `waiting for healthy state of apps/Deployment/${app.name}`;
    state.awaitsHealth = () => this.#runHook(app, state, { work, hookType: "PostSync", action });
    this.#deps.store.write(app);
    this.heed(app);
  }

  /** The entry of the history is written shortly before the end. */
  #record(app: App, state: OperationState): void {
    const { store, finish } = this.#deps;
    const { operation, startedAt } = state;
    if (!operation.isPartial) {
      const { revision, source, by, isAutomated } = operation;
      const id = app.nextHistoryId;
      app.nextHistoryId += 1;
      app.history.push(historyEntry({ id, revision, source, startedAt, deployedAt: store.now(), by, isAutomated }));
      if (app.history.length > KEPT_HISTORY) app.history.shift();
      const truth = store.truth.operations[operation.number];
      if (truth !== undefined) Object.assign(truth, { recordedAt: store.now(), historyId: id });
      store.write(app);
    }
    this.#next(app, state, { delayMs: [5, 20], action: () => finish(app, state, COMPLETED) });
  }
}

function applied(kind: "Service" | "Deployment", message: string): SyncedObject {
  return { kind, status: "Synced", message, hookPhase: "Running" };
}
