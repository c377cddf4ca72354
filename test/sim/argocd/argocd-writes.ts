import type { GitWorld } from "../git/git-world.ts";
import { type App, type Info, isAutoSynced, targetOf } from "./application-state.ts";
import { type ApplicationStore, keyOf } from "./application-store.ts";
import { postedText, secondText } from "./application-text.ts";
import { identityAmong, type PostTruth } from "./argocd-truth.ts";
import { findApp, type Found, type Named } from "./find-app.ts";
import { type HttpAnswer, json, refusal, UNAVAILABLE } from "./http-answer.ts";
import type { Operations } from "./operations.ts";

export interface ArgocdWritesDeps {
  readonly store: ApplicationStore;
  readonly git: GitWorld;
  readonly operations: Operations;
  /** Called when a sync or a rollback was accepted. */
  readonly onAccepted: (app: App) => void;
}

/** The account that the product has here. */
export const ACCOUNT = "quarterdeck";

type Params = Readonly<Record<string, unknown>>;
type Note = Omit<PostTruth, "at" | "by">;

/** What argocd-server does with requests that change something: the checks in its order, and what is true of each afterwards. */
export class ArgocdWrites {
  readonly #deps: ArgocdWritesDeps;

  constructor(deps: ArgocdWritesDeps) {
    this.#deps = deps;
  }

  sync(name: string, body: unknown): HttpAnswer {
    const params = paramsOf(body);
    const named = namedBy(name, params);
    const found = findApp(this.#deps.store, named);
    const revision = textOf(params["revision"]);
    const infos = infosOf(params["infos"]);
    const identity = identityAmong(infos);
    const note = { ...noteOf("sync", named, found), revision, prune: params["prune"] === true };
    const post: Note = identity === undefined ? note : { ...note, identity };
    if (found.kind === "refused") return this.#refuse(post, found.answer);
    const { app } = found;
    const refused = this.#mayNot(app) ?? this.#bound(app, revision);
    if (refused !== undefined) return this.#refuse(post, refused);
    const resolved = this.#resolve(app, revision || targetOf(app.source));
    if (typeof resolved !== "string") return this.#refuse(post, resolved);
    if (app.operation !== undefined) return this.#refuse(post, busy);
    const operation = this.#deps.operations.start(app, { source: app.source, revision: resolved, by: ACCOUNT, infos });
    return this.#accept(app, { ...post, operation: operation.number });
  }

  rollback(name: string, body: unknown): HttpAnswer {
    const params = paramsOf(body);
    const named = namedBy(name, params);
    const found = findApp(this.#deps.store, named);
    const post: Note = { ...noteOf("rollback", named, found), revision: "", prune: params["prune"] === true };
    if (found.kind === "refused") return this.#refuse(post, found.answer);
    const { app } = found;
    const { id } = params;
    const entry = app.history.find((candidate) => candidate.id === id);
    const refused = this.#noRollback(app);
    if (refused !== undefined) return this.#refuse(post, refused);
    if (entry === undefined) return this.#refuse(post, noEntry(app, id));
    const { source, revision } = entry;
    const whole = { ...post, revision };
    if (app.operation !== undefined) return this.#refuse(whole, busy);
    const operation = this.#deps.operations.start(app, { source, revision, by: ACCOUNT, isRollback: true });
    return this.#accept(app, { ...whole, operation: operation.number });
  }

  terminate(named: Named): HttpAnswer {
    const { store, operations } = this.#deps;
    const found = findApp(store, named);
    const post: Note = { ...noteOf("terminate", named, found), revision: "", prune: false };
    if (found.kind === "refused") return this.#refuse(post, found.answer);
    const whole = { ...post, revision: found.app.operation?.revision ?? "" };
    if (!store.rights.sync) return this.#refuse(whole, refusal(7, "permission denied"));
    const operation = operations.terminate(found.app, ACCOUNT);
    if (operation === undefined) return this.#refuse(whole, nothingToEnd);
    this.#note({ ...whole, operation });
    return json("{}");
  }

  /** Windows come before rights, as in Argo CD. */
  #mayNot(app: App): HttpAnswer | undefined {
    const { store } = this.#deps;
    const { project, name } = app;
    if (!store.maySync(app, true)) return refusal(7, "cannot sync: blocked by sync window");
    if (store.rights.sync) return undefined;
    const iat = secondText(store.now());
    return refusal(7, `permission denied: applications, sync, ${project}/${name}, sub: ${ACCOUNT}, iat: ${iat}`);
  }

  /** What keeps an application from being synced to this revision. Argo CD compares it as a text with the target. */
  #bound(app: App, revision: string): HttpAnswer | undefined {
    if (app.deletingSince !== undefined) return refusal(9, "application is deleting");
    if (!isAutoSynced(app) || revision === "" || revision === targetOf(app.source)) return undefined;
    return refusal(9, `Cannot sync to ${revision}: auto-sync currently set to ${app.source.targetRevision ?? ""}`);
  }

  #resolve({ source }: App, revision: string): string | HttpAnswer {
    const { store, git } = this.#deps;
    const failed = "error resolving repo revision: rpc error: code =";
    if (store.isRepoServerAway && !/^[0-9a-f]{40}$/u.test(revision)) {
      return refusal(9, `${failed} Unavailable desc = ${UNAVAILABLE}`);
    }
    const resolved = git.resolveForArgocd(source.repoURL, revision);
    return resolved ?? refusal(9, `${failed} Unknown desc = unable to resolve '${revision}' to a commit SHA`);
  }

  #noRollback(app: App): HttpAnswer | undefined {
    if (!this.#deps.store.rights.sync) return refusal(7, "permission denied");
    if (app.deletingSince !== undefined) return refusal(9, "application is deleting");
    return isAutoSynced(app) ? refusal(9, "rollback cannot be initiated when auto-sync is enabled") : undefined;
  }

  #accept(app: App, post: Note): HttpAnswer {
    this.#note(post);
    this.#deps.onAccepted(app);
    return json(postedText(app));
  }

  #refuse(post: Note, answer: HttpAnswer): HttpAnswer {
    this.#note({ ...post, refused: { status: answer.status, text: answer.text } });
    return answer;
  }

  #note(post: Note): void {
    const { store } = this.#deps;
    store.truth.posts.push({ at: store.now(), by: ACCOUNT, ...post });
  }
}

const busy = refusal(9, "another operation is already in progress");
const nothingToEnd = refusal(3, "Unable to terminate operation. No operation is in progress");

function noEntry(app: App, id: unknown): HttpAnswer {
  if (typeof id === "number") return refusal(3, `application ${keyOf(app)} does not have deployment with id ${id}`);
  return refusal(13, 'grpc: error while marshaling: proto: required field "id" not set');
}

function noteOf<Kind extends PostTruth["kind"]>(
  kind: Kind,
  { namespace, name }: Named,
  found: Found,
): { readonly app: string; readonly uid: string; readonly kind: Kind } {
  return { app: `${namespace}/${name}`, uid: found.kind === "found" ? found.app.uid : "", kind };
}

function namedBy(name: string, params: Params): Named {
  return { name, ...addressOf(params) };
}

function addressOf(params: Params): { readonly namespace: string; readonly project: string | undefined } {
  const project = textOf(params["project"]);
  return { namespace: textOf(params["appNamespace"]) || "argocd", project: project === "" ? undefined : project };
}

function paramsOf(body: unknown): Params {
  return isRecord(body) ? body : {};
}

function isRecord(value: unknown): value is Params {
  return typeof value === "object" && value !== null;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function infosOf(value: unknown): readonly Info[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).map((info) => ({ name: textOf(info["name"]), value: textOf(info["value"]) }));
}
