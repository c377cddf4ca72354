import type { GitWorld } from "../git/git-world.ts";
import type { Schedule } from "../schedule.ts";
import { type App, isAutoSynced, type Source, targetOf } from "./application-state.ts";
import { type ApplicationStore, keyOf } from "./application-store.ts";
import { specText } from "./application-text.ts";
import type { AppAct } from "./argocd-act.ts";
import type { ClusterWorld } from "./cluster-world.ts";
import type { Comparisons } from "./comparisons.ts";
import type { ControllerLine } from "./controller-line.ts";
import type { Operations } from "./operations.ts";

export interface OthersDeps {
  readonly store: ApplicationStore;
  readonly schedule: Schedule;
  readonly git: GitWorld;
  readonly line: ControllerLine;
  readonly cluster: ClusterWorld;
  readonly comparisons: Comparisons;
  readonly operations: Operations;
  /** Makes an application again that was deleted, around the same objects. */
  readonly recreate: (gone: App) => void;
}

type ActOf<Type extends AppAct["type"]> = Extract<AppAct, { readonly type: Type }>;

const SOMEBODY = "ben";
// How soon somebody who has ended an operation starts their own.
const TAKES_OVER_MS = 150;
// And how soon an ApplicationSet notices that its application has been changed.
const PUTS_BACK_MS = 1500;

/** What others than the product do to one application. What Argo CD would refuse them does nothing. */
export class Others {
  readonly #deps: OthersDeps;

  constructor(deps: OthersDeps) {
    this.#deps = deps;
  }

  act(app: App, act: AppAct): void {
    const { store, cluster, comparisons, operations, schedule } = this.#deps;
    switch (act.type) {
      case "foreign-sync":
        this.#sync(app, act);
        return;
      case "foreign-rollback":
        this.#rollBack(app, act);
        return;
      case "rolling-sync":
        this.#roll(app);
        return;
      case "foreign-terminate":
        operations.terminate(app, act.by ?? SOMEBODY);
        return;
      case "recreate":
        this.#remove(app);
        schedule.after(act.afterMs, () => this.#recreate(app, act.synced ?? false));
        return;
      case "delete":
        this.#delete(app, act);
        return;
      case "change-source":
      case "auto-sync":
        this.#changeSpec(app, act);
        return;
      case "skip-reconcile":
        this.#skip(app, true);
        schedule.after(act.forMs, () => this.#skip(app, false));
        return;
      case "degrade":
        cluster.change(app, "Degraded");
        return;
      case "heal":
        cluster.change(app, "Healthy");
        return;
      case "lose-operation":
        operations.lose(app, { restores: act.restores ?? false });
        return;
      case "close-window":
        store.windows.set(keyOf(app), { manual: act.manual ?? false });
        return;
      case "open-window":
        store.windows.delete(keyOf(app));
        this.windowOpened(app);
        return;
      case "trim-history":
        app.history = act.keep === 0 ? [] : app.history.slice(-act.keep);
        store.write(app);
        return;
      case "compare":
        comparisons.request(app);
        return;
      case "slow-comparisons":
        app.comparesForMs = act.takeMs;
        return;
    }
  }

  /** What a window kept goes on. */
  windowOpened(app: App): void {
    this.#deps.operations.unblock(app);
    if (isAutoSynced(app)) this.#deps.comparisons.request(app);
  }

  #sync(app: App, act: ActOf<"foreign-sync">): void {
    const { operations } = this.#deps;
    if (app.operation !== undefined) this.#takeOver(app, act);
    const asked = this.#asked(app, act);
    if (asked === undefined || !this.#maySync(app, act)) return;
    if (act.instead === true && app.state === undefined) operations.lose(app);
    if (app.operation === undefined) operations.start(app, asked);
  }

  #asked(app: App, act: ActOf<"foreign-sync">): Parameters<Operations["start"]>[1] | undefined {
    const { source, state, operation: before = state?.operation } = app;
    const wanted = act.revision === "same" ? before?.revision : act.revision;
    const revision = this.#deps.git.resolveForArgocd(source.repoURL, wanted ?? targetOf(source));
    if (revision === undefined) return undefined;
    return { source, revision, ...mannerOf(act), infos: act.copiesInfos === true ? (before?.infos ?? []) : [] };
  }

  #takeOver(app: App, act: ActOf<"foreign-sync">): void {
    const { operations, schedule } = this.#deps;
    if (act.over !== true || operations.terminate(app, act.by ?? SOMEBODY) === undefined) return;
    schedule.after(TAKES_OVER_MS, () => this.#sync(app, { ...act, over: false }));
  }

  #maySync(app: App, { revision }: ActOf<"foreign-sync">): boolean {
    const { store } = this.#deps;
    const isPinned = revision !== undefined && isAutoSynced(app);
    return !isPinned && store.has(app) && app.deletingSince === undefined && store.maySync(app, true);
  }

  #roll(app: App): void {
    const { operations, git } = this.#deps;
    const revision = git.resolveForArgocd(app.source.repoURL, targetOf(app.source));
    if (revision === undefined || app.operation !== undefined || app.deletingSince !== undefined) return;
    const value = "ApplicationSet RollingSync triggered a sync of this Application resource";
    const infos = [{ name: "Reason", value }];
    const by = "applicationset-controller";
    operations.start(app, { source: app.source, revision, by, infos, isAutomated: true, keepsState: true });
  }

  #rollBack(app: App, { back = 1, by = SOMEBODY }: ActOf<"foreign-rollback">): void {
    const entry = app.history.at(-1 - back);
    if (entry === undefined || app.operation !== undefined || isAutoSynced(app)) return;
    const { source, revision } = entry;
    this.#deps.operations.start(app, { source, revision, by, isRollback: true });
  }

  #changeSpec(app: App, act: ActOf<"change-source" | "auto-sync">): void {
    const { store, schedule } = this.#deps;
    const before = app.source;
    if (act.type === "auto-sync") app.automated = act.on;
    else app.source = changedSource(before, act);
    this.#specChanged(app);
    if (act.type !== "change-source" || app.ownedBy === undefined) return;
    schedule.after(PUTS_BACK_MS, () => {
      if (!store.has(app) || app.source === before) return;
      app.source = before;
      this.#specChanged(app);
    });
  }

  #skip(app: App, isOn: boolean): void {
    if (!this.#deps.store.has(app) || app.skipsReconcile === isOn) return;
    app.skipsReconcile = isOn;
    this.#specChanged(app);
    if (!isOn) this.#deps.operations.resume(app);
  }

  #specChanged(app: App): void {
    const { store, comparisons } = this.#deps;
    app.specVersion += 1;
    app.specText = specText(app);
    store.noteSpec(app);
    store.write(app);
    comparisons.request(app);
  }

  #recreate(gone: App, isSynced: boolean): void {
    const { recreate, store, operations } = this.#deps;
    const { source, cluster } = gone;
    recreate(gone);
    const app = store.apps.get(keyOf(gone));
    if (!isSynced || app === undefined || cluster.revision === "") return;
    operations.start(app, { source, revision: cluster.revision, by: SOMEBODY });
  }

  #delete(app: App, { takesMs, cascade }: ActOf<"delete">): void {
    const { store, line, cluster } = this.#deps;
    app.deletingSince = store.now();
    store.write(app);
    line.later(takesMs, () => {
      if (!store.has(app)) return;
      if (cascade) cluster.remove(app);
      this.#remove(app);
    });
  }

  #remove(app: App): void {
    this.#deps.operations.abandon(app);
    app.state?.next?.cancel();
    this.#deps.store.remove(app);
  }
}

/** By whom a sync is asked for, and how much of one it is. */
function mannerOf({ by = SOMEBODY, dryRun: isDryRun = false, partial: isPartial = false }: ActOf<"foreign-sync">): {
  readonly by: string;
  readonly isDryRun: boolean;
  readonly isPartial: boolean;
} {
  return { by, isDryRun, isPartial };
}

function changedSource(source: Source, act: ActOf<"change-source">): Source {
  const { path, targetRevision, helmParameter, image } = act;
  return {
    ...source,
    ...(path !== undefined && { path }),
    ...(targetRevision !== undefined && { targetRevision }),
    ...(helmParameter !== undefined && { helm: { parameters: [helmParameter] } }),
    ...(image !== undefined && { kustomize: { images: [image] } }),
  };
}
