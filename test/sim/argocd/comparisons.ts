import type { GitWorld } from "../git/git-world.ts";
import { type App, isAutoSynced, type Operation, renderingOf, type Source, targetOf } from "./application-state.ts";
import type { ApplicationStore } from "./application-store.ts";
import type { ControllerLine } from "./controller-line.ts";
import type { ControllerPace } from "./controller-pace.ts";
import type { Health } from "./rollout-plan.ts";

export interface ComparisonsDeps {
  readonly store: ApplicationStore;
  readonly git: GitWorld;
  readonly line: ControllerLine;
  readonly pace: ControllerPace;
  /** Starts an automated sync of the application at the commit. */
  readonly autoSync: (app: App, revision: string) => void;
}

/** What the objects of a source are at a commit, as a text that is the same where they are; undefined when there are none. */
export function contentOf(git: GitWorld, source: Source, revision: string): string | undefined {
  const folder = git.folderAt(source.repoURL, { revision, path: source.path });
  return folder === undefined ? undefined : `${folder}|${renderingOf(source)}`;
}

interface Seen {
  readonly status: string;
  readonly revision: string;
  readonly health: Health;
  readonly message: string;
  readonly error: string | undefined;
}

/**
 * The part of the controller that compares. What it writes is what was there when it began: the status of an application lags behind
 * its operation and behind the cluster, as it really does.
 */
export class Comparisons {
  readonly #deps: ComparisonsDeps;
  readonly #withoutRepository = new Set<App>();

  constructor(deps: ComparisonsDeps) {
    this.#deps = deps;
  }

  /** Asks for a comparison that begins after now, which `done` hears the end of. */
  request(app: App, { delayMs, done }: { readonly delayMs?: number; readonly done?: () => void } = {}): void {
    if (done !== undefined) app.waiting.push(done);
    if (app.comparison !== "none") {
      app.comparison = app.comparison === "running" ? "running-again" : app.comparison;
      return;
    }
    app.comparison = "due";
    this.#deps.line.later(delayMs ?? this.#deps.pace.untilComparedMs(), () => this.#begin(app));
  }

  /** The cluster tells something new: looked at soon, without asking Git, and without moving the time of the comparison. */
  observeSoon(app: App): void {
    const { pace, line } = this.#deps;
    line.later(pace.untilSeenMs(app), () => this.#observe(app));
  }

  /** The repo-server is back. */
  repositoryIsBack(): void {
    const waiting = [...this.#withoutRepository];
    this.#withoutRepository.clear();
    for (const app of waiting) this.#begin(app);
  }

  #begin(app: App): void {
    const { store, pace, line } = this.#deps;
    if (!store.has(app) || app.skipsReconcile) {
      app.comparison = "none";
      return;
    }
    if (store.isRepoServerAway) {
      // Argo CD leaves the status as it is for some minutes, and so does everyone who waits for the comparison.
      this.#withoutRepository.add(app);
      return;
    }
    app.comparison = "running";
    const begunAt = store.now();
    const seen = this.#look(app);
    const done = app.waiting;
    app.waiting = [];
    line.later(app.comparesForMs ?? pace.comparisonMs(), () => this.#end(app, { seen, begunAt, done }));
  }

  #end(
    app: App,
    ended: { readonly seen: Seen; readonly begunAt: number; readonly done: readonly (() => void)[] },
  ): void {
    const { store } = this.#deps;
    const { seen, begunAt, done } = ended;
    const isAskedAgain = app.comparison === "running-again" || app.waiting.length > 0;
    app.comparison = "none";
    if (store.has(app)) {
      const failure = this.#syncAutomatically(app, seen);
      app.reconciledAt = begunAt;
      app.conditions = [
        ...(seen.error === undefined ? [] : [{ type: "ComparisonError", message: seen.error }]),
        ...(failure === undefined ? [] : [{ type: "SyncError", message: failure }]),
      ];
      this.#show(app, seen);
      this.#note(app, begunAt);
      store.write(app);
    }
    for (const tell of done) tell();
    if (isAskedAgain) this.request(app);
    if (app.observeAfter) this.observeSoon(app);
    app.observeAfter = false;
  }

  #note({ state }: App, begunAt: number): void {
    const { store } = this.#deps;
    const truth = state === undefined ? undefined : store.truth.operations[state.operation.number];
    if (truth?.endedAt !== undefined && begunAt > truth.endedAt) truth.comparedAt ??= store.now();
  }

  #observe(app: App): void {
    const { store } = this.#deps;
    if (app.comparison === "running" || app.comparison === "running-again") app.observeAfter = true;
    else if (store.has(app) && app.reconciledAt !== undefined && !app.skipsReconcile) {
      const seen = this.#judge(app, app.sync.revision);
      const isNew =
        seen.status !== app.sync.status || seen.health !== app.seen.health || seen.health !== app.health.status;
      if (!isNew) return;
      this.#show(app, seen);
      store.write(app);
    }
  }

  #look(app: App): Seen {
    const target = targetOf(app.source);
    const revision = this.#deps.git.resolveForArgocd(app.source.repoURL, target);
    return this.#judge(app, revision ?? target);
  }

  #judge(app: App, revision: string): Seen {
    const { cluster, source } = app;
    const content = contentOf(this.#deps.git, source, revision);
    const message = cluster.message;
    if (content !== undefined) {
      this.#deps.store.noteRendering(app, revision, content);
      const status = content === cluster.content && !cluster.isMixed ? "Synced" : "OutOfSync";
      return { status, revision, health: cluster.told, message, error: undefined };
    }
    const error =
      `Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown ` +
      `desc = unable to resolve '${targetOf(source)}' to a commit SHA`;
    return { status: "Unknown", revision: targetOf(source), health: cluster.told, message, error };
  }

  #show(app: App, { status, revision, health, message }: Seen): void {
    app.sync = { status, revision };
    if (app.health.status !== health) app.health = { status: health, since: this.#deps.store.now() };
    app.seen = { health, message: health === "Healthy" ? "" : message, isSynced: status === "Synced" };
  }

  /** Starts an automated sync where one is due; otherwise why Argo CD does not try any more. */
  #syncAutomatically(app: App, { status, revision }: Seen): string | undefined {
    if (status !== "OutOfSync" || !this.#maySyncAutomatically(app)) return undefined;
    const { state } = app;
    if (state === undefined || !isAttempt(state.operation, app.source, revision)) {
      this.#deps.autoSync(app, revision);
      return undefined;
    }
    return state.phase === "Succeeded" ? undefined : `Failed last sync attempt to [${revision}]: ${state.message}`;
  }

  #maySyncAutomatically(app: App): boolean {
    const isFree = app.operation === undefined && app.deletingSince === undefined;
    return isFree && isAutoSynced(app) && this.#deps.store.maySync(app, false);
  }
}

/** Argo CD does not try the same twice by itself. */
function isAttempt(operation: Operation, source: Source, revision: string): boolean {
  const isWhole = !operation.isDryRun && !operation.isPartial;
  return isWhole && operation.revision === revision && renderingOf(operation.source) === renderingOf(source);
}
