import type { Dice } from "../dice.ts";
import type { GitWorld } from "../git/git-world.ts";
import type { Schedule } from "../schedule.ts";
import { type App, isAutoSynced, type Source, targetOf } from "./application-state.ts";
import { ApplicationStore, frameText, keyOf } from "./application-store.ts";
import { AUTO_SYNC } from "./application-text.ts";
import type { AppAct, AppSetup, ArgocdAct, ServerAct } from "./argocd-act.ts";
import { type ApiRequest, ArgocdApi, expired } from "./argocd-api.ts";
import { ArgocdReads } from "./argocd-reads.ts";
import type { ArgocdTruth } from "./argocd-truth.ts";
import { ArgocdWrites } from "./argocd-writes.ts";
import { ClusterWorld } from "./cluster-world.ts";
import { Comparisons, contentOf } from "./comparisons.ts";
import { ControllerLine } from "./controller-line.ts";
import { ControllerPace } from "./controller-pace.ts";
import type { HttpAnswer } from "./http-answer.ts";
import { newApp, settledApp } from "./new-app.ts";
import { Operations } from "./operations.ts";
import { Others } from "./others.ts";
import type { RolloutPlan } from "./rollout-plan.ts";

export interface ArgocdWorldDeps {
  readonly schedule: Schedule;
  readonly dice: Dice;
  readonly git: GitWorld;
  readonly apps: readonly AppSetup[];
  readonly plans?: readonly RolloutPlan[];
  /** Whether the controller is slow to compare after operations; luck when absent. */
  readonly isOverloaded?: boolean;
}

/** How a watch is to be served. */
export interface WatchOptions {
  /** How often a sign of life comes; none when absent. Argo CD sends one each 15 s. */
  readonly keepaliveMs?: number;
  /**
   * A replica that lags behind answers: what it replays is the copy before the newest, and the newest comes after so many
   * milliseconds.
   */
  readonly lagMs?: number;
}

/** Somebody who waits for a request of the product. */
interface Ambush {
  readonly on: "read" | undefined;
  /** How many are let pass before. */
  left: number;
  readonly afterMs: number;
  readonly act: AppAct;
}

/**
 * An Argo CD server with its controller and its cluster, as a deterministic machine: it moves only by requests, acts and the entries
 * of the schedule. What it shows lags behind what is true, as Argo CD's fields do; what is true is in `truth`.
 */
export class ArgocdWorld {
  readonly #deps: ArgocdWorldDeps;
  readonly #store: ApplicationStore;
  readonly #line: ControllerLine;
  readonly #comparisons: Comparisons;
  readonly #operations: Operations;
  readonly #api: ArgocdApi;
  readonly #others: Others;
  readonly #plans: RolloutPlan[];
  readonly #dice: Dice;
  readonly #ambushes: Ambush[] = [];
  #uids = 0;
  /** How many outages of the repo-server have not ended. */
  #outages = 0;

  constructor(deps: ArgocdWorldDeps) {
    const { schedule, git, dice } = deps;
    this.#deps = deps;
    this.#dice = dice.fork("others");
    this.#plans = [...(deps.plans ?? [])];
    const store = new ApplicationStore(schedule);
    const line = new ControllerLine(schedule);
    const pace = new ControllerPace(dice.fork("pace"), deps.isOverloaded);
    const cluster = new ClusterWorld({
      store,
      schedule,
      dice: dice.fork("cluster"),
      onChange: (app) => {
        this.#comparisons.observeSoon(app);
        this.#operations.heed(app);
      },
    });
    const comparisons = new Comparisons({
      store,
      git,
      line,
      pace,
      autoSync: (app, revision) => {
        this.#operations.start(app, { source: app.source, revision, by: AUTO_SYNC, isAutomated: true });
      },
    });
    const own = { store, git, line, cluster, comparisons, pace };
    this.#operations = new Operations({ ...own, dice: dice.fork("operations"), plans: this.#plans });
    const operations = this.#operations;
    const reads = new ArgocdReads({ store, git, comparisons, onRead: (app) => this.#ambush(app, "read") });
    const writes = new ArgocdWrites({ store, git, operations, onAccepted: (app) => this.#ambush(app) });
    this.#api = new ArgocdApi({ store, reads, writes });
    this.#others = new Others({ ...own, schedule, operations, recreate: (gone) => this.#recreate(gone) });
    this.#store = store;
    this.#line = line;
    this.#comparisons = comparisons;
    for (const setup of deps.apps) this.#create(setup);
    git.onMove((repository, branch) => this.#hearOfPush(repository, branch));
  }

  /** What really happened so far. */
  get truth(): ArgocdTruth {
    return this.#store.truth;
  }

  /** Calls `deliver` with the answer: at once, or for a refresh when the comparison has ended, which may be never. */
  answer(request: ApiRequest, deliver: (answer: HttpAnswer) => void): void {
    this.#api.answer(request, deliver);
  }

  /** Why a watch is refused now; undefined when it is not. */
  refusalOfWatch(): HttpAnswer | undefined {
    return this.#store.isTokenValid ? undefined : expired;
  }

  /**
   * Serves a watch as an event stream until the function that it gives back is called. All applications come first, and what changes
   * in the moment after that is lost, as it is with Argo CD. Before the first frame there is not even a header.
   */
  watch(path: string, deliver: (chunk: string) => void, { keepaliveMs, lagMs }: WatchOptions = {}): () => void {
    const query = new URLSearchParams(path.split("?")[1] ?? "");
    const projects = query.getAll("projects");
    const isSeen = (app: App): boolean =>
      this.#store.rights.get && (projects.length === 0 || projects.includes(app.project));
    const replay = [...this.#store.apps.values()].filter(isSeen).map((app) => {
      return frameText("ADDED", app, lagMs === undefined ? undefined : app.olderText);
    });
    if (replay.length > 0) deliver(replay.join(""));
    let stop = (): void => undefined;
    const { schedule } = this.#deps;
    const begun = schedule.after(this.#dice.between(0, 3), () => {
      stop = this.#store.subscribe((type, app) => {
        if (isSeen(app)) deliver(frameText(type, app));
      });
    });
    const caughtUp = lagMs === undefined ? undefined : schedule.after(lagMs, () => this.#catchUp(isSeen, deliver));
    const signs = keepaliveMs === undefined ? undefined : this.#keepAlive(keepaliveMs, deliver);
    return () => {
      begun.cancel();
      caughtUp?.cancel();
      stop();
      signs?.();
    };
  }

  /** What the objects of an application are at a commit, as a text that is the same where they are; undefined when there are none. */
  contentOf(source: Source, revision: string): string | undefined {
    return contentOf(this.#deps.git, source, revision);
  }

  /** Something that others do. */
  act(act: ArgocdAct): void {
    if (!("app" in act)) {
      this.#actOnServer(act);
      return;
    }
    if (act.app === "*") {
      this.#actOnWindows(act);
      return;
    }
    const app = this.#store.apps.get(act.app);
    if (app !== undefined) this.#others.act(app, act);
  }

  #actOnServer(act: ServerAct): void {
    const { schedule } = this.#deps;
    const store = this.#store;
    switch (act.type) {
      case "controller-away":
        this.#line.leave();
        schedule.after(act.forMs, () => this.#line.comeBack());
        return;
      case "repo-server-away":
        store.isRepoServerAway = true;
        this.#outages += 1;
        schedule.after(act.forMs, () => {
          this.#outages -= 1;
          store.isRepoServerAway = this.#outages > 0;
          if (!store.isRepoServerAway) this.#comparisons.repositoryIsBack();
        });
        return;
      case "lose-rights":
        store.rights[act.right] = false;
        schedule.after(act.forMs, () => (store.rights[act.right] = true));
        return;
      case "refuse-token":
        store.isTokenValid = false;
        schedule.after(act.forMs, () => (store.isTokenValid = true));
        return;
      case "ambush":
        this.#ambushes.push({ on: act.on, left: act.skip, afterMs: act.afterMs, act: act.act });
        return;
      case "plan":
        this.#plans.push(act.plan);
        return;
    }
  }

  /** A request of the product was accepted, or read something: whoever has waited for that comes soon. */
  #ambush(app: App, on?: "read"): void {
    const key = keyOf(app);
    for (const ambush of this.#ambushes) {
      if (ambush.on !== on) continue;
      ambush.left -= 1;
      if (ambush.left === -1) this.#deps.schedule.after(ambush.afterMs, () => this.act({ ...ambush.act, app: key }));
    }
  }

  #actOnWindows(act: AppAct): void {
    const { windows, apps } = this.#store;
    if (act.type === "close-window") windows.set("*", { manual: act.manual ?? false });
    if (act.type !== "open-window") return;
    windows.clear();
    for (const app of apps.values()) this.#others.windowOpened(app);
  }

  #recreate(gone: App): void {
    if (this.#store.apps.has(keyOf(gone))) return;
    const app = newApp(gone, { uid: this.#newUid(gone.name), cluster: gone.cluster });
    this.#store.add(app);
    this.#store.noteSpan(app, keyOf(app));
    this.#comparisons.request(app);
  }

  /** By a webhook in a moment, or else by the timer. */
  #hearOfPush(repository: string, branch: string): void {
    for (const app of this.#store.apps.values()) {
      const target = targetOf(app.source);
      const isFollowed = target === branch || (target === "HEAD" && branch === "main");
      if (app.source.repoURL !== repository || !isFollowed) continue;
      const delayMs = this.#dice.chance(0.7) ? this.#dice.between(300, 3000) : this.#dice.between(10_000, 150_000);
      this.#line.later(delayMs, () => {
        if (this.#store.has(app)) this.#comparisons.request(app);
      });
    }
  }

  #catchUp(isSeen: (app: App) => boolean, deliver: (chunk: string) => void): void {
    for (const app of this.#store.apps.values()) if (isSeen(app)) deliver(frameText("MODIFIED", app));
  }

  #keepAlive(everyMs: number, deliver: (chunk: string) => void): () => void {
    const { schedule } = this.#deps;
    let timer = schedule.after(everyMs, sign);
    function sign(): void {
      deliver(":\n");
      timer = schedule.after(everyMs, sign);
    }
    return () => timer.cancel();
  }

  #create(setup: AppSetup): void {
    const { git, schedule } = this.#deps;
    const app = settledApp(setup, { uid: this.#newUid(setup.name), git, now: schedule.now() });
    this.#store.add(app);
    this.#store.noteSpan(app, keyOf(app));
    if (app.sync.status !== "Synced" && isAutoSynced(app)) this.#comparisons.request(app);
  }

  #newUid(name: string): string {
    this.#uids += 1;
    return `uid-${name}-${this.#uids}`;
  }
}
