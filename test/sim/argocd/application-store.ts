import type { Schedule } from "../schedule.ts";
import { type App, isAutoSynced, type Operation } from "./application-state.ts";
import { watchedText } from "./application-text.ts";
import { type ArgocdTruth, emptyTruth, identityAmong } from "./argocd-truth.ts";

/** A sync window that is closed; `manual` lets syncs by hand through all the same. */
export interface ClosedWindow {
  readonly manual: boolean;
}

/** The applications in Kubernetes, who watches them, and what is wrong around them. Every change goes through `write`. */
export class ApplicationStore {
  readonly apps = new Map<string, App>();
  readonly truth: ArgocdTruth = emptyTruth();
  /** By `namespace/name`, or `*` for all. */
  readonly windows = new Map<string, ClosedWindow>();
  readonly rights = { get: true, sync: true };
  isTokenValid = true;
  isRepoServerAway = false;
  readonly #schedule: Schedule;
  readonly #watchers = new Set<(type: string, app: App) => void>();
  readonly #rendered = new Set<string>();
  #version = 1000;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  now(): number {
    return this.#schedule.now();
  }

  /** Whether the application is still the one that is there. */
  has(app: App): boolean {
    return this.apps.get(keyOf(app)) === app;
  }

  add(app: App): void {
    this.apps.set(keyOf(app), app);
    this.truth.existence.push({ at: this.now(), app: keyOf(app), uid: app.uid, exists: true });
    this.noteSpec(app);
    this.#publish("ADDED", app);
  }

  remove(app: App): void {
    this.apps.delete(keyOf(app));
    this.truth.existence.push({ at: this.now(), app: keyOf(app), uid: app.uid, exists: false });
    this.#publish("DELETED", app);
  }

  /** To be called after each change that others can see. */
  write(app: App): void {
    if (this.has(app)) this.#publish("MODIFIED", app);
  }

  /** To be called after each change of the specification. */
  noteSpec(app: App): void {
    const { uid, specVersion, source, skipsReconcile: isSkipped } = app;
    const isOn = isAutoSynced(app);
    this.truth.specs.push({ at: this.now(), app: keyOf(app), uid, specVersion, source, isAutoSynced: isOn, isSkipped });
  }

  noteSpan(app: App | undefined, key: string): void {
    const cluster = app?.cluster;
    if (cluster === undefined) return;
    const { revision, content, health, isMixed } = cluster;
    this.truth.spans.push({ at: this.now(), app: key, uid: app?.uid ?? "", revision, content, health, isMixed });
  }

  noteRendering(app: App, revision: string, content: string): void {
    const key = keyOf(app);
    const text = `${key} ${revision} ${content}`;
    if (this.#rendered.has(text)) return;
    this.#rendered.add(text);
    this.truth.renderings.push({ app: key, revision, content });
  }

  noteOperation(app: App, operation: Operation): void {
    const { number, revision, source, isDryRun, isPartial, by, isAutomated, isRollback, infos } = operation;
    const identity = identityAmong(infos);
    const manual = isRollback ? "rollback" : "sync";
    this.truth.operations[number] = {
      number,
      app: keyOf(app),
      uid: app.uid,
      kind: isAutomated ? "automated" : manual,
      revision,
      source,
      isDryRun,
      isPartial,
      by,
      ...(identity !== undefined && { identity }),
      requestedAt: this.now(),
    };
  }

  /** Whether a window lets a sync of the application through now. */
  maySync(app: App, isManual: boolean): boolean {
    const window = this.windows.get(keyOf(app)) ?? this.windows.get("*");
    return window === undefined || (isManual && window.manual);
  }

  /** Hears every change from now on. */
  subscribe(listener: (type: string, app: App) => void): () => void {
    this.#watchers.add(listener);
    return () => void this.#watchers.delete(listener);
  }

  #publish(type: string, app: App): void {
    this.#version += 1;
    app.version = this.#version;
    app.olderText = app.text;
    app.text = undefined;
    for (const watcher of this.#watchers) watcher(type, app);
  }
}

export function keyOf({ namespace, name }: Pick<App, "namespace" | "name">): string {
  return `${namespace}/${name}`;
}

/** One frame of the watch, in the form of an event stream. */
export function frameText(type: string, app: App, text = watchedText(app)): string {
  return `data: {"result":{"type":"${type}","application":${text}}} \n\n`;
}
