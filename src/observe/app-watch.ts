import type { Application, AppKey } from "../argocd/application.ts";
import { appKeyText } from "../argocd/application.ts";
import type { ArgocdServer } from "../argocd/argocd-server.ts";
import { tryAppRef } from "../domain/target.ts";
import type { Timer } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import { Attention } from "./attention.ts";
import { newOperations, OperationFact, operationKey, OPERATIONS_STREAM } from "./foreign-operations.ts";
import { IncidentBook } from "./incident-book.ts";
import { IncidentDesk } from "./incident-desk.ts";
import type { Sight } from "./sight.ts";
import { IncidentFact, INCIDENTS_STREAM } from "./incident-fact.ts";
import { OperationBook, type OperationFilter } from "./operation-book.ts";
import type { IncidentMessage, Place, WatchDeps } from "./watch-ports.ts";

/** What an earlier process wrote into the two streams, oldest first, not yet checked. */
export interface WatchMemory {
  readonly incidents: Iterable<unknown>;
  readonly operations: Iterable<unknown>;
}

// What nobody told us of: an application that the configuration names now, or a gap of the stream.
const SWEEP_MS = 60_000;
// Messages of incidents that ended longer ago are as they should be.
const SHOWN_AGAIN_MS = 7 * 86_400_000;
const AT_THE_END = -1;

/**
 * Watches what happens to applications outside of runs: those that fall ill, and operations of others. Everything comes from the
 * one stream of each server; an event that changes nothing of interest costs one comparison.
 */
export class AppWatch implements AsyncDisposable {
  readonly #deps: WatchDeps;
  readonly #incidents = new IncidentBook();
  readonly #operations = new OperationBook();
  readonly #desk: IncidentDesk;
  readonly #attention: Attention;
  /** By application, what was of interest when it was last looked at. */
  readonly #notes = new Map<string, string>();
  readonly #looked = new Set<string>();
  /** By server, our account there. */
  readonly #accounts = new Map<string, string>();
  readonly #subscriptions = new DisposableStack();
  readonly #stop = new AbortController();
  #sweep: Timer | undefined;

  constructor(deps: WatchDeps) {
    this.#deps = deps;
    this.#desk = new IncidentDesk({ ...deps, signal: this.#stop.signal }, this.#incidents);
    this.#attention = new Attention({ ...deps, round: (apps) => this.#round(apps) });
  }

  /** Takes up what an earlier process knew, and watches from here on; to be called once. */
  start(memory: WatchMemory): void {
    this.#remember(memory);
    const since = this.#deps.clock.now() - SHOWN_AGAIN_MS;
    this.#show(this.#incidents.changedSince(since).map(({ id }) => id));
    for (const [name, server] of this.#deps.servers) this.#subscribe(name, server);
    // What disappeared while nobody watched is told by nobody.
    for (const { app } of this.#incidents.changedSince(Number.POSITIVE_INFINITY)) {
      const key = tryAppRef(app);
      if (key !== undefined) this.#attention.at(app, key, this.#deps.clock.now() + SWEEP_MS);
    }
    this.#sweepLater();
  }

  /** The newest operations of others, newest first. */
  operations(filter: OperationFilter): readonly OperationFact[] {
    return this.#operations.recent(filter);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#sweep?.cancel();
    this.#subscriptions.dispose();
    await this.#attention[Symbol.asyncDispose]();
  }

  #remember({ incidents, operations }: WatchMemory): void {
    const { logger } = this.#deps;
    let unread = 0;
    for (const event of incidents) {
      const fact = IncidentFact.safeParse(event).data;
      if (fact === undefined) unread += 1;
      else this.#take(fact);
    }
    for (const event of operations) {
      const fact = OperationFact.safeParse(event).data;
      if (fact === undefined) unread += 1;
      else this.#operations.apply(fact);
    }
    if (unread > 0) logger.error("facts about incidents cannot be read by this version", { count: unread });
  }

  #take(fact: IncidentFact): void {
    this.#incidents.apply(fact);
    if (fact.type === "apps.seen") for (const app of fact.apps) this.#operations.begin(app);
  }

  #subscribe(name: string, { cache, client }: Pick<ArgocdServer, "cache" | "client">): void {
    const listen = cache.subscribeToAll((app, hint) => {
      const key = { server: name, namespace: app.namespace, name: app.name };
      if (hint.kind === "changed") this.#note(key, hint.application);
      else if (hint.kind === "gone") this.#lost(key);
    });
    this.#subscriptions.use(listen);
    for (const application of cache.applications()) this.#note(keyOf(name, application), application);
    client
      .userInfo({ signal: this.#stop.signal })
      .then(({ loggedIn, username }) => loggedIn && this.#accounts.set(name, username))
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted)
          this.#deps.logger.warn("Argo CD does not say who we are", { argocd: name, error: errorText(error) });
      });
  }

  #note(key: AppKey, application: Application): void {
    const app = appKeyText(key);
    const isOpen = this.#incidents.of(app)?.status === "open";
    if (this.#notes.get(app) !== ofInterest(application, isOpen)) this.#attention.soon(app, key);
  }

  #lost(key: AppKey): void {
    const app = appKeyText(key);
    if (this.#notes.delete(app) || this.#incidents.of(app)?.status === "open") this.#attention.soon(app, key);
  }

  #sweepLater(): void {
    this.#sweep = this.#deps.clock.setTimer(SWEEP_MS, () => {
      for (const [name, { cache }] of this.#deps.servers) {
        for (const application of cache.applications()) this.#note(keyOf(name, application), application);
      }
      this.#sweepLater();
    });
  }

  async #round(apps: ReadonlyMap<string, AppKey>): Promise<void> {
    const { sights, left } = this.#sightsOf(apps);
    const notes = sights.map((sight) => ({ app: sight.place.app, note: this.#noteOf(sight) }));
    const findings = await this.#desk.examine(sights);
    const facts = [...left, ...findings.facts];
    const operations = sights.flatMap((sight) => this.#operationsOf(sight));
    await Promise.all([this.#append(INCIDENTS_STREAM, facts), this.#append(OPERATIONS_STREAM, operations)]);
    this.#desk.accept({ ...findings, facts });
    for (const fact of facts) if (fact.type === "apps.seen") for (const app of fact.apps) this.#operations.begin(app);
    for (const fact of operations) this.#operations.apply(fact);
    for (const { app, note } of notes) {
      if (note !== undefined) this.#notes.set(app, note);
      this.#looked.add(app);
      this.#attention.forget(app);
    }
    for (const { place, key, at } of findings.looks) this.#attention.at(place.app, key, at);
    this.#show(facts.flatMap((fact) => (fact.type === "apps.seen" ? [] : [fact.id])));
  }

  #sightsOf(apps: ReadonlyMap<string, AppKey>): {
    readonly sights: readonly Sight[];
    readonly left: readonly IncidentFact[];
  } {
    const sights: Sight[] = [];
    const left: IncidentFact[] = [];
    for (const [app, key] of apps) {
      const application = this.#deps.servers.get(key.server)?.cache.find(key);
      // What is found by labels has no place while Argo CD does not show it, such as after a start.
      const place = this.#placeOf(app, key) ?? (application === undefined ? this.#incidents.of(app) : undefined);
      // Nothing is noted of one without a place: it may belong to a service later, without anything happening to it.
      if (place === undefined) left.push(...this.#desk.leave(app));
      else sights.push({ place: placeIn(place), key, application, look: this.#looked.has(app) ? "again" : "start" });
    }
    return { sights, left };
  }

  #noteOf({ place, application }: Sight): string | undefined {
    if (application === undefined) return undefined;
    return ofInterest(application, this.#incidents.of(place.app)?.status === "open");
  }

  #placeOf(app: string, key: AppKey): Place | undefined {
    const owner = this.#deps.inventory.ownerOf(app);
    if (owner !== undefined) return { app, service: owner.service.name, environment: owner.target.name };
    return this.#deps.settings().apps === "all" ? { app, service: key.name, environment: "" } : undefined;
  }

  /** What others did and is not recorded yet. At the very first look nothing is: it was before our time. */
  #operationsOf({ place, key, application }: Sight): readonly OperationFact[] {
    const { app } = place;
    if (application === undefined || this.#incidents.firstSeen(app) === undefined) return [];
    const at = this.#deps.clock.now();
    const facts: OperationFact[] = [];
    const hasRun = (run: string): boolean => this.#deps.runs.find(run) !== undefined;
    const ours = { account: this.#accounts.get(key.server), hasRun };
    for (const found of newOperations(application, this.#operations.known(app), ours)) {
      const { isOwn, ...operation } = found;
      if (isOwn || this.#operations.isRepetition(app, found)) this.#operations.pass(app, found);
      else facts.push({ type: "operation.ended", at, ...place, ...operation });
    }
    return facts;
  }

  async #append(stream: string, events: readonly (IncidentFact | OperationFact)[]): Promise<void> {
    if (events.length > 0) await this.#deps.store.append({ stream, expectedVersion: AT_THE_END, events });
  }

  /** Each message once, however many of its incidents have changed. */
  #show(ids: readonly string[]): void {
    const messages = new Map<string, IncidentMessage>();
    for (const id of ids) {
      const incident = this.#incidents.find(id);
      if (incident === undefined) continue;
      const group = incident.group === null ? undefined : this.#incidents.group(incident.group.id);
      if (group === undefined) messages.set(id, { kind: "alone", incident });
      else {
        const incidents = group.incidents.flatMap((member) => this.#incidents.find(member) ?? []);
        messages.set(group.id, { kind: "group", group, incidents });
      }
    }
    for (const message of messages.values()) this.#deps.onMessage(message);
  }
}

/** The place alone: an incident has one, and more. */
function placeIn({ app, service, environment }: Place): Place {
  return { app, service, environment };
}

function keyOf(server: string, { metadata }: Application): AppKey {
  return { server, namespace: metadata.namespace, name: metadata.name };
}

/** What has to differ for an application to be worth another look; its resources only while an incident is open. */
function ofInterest(application: Application, isOpen: boolean): string {
  const { metadata, status } = application;
  const { health, operationState: state, history } = status;
  return [
    metadata.deletionTimestamp ?? "",
    health.status,
    operationKey(application),
    state?.phase ?? "",
    history.at(-1)?.id ?? "",
    ...(isOpen ? judgedResources(status.resources) : []),
  ].join("|");
}

function judgedResources(resources: Application["status"]["resources"]): readonly string[] {
  return resources.flatMap(({ kind, name, health }) =>
    health === undefined || health === null || health.status === "Healthy" ? [] : [`${kind}/${name} ${health.status}`],
  );
}
