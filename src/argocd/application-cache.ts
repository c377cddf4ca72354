import { withJitter } from "../platform/backoff.ts";
import { canonicalJson } from "../platform/canonical-json.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import { errorCode } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import type { Application } from "./application.ts";
import { resourceVersion } from "./application-facts.ts";
import type { ArgocdClient } from "./argocd-client.ts";
import { ArgocdError } from "./argocd-errors.ts";
import type { ListFilter } from "./application-request.ts";
import type { ListedApplication } from "./argocd-responses.ts";
import type { StreamHealth, WatchListener } from "./watch-stream.ts";

/**
 * Why a subscriber should look again. `changed`: this is the newest copy. `gone`: it is not there any more, as far as the cache knows.
 * `compared`: the cache was compared with the server after a gap, and what is newest is in it.
 * `disconnected`: the stream has ended, so changes come late from now on.
 */
export type Hint =
  | { readonly kind: "changed"; readonly application: Application }
  | { readonly kind: "gone" }
  | { readonly kind: "compared" }
  | { readonly kind: "disconnected" };

/** An application within the cache's server. */
export interface CachedName {
  readonly namespace: string;
  readonly name: string;
}

export interface ApplicationCacheDeps {
  readonly client: Pick<ArgocdClient, "listApplications" | "getApplication">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly filter: ListFilter;
  /** How often the cache is compared with a list, 60 to 300 s; Argo CD drops frames without saying so. */
  readonly compareEveryMs: number;
  /** State of the stream that feeds the cache. */
  readonly streamHealth: () => StreamHealth;
}

// The gap between Argo CD's initial list and its subscription to changes is over by then.
const AFTER_CONNECT_MS = 2000;
const AFTER_FAILURE_MS = 15_000;
const MOST_READS = 50;

/**
 * The newest known copy of every application of one server: fed by the watch, compared with a reduced list against gaps.
 * Copies from the watch carry no annotations, see there. Its hints are hints: what decides something is read again by whoever decides.
 * A subscription costs one entry in a map, and no timer.
 */
export class ApplicationCache implements WatchListener {
  readonly #deps: ApplicationCacheDeps;
  readonly #applications = new Map<string, Application>();
  readonly #listeners = new Map<string, Set<(hint: Hint) => void>>();
  readonly #listenersToAll = new Set<(app: CachedName, hint: Hint) => void>();
  readonly #stop = new AbortController();
  readonly #filled = Promise.withResolvers<void>();
  #timer: Timer | undefined;
  #dueMs = Infinity;
  #comparing: Promise<void> | undefined;

  constructor(deps: ApplicationCacheDeps) {
    this.#deps = deps;
  }

  /** Begins comparing with the list; to be called once. */
  start(): void {
    this.#compareAfter(this.#deps.compareEveryMs);
  }

  find(app: CachedName): Application | undefined {
    return this.#applications.get(keyOf(app));
  }

  /** Calls `listener` at once whenever something about the application is new; it has to be quick. */
  subscribe(app: CachedName, listener: (hint: Hint) => void): Disposable {
    const key = keyOf(app);
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener);
        if (listeners.size === 0) this.#listeners.delete(key);
      },
    };
  }

  /** Resolves when the cache has been compared with the server for the first time while the stream was there: it knows all by then. */
  get filled(): Promise<void> {
    return this.#filled.promise;
  }

  /** Every application that is known, in no order. */
  applications(): Iterable<Application> {
    return this.#applications.values();
  }

  /** Calls `listener` at once whenever something about any application is new; it has to be quick. What is known already is in `applications`. */
  subscribeToAll(listener: (app: CachedName, hint: Hint) => void): Disposable {
    this.#listenersToAll.add(listener);
    return { [Symbol.dispose]: () => void this.#listenersToAll.delete(listener) };
  }

  /** Takes a copy that was read by someone; ignored when a newer one is known. */
  offer(application: Application): void {
    const key = keyOf(application.metadata);
    const known = this.#applications.get(key);
    if (known !== undefined && resourceVersion(application) <= resourceVersion(known)) return;
    this.#put(application);
  }

  /** State of the stream that feeds it. */
  health(): StreamHealth {
    return this.#deps.streamHealth();
  }

  opened(): void {
    this.#compareAfter(AFTER_CONNECT_MS);
  }

  frame(type: string, application: Application): void {
    if (!this.#isWanted(application.metadata)) return;
    if (type === "DELETED") this.#remove(application);
    else this.offer(application);
  }

  unreadable(): void {
    this.#compareAfter(AFTER_CONNECT_MS);
  }

  closed(): void {
    // The copies stay: they are old, not wrong, and the next connection replays everything.
    this.#tellAll({ kind: "disconnected" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#timer?.cancel();
    await this.#comparing;
    this.#listeners.clear();
    this.#listenersToAll.clear();
  }

  #isWanted({ namespace }: CachedName): boolean {
    const { namespaces } = this.#deps.filter;
    return namespaces === undefined || namespaces.includes(namespace);
  }

  #put(application: Application): void {
    const key = keyOf(application.metadata);
    this.#applications.set(key, application);
    this.#tell(application.metadata, { kind: "changed", application });
  }

  #remove(application: Application): void {
    const key = keyOf(application.metadata);
    const known = this.#applications.get(key);
    if (known !== undefined && resourceVersion(application) < resourceVersion(known)) return;
    this.#applications.delete(key);
    this.#tell(application.metadata, { kind: "gone" });
  }

  #tell(app: CachedName, hint: Hint): void {
    // A listener may leave while it is told.
    for (const listener of this.#listeners.get(keyOf(app)) ?? []) listener(hint);
    for (const listener of this.#listenersToAll) listener(app, hint);
  }

  /** What is true of the connection is for those that wait for one application. */
  #tellAll(hint: Extract<Hint, { readonly kind: "compared" | "disconnected" }>): void {
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener(hint);
  }

  // The sooner of two due times counts: a stream that comes and goes must not put the comparison off for ever.
  #compareAfter(delayMs: number): void {
    const { clock, random } = this.#deps;
    const dueMs = clock.monotonic() + withJitter(delayMs, random.fraction());
    if (this.#stop.signal.aborted || dueMs >= this.#dueMs) return;
    this.#timer?.cancel();
    this.#dueMs = dueMs;
    this.#timer = clock.setTimer(dueMs - clock.monotonic(), () => {
      this.#dueMs = Infinity;
      this.#comparing = (this.#comparing ?? Promise.resolve()).then(() => this.#compare());
    });
  }

  async #compare(): Promise<void> {
    const { client, filter, logger, compareEveryMs } = this.#deps;
    let nextMs = compareEveryMs;
    try {
      const listed = await client.listApplications(filter, { signal: this.#stop.signal });
      await this.#mend(listed.filter((item) => this.#isWanted(item.metadata)));
      this.#tellAll({ kind: "compared" });
      if (this.#deps.streamHealth().connected) this.#filled.resolve();
    } catch (error) {
      nextMs = Math.min(nextMs, AFTER_FAILURE_MS);
      if (!this.#stop.signal.aborted)
        logger.warn("comparing with the list of applications failed", { code: errorCode(error) });
    }
    this.#compareAfter(nextMs);
  }

  async #mend(listed: readonly ListedApplication[]): Promise<void> {
    const present = new Set(listed.map((item) => keyOf(item.metadata)));
    for (const [key, application] of this.#applications) if (!present.has(key)) this.#remove(application);
    const outdated = listed.filter((item) => this.#isOutdated(item));
    // Those that someone waits for come first; the others can wait for the next comparison.
    const ordered = outdated.toSorted((left, right) => this.#interest(right) - this.#interest(left));
    for (const item of ordered.slice(0, MOST_READS)) await this.#readAgain(item.metadata);
  }

  #isOutdated(item: ListedApplication): boolean {
    const known = this.#applications.get(keyOf(item.metadata));
    if (known !== undefined) return judgedPart(known) !== judgedPart(item);
    // While nothing is connected the list has to stand in for the stream, but only for what someone waits for.
    return this.#interest(item) > 0 || this.#deps.streamHealth().connected;
  }

  #interest(item: ListedApplication): number {
    return this.#listeners.get(keyOf(item.metadata))?.size ?? 0;
  }

  async #readAgain(app: CachedName): Promise<void> {
    const known = this.find(app);
    try {
      const application = await this.#deps.client.getApplication(app, { signal: this.#stop.signal });
      // A read tells what is, even where its version is lower (a cluster restored from a backup), unless a frame overtook it.
      if (this.find(app) === known) this.#put(application);
      else this.offer(application);
    } catch (error) {
      if (error instanceof ArgocdError && (error.class === "gone" || error.class === "hidden")) {
        this.#applications.delete(keyOf(app));
        this.#tell(app, { kind: "gone" });
        return;
      }
      throw error;
    }
  }
}

function keyOf({ namespace, name }: CachedName): string {
  return `${namespace}/${name}`;
}

// The fields that a reduced list carries and a decision rests on.
function judgedPart({ metadata, operation, status }: Judged): string {
  const state = status.operationState;
  return [
    operation === undefined || operation === null ? "" : "operation",
    status.sync.status,
    status.sync.revision,
    status.health.status,
    state?.phase ?? "",
    state?.startedAt ?? "",
    state?.finishedAt ?? "",
    canonicalJson(metadata.labels ?? {}),
  ].join("|");
}

interface Judged {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> | null | undefined };
  readonly operation?: unknown;
  readonly status: {
    readonly sync: { readonly status: string; readonly revision: string };
    readonly health: { readonly status: string };
    readonly operationState?:
      | { readonly phase: string; readonly startedAt?: string | undefined; readonly finishedAt?: string | undefined }
      | null
      | undefined;
  };
}
