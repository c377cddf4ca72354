import { z } from "zod";

import { type Backoff, backoffMs, withJitter } from "../platform/backoff.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import { Application } from "./application.ts";
import {
  type ApplicationAddress,
  applicationPath,
  bodyAddress,
  bodyPath,
  LIST_FIELDS,
  type ListFilter,
  listQuery,
  nameOf,
  type SourceRevision,
  syncBody,
  type SyncRequest,
} from "./application-request.ts";
import { ArgocdClusters } from "./argocd-clusters.ts";
import { ArgocdError } from "./argocd-errors.ts";
import type { ArgocdHttp, HttpCall } from "./argocd-http.ts";
import {
  CanI,
  type ListedApplication,
  ListedApplications,
  Manifests,
  ResourceTree,
  Settings,
  SyncWindows,
  type TreeNode,
  UserInfo,
  Version,
} from "./argocd-responses.ts";
import { CallSlots } from "./call-slots.ts";

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** A right of the account. Rights to single actions of resources cannot be asked for: Argo CD answers no to all of them. */
export interface RightAsked {
  readonly resource: "applications" | "clusters" | "projects" | "applicationsets" | "logs";
  readonly action: "get" | "create" | "update" | "delete" | "sync" | "override";
  /**
   * `project/name`, with the namespace between them for an application outside of Argo CD's own; for a project its name. A pattern is
   * compared as a text, not as what it stands for: `*` gets a no even where all is allowed.
   */
  readonly object: string;
}

export interface ArgocdClientDeps {
  readonly http: Pick<ArgocdHttp, "json">;
  readonly clock: Clock;
  readonly random: Random;
}

const READ_MS = 15_000;
const LIST_MS = 30_000;
const RENDER_MS = 90_000;
const REFRESH_MS = 60_000;
// Together at most ten calls at a time: Argo CD's Kubernetes client is shared by all its users. Slow calls have slots of their own,
// because with the controller down every refresh hangs for a minute.
const QUICK_CALLS = 7;
const SLOW_CALLS = 3;
const READ_TRIES = 3;
const READ_BACKOFF: Backoff = { firstMs: 500, factor: 3, longestMs: 5000 };
const RETRIED = new Set(["transient", "server", "unreachable", "transient-repo"]);

/**
 * The calls to one Argo CD server. Reads are repeated twice when that can help; a sync, a rollback and a
 * termination never are, because only the caller can find out whether the first one took effect.
 */
export class ArgocdClient {
  readonly #deps: ArgocdClientDeps;
  readonly #quick = new CallSlots(QUICK_CALLS);
  readonly #slow = new CallSlots(SLOW_CALLS);
  readonly clusters = new ArgocdClusters({
    call: (schema, call) => this.#slow.run(() => this.#once(schema, call), call.signal),
  });

  constructor(deps: ArgocdClientDeps) {
    this.#deps = deps;
  }

  /** Such as `v3.5.1+abc`; needs no token. */
  async version(options: CallOptions = {}): Promise<string> {
    const { Version: version } = await this.#read(Version, { what: "version", path: "/api/version", ...options });
    return version;
  }

  async userInfo(options: CallOptions = {}): Promise<UserInfo> {
    return await this.#read(UserInfo, { what: "who am I", path: "/api/v1/session/userinfo", ...options });
  }

  async settings(options: CallOptions = {}): Promise<Settings> {
    return await this.#read(Settings, { what: "settings", path: "/api/v1/settings", ...options });
  }

  /** Whether the account may do this. An unknown right of it, or one that Argo CD cannot judge here, is answered with no. */
  async canI({ resource, action, object }: RightAsked, options: CallOptions = {}): Promise<boolean> {
    const path = `/api/v1/account/can-i/${resource}/${action}/${object.split("/").map(encodeURIComponent).join("/")}`;
    const { value } = await this.#read(CanI, { what: `may I ${action} ${object}`, path, ...options });
    return value === "yes";
  }

  /** The application as Kubernetes has it now: what was written before is seen. */
  async getApplication(app: ApplicationAddress, options: CallOptions = {}): Promise<Application> {
    const path = applicationPath(app, "", { project: app.project });
    return await this.#read(Application, { what: `read ${nameOf(app)}`, path, ...options });
  }

  /**
   * Has Argo CD compare the application anew and waits for the end of that. Takes as long as the controller needs;
   * with the controller down it ends in `argocd.timeout` after a minute, which says nothing about the application.
   */
  async refreshApplication(app: ApplicationAddress, options: CallOptions = {}): Promise<Application> {
    const path = applicationPath(app, "", { project: app.project, refresh: "normal" });
    const call = {
      what: `refresh ${nameOf(app)}`,
      method: "GET" as const,
      path,
      timeoutMs: REFRESH_MS,
      serverDeadline: true,
      ...options,
    };
    return await this.#slow.run(() => this.#once(Application, call), options.signal);
  }

  /** All visible applications, enough of each to see that a copy is out of date, and no more. */
  async listApplications(filter: ListFilter = {}, options: CallOptions = {}): Promise<readonly ListedApplication[]> {
    const path = `/api/v1/applications?${listQuery(filter, LIST_FIELDS)}`;
    const call = { what: "list applications", path, timeoutMs: LIST_MS, ...options };
    return (await this.#read(ListedApplications, call)).items;
  }

  /** Posts a sync. The answer holds the resolved revisions in `operation`; the result of the operation before is lost from here on. */
  async sync(app: ApplicationAddress, request: SyncRequest, options: CallOptions = {}): Promise<Application> {
    const body = { ...bodyAddress(app), ...syncBody(request) };
    return await this.#post(`sync of ${nameOf(app)}`, bodyPath(app, "/sync"), body, options);
  }

  /**
   * Deploys an entry of the history again, with the source that it had then: without hooks and without infos. It is accepted while a
   * sync window is closed, and then blocks the application until the window opens: ask `syncWindows` first.
   */
  async rollback(
    app: ApplicationAddress,
    request: { readonly historyId: number; readonly prune: boolean },
    options: CallOptions = {},
  ): Promise<Application> {
    const body = { ...bodyAddress(app), id: request.historyId, prune: request.prune };
    return await this.#post(`rollback of ${nameOf(app)}`, bodyPath(app, "/rollback"), body, options);
  }

  /** Asks Argo CD to end the running operation, whosever it is; what it applied stays. One that is still pending cannot be ended. */
  async terminate(app: ApplicationAddress, options: CallOptions = {}): Promise<void> {
    const path = applicationPath(app, "/operation", { project: app.project });
    const what = `terminate the operation of ${nameOf(app)}`;
    const call = { what, method: "DELETE" as const, path, timeoutMs: READ_MS, ...options };
    await this.#quick.run(() => this.#once(z.unknown(), call), options.signal);
  }

  /** The manifests of the application as rendered at a revision, as JSON texts; Secrets have their values masked. */
  async manifests(
    app: ApplicationAddress,
    at: { readonly revision?: string; readonly sources?: readonly SourceRevision[] },
    options: CallOptions = {},
  ): Promise<readonly string[]> {
    const query = new URLSearchParams();
    if (at.revision !== undefined) query.set("revision", at.revision);
    for (const { position, revision } of at.sources ?? []) {
      query.append("sourcePositions", String(position));
      query.append("revisions", revision);
    }
    const path = applicationPath(app, "/manifests", { project: app.project }, query);
    const call = { what: `render ${nameOf(app)}`, path, timeoutMs: RENDER_MS, ...options };
    return (await this.#read(Manifests, call)).manifests;
  }

  async resourceTree(app: ApplicationAddress, options: CallOptions = {}): Promise<readonly TreeNode[]> {
    const path = applicationPath(app, "/resource-tree", { project: app.project });
    const call = { what: `resource tree of ${nameOf(app)}`, path, timeoutMs: LIST_MS, ...options };
    return (await this.#read(ResourceTree, call)).nodes;
  }

  async syncWindows(app: ApplicationAddress, options: CallOptions = {}): Promise<SyncWindows> {
    const path = applicationPath(app, "/syncwindows", { project: app.project });
    return await this.#read(SyncWindows, { what: `sync windows of ${nameOf(app)}`, path, ...options });
  }

  async #read<Schema extends z.ZodType>(schema: Schema, call: ReadCall): Promise<z.output<Schema>> {
    const slots = call.timeoutMs === RENDER_MS ? this.#slow : this.#quick;
    const whole: HttpCall = { timeoutMs: READ_MS, ...call, method: "GET" };
    for (let tryNumber = 1; ; tryNumber += 1) {
      try {
        return await slots.run(() => this.#once(schema, whole), call.signal);
      } catch (error) {
        if (tryNumber >= READ_TRIES || !(error instanceof ArgocdError) || !RETRIED.has(error.class)) throw error;
        const delayMs = backoffMs(READ_BACKOFF, tryNumber + 1);
        await this.#deps.clock.sleep(withJitter(delayMs, this.#deps.random.fraction()), call.signal);
      }
    }
  }

  async #post(what: string, path: string, body: unknown, { signal }: CallOptions): Promise<Application> {
    const call = { what, method: "POST" as const, path, body, timeoutMs: RENDER_MS, signal };
    return await this.#quick.run(() => this.#once(Application, call), signal);
  }

  async #once<Schema extends z.ZodType>(schema: Schema, call: HttpCall): Promise<z.output<Schema>> {
    const parsed = schema.safeParse(await this.#deps.http.json(call));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const place = issue?.path.join(".") || "the answer";
    throw new ArgocdError(
      `${call.what}: Argo CD's answer does not fit at ${place}: ${issue?.message ?? "unknown"}. Is this version supported?`,
      {
        class: "bad-response",
        details: { path: place },
        cause: parsed.error,
      },
    );
  }
}

type ReadCall = Pick<HttpCall, "what" | "path"> & Partial<Pick<HttpCall, "timeoutMs" | "signal">>;
