import { digestOf } from "../platform/canonical-json.ts";
import type { Timer } from "../platform/clock.ts";
import {
  type Application,
  type ResourceStatus,
  skipsReconcile,
  sourcesOf,
  withOperation,
} from "./argocd-application.ts";
import type { ApplicationStore } from "./argocd-application-store.ts";
import { automaticOperation, type Candidate } from "./argocd-auto-sync.ts";
import { compare, type Comparison } from "./argocd-comparison.ts";
import type { EventLog } from "./argocd-event-log.ts";
import type { Gate } from "./argocd-gate.ts";
import { type Compared, comparedStatus, REFRESH_ANNOTATION, type Target } from "./argocd-refresh-status.ts";
import { loadFailureText, type RepoServer } from "./argocd-repo-server.ts";
import type { SyncWindows } from "./argocd-sync-windows.ts";
import { TIMINGS } from "./argocd-timings.ts";
import type { Health } from "./cluster-health.ts";
import { keyOf } from "./cluster-manifest.ts";
import { kubernetesTime, type Pace } from "./cluster-pace.ts";
import type { ClusterSimulator } from "./cluster-simulator.ts";

export interface RefreshProcessorDeps {
  readonly pace: Pace;
  readonly applications: ApplicationStore;
  readonly cluster: ClusterSimulator;
  readonly repoServer: RepoServer;
  readonly windows: SyncWindows;
  readonly events: EventLog;
  /** Closed while the controller is down. */
  readonly controller: Gate;
}

/** `latest` asks Git anew and moves `reconciledAt`; `live` looks at the cluster only. */
export type RefreshLevel = "live" | "latest";

interface Slot {
  timer: Timer | undefined;
  work: Promise<void>;
}

/**
 * Writes `status.sync`, `health`, `resources`, `conditions` and `reconciledAt`, always apart from and later than what
 * the operation writes: that gap is what a hasty client trips over.
 */
export class RefreshProcessor {
  readonly #deps: RefreshProcessorDeps;
  readonly #slots = new Map<string, Slot>();
  readonly #targets = new Map<string, { readonly spec: string; readonly target: Target }>();
  readonly #comparisons = new Map<string, Comparison>();
  readonly #held = new Set<string>();
  readonly #listeners = new Set<(key: string) => void>();

  constructor(deps: RefreshProcessorDeps) {
    this.#deps = deps;
    deps.cluster.store.onChange((key) => this.#afterChange(key));
  }

  /** What the last comparison found: the cache behind the tree and the diff. */
  comparison(key: string): Comparison | undefined {
    return this.#comparisons.get(key);
  }

  /** Calls `listener` with the key of every Application that was compared; the answer ends that. */
  onCompared(listener: (key: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The Application with the health of its resources, which the cluster does not store but GET and the watch show. */
  withHealth(application: Application): Application {
    const { resources } = application.status;
    const objects = this.#comparisons.get(`${application.metadata.namespace}/${application.metadata.name}`)?.objects;
    if (resources === undefined || objects === undefined) return application;
    const health = new Map<string, Health | undefined>(objects.map((object) => [keyOf(object.ref), object.health]));
    const shown = resources.map((resource) => withOwnHealth(resource, health));
    return { ...application, status: { ...application.status, resources: shown } };
  }

  /** Until `release`, changes of the cluster are not noticed: an operation is about to write its end. */
  hold(key: string): void {
    this.#held.add(key);
  }

  release(key: string): void {
    if (this.#held.delete(key)) this.#afterChange(key);
  }

  /** Compares behind whatever is being compared already. Resolves when the result is written. */
  async request(key: string, level: RefreshLevel): Promise<void> {
    const slot = this.#slot(key);
    slot.work = slot.work.then(() => this.#process(key, level));
    return slot.work;
  }

  #slot(key: string): Slot {
    const slot = this.#slots.get(key) ?? { timer: undefined, work: Promise.resolve() };
    this.#slots.set(key, slot);
    return slot;
  }

  #afterChange(key: string): void {
    if (this.#held.has(key) || this.#deps.applications.get(key) === undefined) return;
    const slot = this.#slot(key);
    slot.timer ??= this.#deps.pace.after(TIMINGS.refreshAfterChange, () => {
      slot.timer = undefined;
      if (!this.#held.has(key)) void this.request(key, "live");
    });
  }

  async #process(key: string, level: RefreshLevel): Promise<void> {
    const { applications, cluster, controller, pace } = this.#deps;
    await controller.passed();
    const before = applications.get(key);
    if (before === undefined || skipsReconcile(before)) return;
    const reconciledAt = kubernetesTime(pace.now());
    const hadAnnotation = before.metadata.annotations?.[REFRESH_ANNOTATION] !== undefined;
    const target = await this.#target(key, before, level);
    const comparison = compare(target.kind === "loaded" ? target.objects : [], cluster.store.ofApplication(key));
    this.#comparisons.set(key, comparison);
    for (const listener of this.#listeners) listener(key);
    if (target.kind === "loaded") this.#syncAutomatically(key, { revisions: target.revisions, comparison });
    // Nobody watches an Application that has never been compared, so the first result need not be late.
    if (before.status.sync.status !== "") await pace.sleep(TIMINGS.write);
    await controller.passed();
    this.#write(key, { target, comparison, hadAnnotation, ...(level === "latest" ? { reconciledAt } : {}) });
  }

  async #target(key: string, application: Application, level: RefreshLevel): Promise<Target> {
    const spec = digestOf(application.spec);
    const known = this.#targets.get(key);
    if (level === "live" && known?.spec === spec) return known.target;
    const target = await this.#load(application);
    this.#targets.set(key, { spec, target });
    return target;
  }

  async #load(application: Application): Promise<Target> {
    const { repoServer } = this.#deps;
    const sources = sourcesOf(application.spec);
    const revisions: string[] = [];
    for (const [index, source] of sources.entries()) {
      const resolved = await repoServer.resolve(source, undefined);
      const text = resolved.kind === "failed" ? resolved.text : "";
      if (resolved.kind === "failed")
        return { kind: "failed", text: loadFailureText({ text, position: index + 1 }, sources.length) };
      revisions.push(resolved.revision);
    }
    const rendered = await repoServer.render({ application, sources, revisions });
    if (rendered.kind === "failed") return { kind: "failed", text: loadFailureText(rendered, sources.length) };
    return { kind: "loaded", revisions: rendered.revisions, objects: rendered.objects };
  }

  #syncAutomatically(key: string, compared: Omit<Candidate, "application">): void {
    const { applications, windows } = this.#deps;
    const application = applications.get(key);
    if (application === undefined || !windows.canSync(application, false)) return;
    const operation = automaticOperation({ ...compared, application });
    if (operation === undefined) return;
    applications.update(key, (found) => withOperation(found, operation));
  }

  #write(key: string, compared: Omit<Compared, "now">): void {
    const { applications, events, pace } = this.#deps;
    const application = applications.get(key);
    if (application === undefined) return;
    const now = kubernetesTime(pace.now());
    const changed = comparedStatus(application, { ...compared, now });
    if (changed === undefined) return;
    const written = applications.update(key, () => changed);
    if (written === undefined) return;
    const { sync, health } = application.status;
    const report = (what: string, old: string | undefined, fresh: string | undefined): void => {
      if (old === fresh) return;
      events.record(written, { reason: "ResourceUpdated", message: `Updated ${what} status: ${old} -> ${fresh}` });
    };
    report("sync", sync.status, written.status.sync.status);
    report("health", health.status ?? "", written.status.health.status);
  }
}

function withOwnHealth(resource: ResourceStatus, health: ReadonlyMap<string, Health | undefined>): ResourceStatus {
  const { group = "", kind, namespace = "", name } = resource;
  const own = health.get(keyOf({ group, kind, namespace, name }));
  return own === undefined ? resource : { ...resource, health: own };
}
