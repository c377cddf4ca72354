import type { GitWorld } from "../git/git-world.ts";
import { type App, targetOf } from "./application-state.ts";
import { type ApplicationStore, keyOf } from "./application-store.ts";
import { applicationText, listedText } from "./application-text.ts";
import { type Comparisons, contentOf } from "./comparisons.ts";
import { type HttpAnswer, json, noRoute, refusal, UNAVAILABLE } from "./http-answer.ts";

export interface ArgocdReadsDeps {
  readonly store: ApplicationStore;
  readonly git: GitWorld;
  readonly comparisons: Comparisons;
  /** Called when an application was read. */
  readonly onRead: (app: App) => void;
}

/** What argocd-server answers to those who only look. */
export class ArgocdReads {
  readonly #deps: ArgocdReadsDeps;

  constructor(deps: ArgocdReadsDeps) {
    this.#deps = deps;
  }

  list(query: URLSearchParams): HttpAnswer {
    const { store } = this.#deps;
    const projects = query.getAll("projects");
    const items: string[] = [];
    for (const key of [...store.apps.keys()].toSorted()) {
      const app = store.apps.get(key);
      const isWanted = app !== undefined && (projects.length === 0 || projects.includes(app.project));
      if (isWanted && store.rights.get) items.push(listedText(app));
    }
    const list = items.length === 0 ? "null" : `[${items.join(",")}]`;
    return json(`{"metadata":{"resourceVersion":"1"},"items":${list}}`);
  }

  get(app: App, how: { readonly isRefresh: boolean; readonly deliver: (answer: HttpAnswer) => void }): void {
    const { store, comparisons, onRead } = this.#deps;
    const { isRefresh, deliver } = how;
    const read = (): void => {
      const { uid, version, specVersion } = app;
      if (!store.has(app)) {
        deliver(refusal(5, `applications.argoproj.io "${app.name}" not found`));
        return;
      }
      const { status: health, since: healthSince } = app.health;
      const sync = { compared: app.sync.revision, isSynced: app.sync.status === "Synced" };
      const oldestEntry = app.history[0]?.id ?? app.nextHistoryId;
      const isDeleting = app.deletingSince !== undefined;
      const shown = { health, healthSince, comparedAt: app.reconciledAt, ...sync, oldestEntry, isDeleting };
      store.truth.reads.push({ at: store.now(), app: keyOf(app), uid, version, specVersion, isRefresh, ...shown });
      onRead(app);
      deliver(json(applicationText(app)));
    };
    if (isRefresh) comparisons.request(app, { done: read });
    else read();
  }

  details(app: App, below: string, query: URLSearchParams): HttpAnswer {
    if (below === "syncwindows") return json(this.#windows(app));
    if (below === "resource-tree") return json(treeText(app));
    if (below === "manifests") return this.#manifests(app, query.get("revision") ?? "");
    return noRoute;
  }

  #windows(app: App): string {
    const window = this.#deps.store.windows.get(keyOf(app)) ?? this.#deps.store.windows.get("*");
    if (window === undefined) return '{"canSync":true}';
    const shown = `[{"kind":"deny","schedule":"* * * * *","duration":"2h","manualSync":${window.manual}}]`;
    return `{"activeWindows":${shown},"assignedWindows":${shown},"canSync":${window.manual}}`;
  }

  #manifests(app: App, revision: string): HttpAnswer {
    const { store, git } = this.#deps;
    if (store.isRepoServerAway) return refusal(14, UNAVAILABLE);
    const resolved = git.resolveForArgocd(app.source.repoURL, revision || targetOf(app.source)) ?? "";
    const content = contentOf(git, app.source, resolved);
    if (content === undefined) return refusal(2, `Failed to checkout revision ${revision}`);
    const image = app.source.kustomize?.images[0] ?? `registry.example.com/${app.name}:${content.slice(0, 12)}`;
    const metadata = { name: app.name, namespace: app.name };
    const env = (app.source.helm?.parameters ?? []).map(({ name, value }) => ({ name, value }));
    const containers = [{ name: "app", image, ...(env.length > 0 && { env }) }];
    return json(
      JSON.stringify({
        manifests: [
          JSON.stringify({ apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ port: 80 }] } }),
          JSON.stringify({
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata,
            spec: { template: { spec: { containers } } },
          }),
        ],
      }),
    );
  }
}

function treeText({ name, cluster }: App): string {
  const place = `"namespace":"${name}"`;
  if (cluster.told === "Missing") {
    return `{"nodes":[{"version":"v1","kind":"Service",${place},"name":"${name}","health":{"status":"Missing"}},{"group":"apps","version":"v1","kind":"Deployment",${place},"name":"${name}","health":{"status":"Missing"}}]}`;
  }
  const message = cluster.message === "" ? "" : `,"message":${JSON.stringify(cluster.message)}`;
  const pod = cluster.told === "Degraded" ? `,"message":"CrashLoopBackOff"` : "";
  return (
    `{"nodes":[{"version":"v1","kind":"Service",${place},"name":"${name}","health":{"status":"Healthy"}},` +
    `{"group":"apps","version":"v1","kind":"Deployment",${place},"name":"${name}","health":{"status":"${cluster.told}"${message}}},` +
    `{"version":"v1","kind":"Pod",${place},"name":"${name}-1","health":{"status":"${cluster.told}"${pod}}}]}`
  );
}
