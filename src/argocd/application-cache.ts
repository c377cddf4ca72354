import { withJitter } from "../platform/backoff.ts";
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
import { cacheKey, type CachedName, type Hint, HintListeners } from "./hint-listeners.ts";
import { judgedPart } from "./judged-part.ts";
import { keptCopy } from "./kept-copy.ts";
import type { StreamHealth, WatchListener } from "./watch-stream.ts";

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
 */
export class ApplicationCache implements WatchListener {
  readonly #deps: ApplicationCacheDeps;
  readonly #applications = new Map<string, Application>();
  readonly #listeners = new HintListeners();
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
    return this.#applications.get(cacheKey(app));
  }

  /** Calls `listener` at once whenever something about the application is new; it has to be quick. */
  subscribe(app: CachedName, listener: (hint: Hint) => void): Disposable {
    return this.#listeners.add(app, listener);
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
    return this.#listeners.addToAll(listener);
  }

  /** Takes a copy that was read by someone, unless a newer one is known. Returns the same copy, fit to be kept for long. */
  offer(application: Application): Application {
    const known = this.#applications.get(cacheKey(application.metadata));
    const kept = keptCopy(application, known);
    if (known === undefined || resourceVersion(application) > resourceVersion(known)) this.#put(kept);
    return kept;
  }

  /** State of the stream that feeds it. */
  health(): StreamHealth {
    return this.#deps.streamHealth();
  }

  opened(): void {
    this.#compareAfter(AFTER_CONNECT_MS);
  }

  frame(type: string, application: Application): Application {
    if (!this.#isWanted(application.metadata)) return application;
    if (type !== "DELETED") return this.offer(application);
    this.#remove(application);
    return application;
  }

  unreadable(): void {
    this.#compareAfter(AFTER_CONNECT_MS);
  }

  closed(): void {
    // The copies stay: they are old, not wrong, and the next connection replays everything.
    this.#listeners.tellAll({ kind: "disconnected" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#timer?.cancel();
    await this.#comparing;
    this.#listeners.clear();
  }

  #isWanted({ namespace }: CachedName): boolean {
    const { namespaces } = this.#deps.filter;
    return namespaces === undefined || namespaces.includes(namespace);
  }

  #put(application: Application): void {
    this.#applications.set(cacheKey(application.metadata), application);
    this.#listeners.tell(application.metadata, { kind: "changed", application });
  }

  #remove(application: Application): void {
    const key = cacheKey(application.metadata);
    const known = this.#applications.get(key);
    if (known !== undefined && resourceVersion(application) < resourceVersion(known)) return;
    this.#applications.delete(key);
    this.#listeners.tell(application.metadata, { kind: "gone" });
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
      this.#listeners.tellAll({ kind: "compared" });
      if (this.#deps.streamHealth().connected) this.#filled.resolve();
    } catch (error) {
      nextMs = Math.min(nextMs, AFTER_FAILURE_MS);
      if (!this.#stop.signal.aborted)
        logger.warn("comparing with the list of applications failed", { code: errorCode(error) });
    }
    this.#compareAfter(nextMs);
  }

  async #mend(listed: readonly ListedApplication[]): Promise<void> {
    const present = new Set(listed.map((item) => cacheKey(item.metadata)));
    for (const [key, application] of this.#applications) if (!present.has(key)) this.#remove(application);
    const outdated = listed.filter((item) => this.#isOutdated(item));
    // Those that someone waits for come first; the others can wait for the next comparison.
    const ordered = outdated.toSorted((left, right) => this.#interest(right) - this.#interest(left));
    for (const item of ordered.slice(0, MOST_READS)) await this.#readAgain(item.metadata);
  }

  #isOutdated(item: ListedApplication): boolean {
    const known = this.#applications.get(cacheKey(item.metadata));
    if (known !== undefined) return judgedPart(known) !== judgedPart(item);
    // While nothing is connected the list has to stand in for the stream, but only for what someone waits for.
    return this.#interest(item) > 0 || this.#deps.streamHealth().connected;
  }

  #interest(item: ListedApplication): number {
    return this.#listeners.count(item.metadata);
  }

  async #readAgain(app: CachedName): Promise<void> {
    const known = this.find(app);
    try {
      const application = await this.#deps.client.getApplication(app, { signal: this.#stop.signal });
      // A read tells what is, even where its version is lower (a cluster restored from a backup), unless a frame overtook it.
      if (this.find(app) === known) this.#put(keptCopy(application, known));
      else this.offer(application);
    } catch (error) {
      if (error instanceof ArgocdError && (error.class === "gone" || error.class === "hidden")) {
        this.#applications.delete(cacheKey(app));
        this.#listeners.tell(app, { kind: "gone" });
        return;
      }
      throw error;
    }
  }
}
