import type { Clock } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import { type AccountDefinition, Accounts } from "./argocd-accounts.ts";
import { type Application, applicationKey, type Operation, sourcesOf } from "./argocd-application.ts";
import { type ApplicationDefinition, ApplicationStore } from "./argocd-application-store.ts";
import { pinnedSources } from "./argocd-auto-sync.ts";
import { isHook } from "./argocd-hooks.ts";
import { OperationRecord, resultOf } from "./argocd-operation-record.ts";
import { Clusters } from "./argocd-clusters.ts";
import { EventLog } from "./argocd-event-log.ts";
import { Gate } from "./argocd-gate.ts";
import type { ManifestSource } from "./argocd-manifest-source.ts";
import { Operations } from "./argocd-operations.ts";
import { RefreshProcessor } from "./argocd-refresh.ts";
import { RepoServer } from "./argocd-repo-server.ts";
import { SyncWindows } from "./argocd-sync-windows.ts";
import { TIMINGS } from "./argocd-timings.ts";
import { type Manifest, refOf } from "./cluster-manifest.ts";
import type { ImageBehaviour } from "./cluster-object.ts";
import { kubernetesTime, Pace } from "./cluster-pace.ts";
import { ClusterSimulator } from "./cluster-simulator.ts";

export interface InstanceOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly speed: number;
  readonly manifests: ManifestSource;
  readonly accounts: readonly AccountDefinition[];
  readonly images: Readonly<Record<string, ImageBehaviour>>;
  readonly otherImages: ImageBehaviour;
  /** What `url` in the settings says: where people find the user interface. */
  readonly publicUrl: string;
  /** `v3.5.1+simulated` */
  readonly version: string;
}

/** Everything behind the API of one simulated Argo CD. */
export class ArgocdInstance {
  readonly pace: Pace;
  readonly manifests: ManifestSource;
  readonly applications: ApplicationStore;
  readonly cluster: ClusterSimulator;
  readonly repoServer: RepoServer;
  readonly windows = new SyncWindows();
  readonly clusters = new Clusters();
  readonly events: EventLog;
  readonly accounts: Accounts;
  readonly refresh: RefreshProcessor;
  readonly operations: Operations;
  /** Closed while the application controller is down. */
  readonly controller = new Gate();
  readonly publicUrl: string;
  readonly version: string;
  /** Without Redis the tree and the diff fail; everything else goes on. */
  isRedisDown = false;
  readonly #generated = new Map<string, ApplicationDefinition>();

  constructor(options: InstanceOptions) {
    const { clock, random } = options;
    let lastVersion = 1000;
    const nextVersion = (): number => (lastVersion += 1);
    const now = (): number => clock.now();
    this.publicUrl = options.publicUrl;
    this.version = options.version;
    this.pace = new Pace({ clock, speed: options.speed });
    this.manifests = options.manifests;
    this.applications = new ApplicationStore({ now, random, nextVersion });
    const { pace, applications, windows, controller } = this;
    const { images, otherImages } = options;
    this.cluster = new ClusterSimulator({ pace, random, nextVersion, images, otherImages });
    this.repoServer = new RepoServer(options.manifests);
    this.events = new EventLog(now);
    this.accounts = new Accounts(options.accounts, clock.now());
    const { cluster, repoServer, events } = this;
    this.refresh = new RefreshProcessor({ pace, applications, cluster, repoServer, windows, events, controller });
    const { refresh } = this;
    this.operations = new Operations({
      pace,
      applications,
      cluster,
      repoServer,
      windows,
      events,
      controller,
      refresh,
    });
  }

  /** Makes an Application, and resolves when it has been compared with Git. */
  async create(definition: ApplicationDefinition): Promise<void> {
    const application = this.applications.create(definition);
    const key = applicationKey(application);
    this.#generated.set(key, definition);
    if (definition.liveRevisions !== undefined) await this.#place(application, definition.liveRevisions);
    await this.refresh.request(key, "latest");
  }

  // What was deployed before the simulator started: there, ready, and in the history.
  async #place(application: Application, wanted: readonly string[]): Promise<void> {
    const sources = sourcesOf(application.spec);
    const rendered = await this.repoServer.render({ application, sources, revisions: wanted });
    if (rendered.kind === "failed")
      throw new AppError(`cannot deploy ${application.metadata.name}: ${rendered.text}`, {
        code: "simulator.bad-world",
      });
    const key = applicationKey(application);
    const name = application.spec.destination.namespace;
    const namespace: Manifest = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    this.cluster.apply({ ref: refOf(namespace, ""), manifest: namespace, application: "" });
    for (const { ref, manifest } of rendered.objects) {
      if (!isHook(manifest)) this.cluster.place({ ref, manifest, application: key });
    }
    const operation: Operation = {
      sync: pinnedSources(application.spec, rendered.revisions),
      initiatedBy: { username: "admin" },
      retry: {},
    };
    const { pace, applications } = this;
    const record = new OperationRecord({ pace, applications, key, uid: application.metadata.uid, operation });
    record.keep(resultOf(sources, rendered.revisions));
    record.remember(sources, rendered.revisions);
    record.finish("Succeeded", "successfully synced (all tasks run)");
  }

  /** Deletes an Application; with `cascade` what it applied is deleted first, during which it is still there. */
  async delete(key: string, cascade: boolean): Promise<void> {
    if (cascade) {
      const deletionTimestamp = kubernetesTime(this.pace.now());
      this.applications.update(key, (application) => ({
        ...application,
        metadata: { ...application.metadata, deletionTimestamp },
      }));
      const applied = this.cluster.store.ofApplication(key).filter(({ owner }) => owner === undefined);
      for (const { ref } of applied) this.cluster.delete(`${ref.group}/${ref.kind}/${ref.namespace}/${ref.name}`);
      await this.pace.sleep(TIMINGS.deletion);
    }
    this.#generated.delete(key);
    this.applications.remove(key);
  }

  /** Undoes, a moment later, what somebody changed in the spec of an Application that an ApplicationSet owns. */
  revertIfOwned(key: string): void {
    const definition = this.#generated.get(key);
    if (definition?.applicationSet === undefined) return;
    this.pace.after(TIMINGS.ownerRevert, () => {
      this.applications.update(key, (application) => {
        const { labels = {}, annotations = {} } = definition;
        return { ...application, metadata: { ...application.metadata, labels, annotations }, spec: definition.spec };
      });
      void this.refresh.request(key, "latest");
    });
  }

  stop(): void {
    this.pace.stop();
  }
}
