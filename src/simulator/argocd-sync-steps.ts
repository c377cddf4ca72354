import type { HookPhase, ResourceResult } from "./argocd-application.ts";
import { deletePoliciesOf } from "./argocd-hooks.ts";
import { firstWave, type SyncTask, taskKey, taskName } from "./argocd-sync-tasks.ts";
import { healthOf } from "./cluster-health.ts";
import { imagesOf, isKnownApiVersion, keyOf, resourceName } from "./cluster-manifest.ts";
import type { ClusterSimulator } from "./cluster-simulator.ts";

export interface SyncStepsDeps {
  readonly cluster: ClusterSimulator;
  /** The key of the Application that objects are applied for. */
  readonly application: string;
  readonly tasks: readonly SyncTask[];
  readonly prune: boolean;
}

/** What a step came to. `waits` says whether the pause between waves is due before the state is written. */
export type SyncStep =
  | { readonly kind: "waiting"; readonly message: string; readonly pauses: boolean }
  | { readonly kind: "succeeded"; readonly message: string }
  | { readonly kind: "failed"; readonly message: string };

/** One sync, step by step: a wave is applied, then looked at until it is healthy, then the next one is. */
export class SyncSteps {
  readonly #deps: SyncStepsDeps;
  readonly #results = new Map<string, ResourceResult>();

  constructor(deps: SyncStepsDeps) {
    this.#deps = deps;
  }

  /** What has been done so far, in the order in which it is done. */
  get results(): readonly ResourceResult[] {
    return this.#deps.tasks.flatMap((task) => this.#results.get(taskKey(task)) ?? []);
  }

  /** Whether the next step applies the last of the objects and nothing has to be waited for after it. */
  get isLast(): boolean {
    const pending = this.#pending();
    return (
      pending.length > 0 && pending.length === firstWave(pending).length && !pending.some(({ kind }) => kind === "hook")
    );
  }

  next(): SyncStep {
    const unknown = this.#deps.tasks.filter(({ manifest }) => !isKnownApiVersion(manifest.apiVersion));
    if (unknown.length > 0) return this.#refuse(unknown);
    const running = this.#look();
    if (running !== undefined) return running;
    if (this.#has("Failed")) return failed("one or more synchronization tasks completed unsuccessfully");
    const pending = this.#pending();
    if (pending.length === 0) return { kind: "succeeded", message: "successfully synced (no more tasks)" };
    return this.#start(firstWave(pending), pending);
  }

  /** Pretends to do everything at once. */
  dryRun(): SyncStep {
    for (const task of this.#deps.tasks) {
      if (task.kind === "hook") continue;
      const live = this.#deps.cluster.store.get(keyOf(task.ref));
      const verb = live === undefined ? "created" : "unchanged";
      const isPrune = task.kind === "prune";
      const message = isPrune ? "pruned (dry run)" : `${resourceName(task.ref)} ${verb} (dry run)`;
      this.#set(task, { status: isPrune ? "Pruned" : "Synced", message, hookPhase: "Succeeded" });
    }
    return { kind: "succeeded", message: "successfully synced (no more tasks)" };
  }

  /** Ends the hooks that run. */
  terminate(): SyncStep {
    for (const task of this.#inPhase("Running")) {
      if (task.kind !== "hook") continue;
      this.#deps.cluster.delete(keyOf(task.ref));
      this.#update(task, { hookPhase: "Failed", message: "Terminated" });
    }
    return failed("Operation terminated");
  }

  /** Deletes the hooks that are to be deleted when they have succeeded or failed. */
  cleanUp(): void {
    for (const task of this.#deps.tasks) {
      const outcome = this.#results.get(taskKey(task))?.hookPhase;
      const policy = outcome === "Succeeded" ? "HookSucceeded" : "HookFailed";
      const isOver = outcome === "Succeeded" || outcome === "Failed";
      if (task.kind !== "hook" || !isOver || !deletePoliciesOf(task.manifest).includes(policy)) continue;
      this.#deps.cluster.delete(keyOf(task.ref));
    }
  }

  #refuse(unknown: readonly SyncTask[]): SyncStep {
    for (const task of unknown) {
      const { ref } = task;
      const message = `The Kubernetes API could not find ${ref.group}/${ref.kind} for requested resource ${ref.namespace}/${ref.name}. Make sure the "${ref.kind}" CRD is installed on the destination cluster.`;
      this.#set(task, { status: "SyncFailed", message });
    }
    const version = unknown[0]?.manifest.apiVersion ?? "";
    return failed(
      `one or more synchronization tasks are not valid: failed to discover server resources for group version ${version}: the server could not find the requested resource`,
    );
  }

  /** Looks at what runs; answers what is still waited for. */
  #look(): SyncStep | undefined {
    for (const task of this.#inPhase("Running")) this.#judge(task);
    const running = this.#inPhase("Running").filter(({ kind }) => kind !== "namespace");
    const hook = running.find(({ kind }) => kind === "hook");
    if (hook !== undefined) return waiting(`waiting for completion of hook ${taskName(hook)}`);
    return running.length === 0 ? undefined : waiting(healthMessage(running));
  }

  #judge(task: SyncTask): void {
    // A namespace is there at once, and Argo CD never looks at it again.
    if (task.kind === "namespace") return;
    const live = this.#deps.cluster.store.get(keyOf(task.ref));
    const health = live === undefined ? undefined : healthOf(live);
    const status = health?.status ?? (task.kind === "hook" ? "Progressing" : "Healthy");
    const message = health?.message;
    if (status === "Healthy")
      this.#update(task, {
        hookPhase: "Succeeded",
        ...(task.kind === "hook" && message !== undefined ? { message } : {}),
      });
    if (status === "Degraded")
      this.#update(task, { hookPhase: "Failed", ...(message === undefined ? {} : { message }) });
  }

  #start(wave: readonly SyncTask[], pending: readonly SyncTask[]): SyncStep {
    const leftovers = wave.filter((task) => this.#isLeftover(task));
    const leftover = leftovers[0];
    if (leftover !== undefined) {
      for (const task of leftovers) this.#deps.cluster.delete(keyOf(task.ref));
      return { ...waiting(`waiting for deletion of hook ${taskName(leftover)}`), pauses: true };
    }
    for (const task of wave) this.#run(task);
    const rejected = this.results.find(({ status }) => status === "SyncFailed");
    if (rejected !== undefined) {
      for (const task of this.#inPhase("Running")) this.#judge(task);
      return failed(`one or more synchronization tasks completed unsuccessfully, reason: ${rejected.message}`);
    }
    const hook = wave.find(({ kind }) => kind === "hook");
    const isFinal = pending.length === wave.length;
    if (isFinal && hook === undefined) return { kind: "succeeded", message: "successfully synced (all tasks run)" };
    const pauses = !isFinal && wave[0]?.kind !== "namespace";
    if (hook !== undefined) return { ...waiting(`waiting for completion of hook ${taskName(hook)}`), pauses };
    return { ...waiting(healthMessage(this.#inPhase("Running").filter((task) => wave.includes(task)))), pauses };
  }

  #isLeftover(task: SyncTask): boolean {
    const live = this.#deps.cluster.store.get(keyOf(task.ref));
    return task.kind === "hook" && live !== undefined && deletePoliciesOf(task.manifest).includes("BeforeHookCreation");
  }

  #run(task: SyncTask): void {
    const { cluster, application, prune } = this.#deps;
    const { ref, manifest } = task;
    if (task.kind === "prune") {
      if (prune) cluster.delete(keyOf(ref));
      const message = prune ? "pruned" : "ignored (requires pruning)";
      this.#set(task, { status: prune ? "Pruned" : "PruneSkipped", message, hookPhase: "Succeeded" });
      return;
    }
    const applied = cluster.apply({ ref, manifest, application: task.kind === "namespace" ? "" : application });
    if (applied.kind === "rejected") {
      this.#set(task, { status: "SyncFailed", message: applied.message, hookPhase: "Failed" });
      return;
    }
    this.#set(task, { status: "Synced", message: `${resourceName(ref)} ${applied.kind}`, hookPhase: "Running" });
  }

  #pending(): readonly SyncTask[] {
    return this.#deps.tasks.filter((task) => task.phase !== "SyncFail" && !this.#results.has(taskKey(task)));
  }

  #inPhase(phase: HookPhase): readonly SyncTask[] {
    return this.#deps.tasks.filter((task) => this.#results.get(taskKey(task))?.hookPhase === phase);
  }

  #has(phase: HookPhase): boolean {
    return this.#inPhase(phase).length > 0;
  }

  #set(task: SyncTask, outcome: Pick<ResourceResult, "status" | "message" | "hookPhase">): void {
    const { group, version, kind, namespace, name } = task.ref;
    const images = imagesOf(task.manifest);
    this.#results.set(taskKey(task), {
      group,
      version,
      kind,
      namespace,
      name,
      ...outcome,
      ...(task.kind === "hook" ? { hookType: task.phase } : {}),
      syncPhase: task.phase,
      ...(images.length === 0 ? {} : { images }),
    });
  }

  #update(task: SyncTask, changes: Partial<ResourceResult>): void {
    const result = this.#results.get(taskKey(task));
    if (result !== undefined) this.#results.set(taskKey(task), { ...result, ...changes });
  }
}

function waiting(message: string): SyncStep & { readonly kind: "waiting" } {
  return { kind: "waiting", message, pauses: false };
}

function failed(message: string): SyncStep {
  return { kind: "failed", message };
}

function healthMessage(tasks: readonly SyncTask[]): string {
  const [first] = tasks;
  if (first === undefined) return "one or more tasks are running";
  const others = tasks.length === 1 ? "" : ` and ${tasks.length - 1} more resources`;
  return `waiting for healthy state of ${taskName(first)}${others}`;
}
