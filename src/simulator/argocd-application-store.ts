import { z } from "zod";

import type { Random } from "../platform/ids.ts";
import { type Application, applicationKey, ApplicationSpec, type OwnerReference } from "./argocd-application.ts";
import { kubernetesTime } from "./cluster-pace.ts";
import { uuid } from "./cluster-store.ts";

export const ApplicationDefinition = z.strictObject({
  name: z.string(),
  /** `argocd` when absent. */
  namespace: z.string().optional(),
  spec: ApplicationSpec,
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  /** The ApplicationSet that made it, and undoes every change of its spec. */
  applicationSet: z.string().optional(),
  /** What is deployed already and has been healthy for long: a full commit name for each source. Nothing when absent. */
  liveRevisions: z.array(z.string()).optional(),
});
export type ApplicationDefinition = z.infer<typeof ApplicationDefinition>;

export interface ApplicationEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly application: Application;
}

export interface ApplicationStoreDeps {
  readonly now: () => number;
  readonly random: Random;
  readonly nextVersion: () => number;
}

type Listener = (event: ApplicationEvent) => void;

/** Where the control plane of Argo CD lives, and most Applications with it. */
export const CONTROL_NAMESPACE = "argocd";

/** The Applications as Kubernetes keeps them: every write has a resource version and is told to the watchers. */
export class ApplicationStore {
  readonly #deps: ApplicationStoreDeps;
  readonly #applications = new Map<string, Application>();
  readonly #before = new Map<string, Application>();
  readonly #listeners = new Set<Listener>();
  #lastVersion = "0";

  constructor(deps: ApplicationStoreDeps) {
    this.#deps = deps;
  }

  /** The version of the last write: what a list answers. */
  get lastVersion(): string {
    return this.#lastVersion;
  }

  get(key: string): Application | undefined {
    return this.#applications.get(key);
  }

  /** All Applications by name. */
  list(): readonly Application[] {
    return [...this.#applications.values()].toSorted((left, right) =>
      applicationKey(left) < applicationKey(right) ? -1 : 1,
    );
  }

  /** The Application as it was one write ago, which is what a replica that lags behind would show. */
  before(key: string): Application | undefined {
    return this.#before.get(key);
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  create(definition: ApplicationDefinition): Application {
    const { name, namespace = CONTROL_NAMESPACE, spec, labels, annotations, applicationSet } = definition;
    const version = this.#nextVersion();
    const owner = applicationSet === undefined ? undefined : ownerReference(applicationSet, this.#deps.random);
    const application: Application = {
      metadata: {
        name,
        namespace,
        uid: uuid(this.#deps.random),
        resourceVersion: version,
        generation: 1,
        creationTimestamp: kubernetesTime(this.#deps.now()),
        ...(labels === undefined ? {} : { labels }),
        ...(annotations === undefined ? {} : { annotations }),
        ...(owner === undefined ? {} : { ownerReferences: [owner] }),
      },
      spec,
      status: { sync: { status: "", comparedTo: {} }, health: {}, summary: {}, sourceHydrator: {} },
    };
    this.#applications.set(applicationKey(application), application);
    this.#tell({ type: "ADDED", application });
    return application;
  }

  /** Writes what `change` makes of the Application; answers the new one, or undefined when it is gone. */
  update(key: string, change: (application: Application) => Application): Application | undefined {
    const before = this.#applications.get(key);
    if (before === undefined) return undefined;
    const changed = change(before);
    const { generation } = before.metadata;
    const metadata = { ...changed.metadata, resourceVersion: this.#nextVersion(), generation: generation + 1 };
    const application = { ...changed, metadata };
    this.#before.set(key, before);
    this.#applications.set(key, application);
    this.#tell({ type: "MODIFIED", application });
    return application;
  }

  remove(key: string): void {
    const before = this.#applications.get(key);
    if (before === undefined) return;
    const metadata = { ...before.metadata, resourceVersion: this.#nextVersion() };
    this.#applications.delete(key);
    this.#before.delete(key);
    this.#tell({ type: "DELETED", application: { ...before, metadata } });
  }

  #nextVersion(): string {
    this.#lastVersion = String(this.#deps.nextVersion());
    return this.#lastVersion;
  }

  #tell(event: ApplicationEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function ownerReference(applicationSet: string, random: Random): OwnerReference {
  const apiVersion = "argoproj.io/v1alpha1";
  return { apiVersion, kind: "ApplicationSet", name: applicationSet, uid: uuid(random), controller: true };
}
