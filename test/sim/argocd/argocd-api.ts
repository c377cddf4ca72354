import type { ApplicationStore } from "./application-store.ts";
import type { ArgocdReads } from "./argocd-reads.ts";
import { ACCOUNT, type ArgocdWrites } from "./argocd-writes.ts";
import { findApp } from "./find-app.ts";
import { type HttpAnswer, json, noRoute, refusal } from "./http-answer.ts";

/** A request, below the base address. */
export interface ApiRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
}

export interface ArgocdApiDeps {
  readonly store: ApplicationStore;
  readonly reads: ArgocdReads;
  readonly writes: ArgocdWrites;
}

/** What a call is about: below `/api/v1/applications/`. */
interface Call {
  readonly name: string;
  readonly below: string;
  readonly query: string;
}

const APPLICATIONS = "/api/v1/applications/";
const CAN_I = "/api/v1/account/can-i/";

/** The routes of argocd-server that the product uses. */
export class ArgocdApi {
  readonly #deps: ArgocdApiDeps;

  constructor(deps: ArgocdApiDeps) {
    this.#deps = deps;
  }

  /** Calls `deliver` with the answer: at once, or for a refresh when the comparison has ended, which may be never. */
  answer(request: ApiRequest, deliver: (answer: HttpAnswer) => void): void {
    const { store, reads } = this.#deps;
    const cut = request.path.indexOf("?");
    const path = cut === -1 ? request.path : request.path.slice(0, cut);
    const query = cut === -1 ? "" : request.path.slice(cut + 1);
    const general = this.#general(path);
    if (general !== undefined) deliver(general);
    else if (!store.isTokenValid) deliver(expired);
    else if (path.startsWith(APPLICATIONS)) {
      const [name = "", ...below] = path.slice(APPLICATIONS.length).split("/");
      this.#application(request, { name: decodeURIComponent(name), below: below.join("/"), query }, deliver);
    } else if (path === "/api/v1/applications") deliver(reads.list(new URLSearchParams(query)));
    else if (path.startsWith(CAN_I)) deliver(this.#canI(path));
    else deliver(noRoute);
  }

  #general(path: string): HttpAnswer | undefined {
    if (path === "/api/version") return json('{"Version":"v3.5.1+sim"}');
    if (path === "/api/v1/settings") return json('{"url":"https://argocd.example.com","trackingMethod":"annotation"}');
    if (path !== "/api/v1/session/userinfo") return undefined;
    return json(this.#deps.store.isTokenValid ? `{"loggedIn":true,"username":"${ACCOUNT}","iss":"argocd"}` : "{}");
  }

  #canI(path: string): HttpAnswer {
    const [resource, action] = path.slice(CAN_I.length).split("/");
    const { get, sync } = this.#deps.store.rights;
    const may = resource === "applications" && ((action === "get" && get) || (action === "sync" && sync));
    return json(`{"value":"${may ? "yes" : "no"}"}`);
  }

  #application({ method, body }: ApiRequest, call: Call, deliver: (answer: HttpAnswer) => void): void {
    const { store, reads, writes } = this.#deps;
    const { name, below } = call;
    if (method === "POST") {
      // These ignore the query altogether.
      if (below === "sync") deliver(writes.sync(name, body));
      else deliver(below === "rollback" ? writes.rollback(name, body) : noRoute);
      return;
    }
    const query = new URLSearchParams(call.query);
    const namespace = query.get("appNamespace") || "argocd";
    const named = { name, namespace, project: query.get("project") ?? undefined };
    if (method === "DELETE" && below === "operation") {
      deliver(writes.terminate(named));
      return;
    }
    const found = findApp(store, named);
    if (found.kind === "refused") deliver(found.answer);
    else if (below === "") reads.get(found.app, { isRefresh: query.has("refresh"), deliver });
    else deliver(reads.details(found.app, below, query));
  }
}

/** What every call gets whose token is not accepted. */
export const expired = refusal(16, "invalid session: token has invalid claims: token is expired");
