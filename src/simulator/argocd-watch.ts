import type { ServerResponse } from "node:http";

import type { Caller } from "./argocd-accounts.ts";
import { type Application, applicationKey } from "./argocd-application.ts";
import { filterOf, passes } from "./argocd-application-filter.ts";
import type { ApplicationEvent } from "./argocd-application-store.ts";
import type { ArgocdInstance } from "./argocd-instance.ts";
import { findApplication, mayGet } from "./argocd-lookup.ts";
import { treeOf } from "./argocd-routes-details.ts";
import { FrameStream } from "./argocd-stream.ts";

export interface WatchRequest {
  readonly caller: Caller;
  readonly query: URLSearchParams;
  readonly isEventStream: boolean;
  readonly response: ServerResponse;
}

/** The streams of the API, and the ways in which they can be disturbed. */
export class Watches {
  readonly #instance: ArgocdInstance;
  readonly #streams = new Set<FrameStream>();
  #replaysBefore = false;
  #dropsAfterReplay = 0;

  constructor(instance: ArgocdInstance) {
    this.#instance = instance;
  }

  get count(): number {
    return this.#streams.size;
  }

  /** The open streams. */
  get streams(): readonly FrameStream[] {
    return [...this.#streams];
  }

  /**
   * How watches begin from now on: with each Application as it was one write ago, as from a replica that lags behind,
   * and with so many changes lost right after that.
   */
  setBeginnings({ replaysBefore, dropsAfterReplay }: { replaysBefore: boolean; dropsAfterReplay: number }): void {
    this.#replaysBefore = replaysBefore;
    this.#dropsAfterReplay = dropsAfterReplay;
  }

  /** Watches all Applications that the caller may see and the query means. */
  watchApplications(request: WatchRequest): void {
    const { applications, refresh } = this.#instance;
    const { query } = request;
    const stream = this.#stream(request);
    const { namespace, ...others } = filterOf(query);
    // The namespace counts only together with a name.
    const filter = { ...others, namespace: others.name === "" ? "" : namespace };
    const oldest = Number(query.get("resourceVersion") ?? "0");
    const isMeant = (application: Application): boolean =>
      Number(application.metadata.resourceVersion) >= oldest && passes(application, filter);
    const send = (type: ApplicationEvent["type"], application: Application): void => {
      const frame = { result: { type, application: refresh.withHealth(application) } };
      stream.send(frame, application.metadata.name);
    };
    // A resource version is no place to go on from: with one, a watch of everything replays nothing.
    const hasReplay = query.has("name") || !query.has("resourceVersion");
    for (const application of hasReplay ? applications.list() : []) {
      if (isMeant(application) && mayGet(request.caller, application)) send("ADDED", this.#replayed(application));
    }
    stream.drop(this.#dropsAfterReplay);
    const unsubscribe = applications.subscribe(({ type, application }) => {
      if (isMeant(application) && mayGet(request.caller, application)) send(type, application);
    });
    request.response.on("close", unsubscribe);
  }

  /** Sends the tree of one Application at every change; nothing at the beginning. */
  watchTree(name: string, request: WatchRequest): void {
    const instance = this.#instance;
    const { query, caller } = request;
    const target = {
      name,
      appNamespace: query.get("appNamespace") ?? undefined,
      project: query.get("project") ?? undefined,
    };
    const key = applicationKey(findApplication(instance.applications, { caller, action: "get", target }));
    const stream = this.#stream(request);
    const unsubscribe = instance.refresh.onCompared((compared) => {
      const application = instance.applications.get(key);
      if (compared !== key || application === undefined || instance.isRedisDown) return;
      stream.send({ result: treeOf(instance, application) }, name);
    });
    request.response.on("close", unsubscribe);
  }

  #stream({ response, isEventStream, query }: WatchRequest): FrameStream {
    const { pace } = this.#instance;
    const stream = new FrameStream({ pace, response, isEventStream, fields: query.get("fields") ?? "" });
    this.#streams.add(stream);
    response.on("close", () => this.#streams.delete(stream));
    return stream;
  }

  #replayed(application: Application): Application {
    if (!this.#replaysBefore) return application;
    return this.#instance.applications.before(applicationKey(application)) ?? application;
  }
}
