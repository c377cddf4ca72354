import type { Dice } from "../dice.ts";
import type { Schedule } from "../schedule.ts";
import type { App, Cluster } from "./application-state.ts";
import { type ApplicationStore, keyOf } from "./application-store.ts";
import { type Health, healthSteps, type RolloutPlan } from "./rollout-plan.ts";

export interface ClusterWorldDeps {
  readonly store: ApplicationStore;
  readonly schedule: Schedule;
  readonly dice: Dice;
  /** Called whenever what the cluster tells of an application has changed. */
  readonly onChange: (app: App) => void;
}

/** What really runs. It knows nothing of Argo CD's fields: objects are applied to it, and their health takes its course. */
export class ClusterWorld {
  readonly #deps: ClusterWorldDeps;

  constructor(deps: ClusterWorldDeps) {
    this.#deps = deps;
  }

  /** Applies objects; false when they are there already, as they are. */
  apply(
    app: App,
    objects: { readonly revision: string; readonly content: string; readonly plan: RolloutPlan },
  ): boolean {
    const { cluster } = app;
    const { revision, content, plan } = objects;
    cluster.revision = revision;
    const isSame = cluster.content === content && !cluster.isMixed && cluster.health !== "Missing";
    cluster.isMixed = false;
    if (isSame) {
      this.#deps.store.noteSpan(app, keyOf(app));
      return false;
    }
    cluster.content = content;
    cluster.generation += 1;
    this.#rollOut(app, cluster, plan);
    return true;
  }

  /** The health changes by itself: pods die, or come back. */
  change(app: App, health: Health): void {
    if (app.cluster.health === "Missing") return;
    app.cluster.generation += 1;
    this.#become(app, { health, isTold: true });
  }

  /** Some objects are applied, and others are not. */
  mix(app: App): void {
    app.cluster.isMixed = true;
    this.#deps.store.noteSpan(app, keyOf(app));
  }

  /** The objects are deleted. */
  remove(app: App): void {
    Object.assign(app.cluster, { revision: "", content: "", isMixed: false, generation: app.cluster.generation + 1 });
    this.#become(app, { health: "Missing", isTold: true });
  }

  #rollOut(app: App, cluster: Cluster, plan: RolloutPlan): void {
    const { schedule, dice } = this.#deps;
    const { generation } = cluster;
    const lagMs = plan.lagMs ?? 0;
    const steps = healthSteps(plan, dice);
    if (steps[0]?.afterMs !== 0) this.#become(app, { health: "Progressing", isTold: lagMs === 0 });
    for (const { afterMs, status } of steps) {
      const step = (): void => {
        if (cluster.generation === generation) this.#become(app, { health: status, isTold: afterMs >= lagMs });
      };
      if (afterMs === 0) step();
      else schedule.after(afterMs, step);
    }
    if (lagMs === 0) return;
    schedule.after(lagMs, () => {
      if (cluster.generation === generation) this.#become(app, { health: cluster.health, isTold: true });
    });
  }

  #become(app: App, { health, isTold }: { readonly health: Health; readonly isTold: boolean }): void {
    const { store, onChange } = this.#deps;
    const { cluster } = app;
    // The application may have been made again since; the cluster's objects stay the same.
    const current = store.apps.get(keyOf(app)) ?? app;
    cluster.health = health;
    store.noteSpan(current, keyOf(app));
    if (!isTold || cluster.told === health) return;
    cluster.told = health;
    cluster.message = MESSAGES[health]?.replaceAll("NAME", app.name) ?? "";
    onChange(current);
  }
}

const MESSAGES: Partial<Record<Health, string>> = {
  Degraded: 'Deployment "NAME" exceeded its progress deadline',
  Progressing: "Waiting for rollout to finish: 1 old replicas are pending termination...",
  Suspended: "CanaryPauseStep",
};
