import type { Random } from "../platform/ids.ts";
import { keyOf, type Manifest, type ObjectRef } from "./cluster-manifest.ts";
import type { LiveObject, ObjectStatus } from "./cluster-object.ts";

export interface ClusterStoreDeps {
  readonly now: () => number;
  readonly random: Random;
  /** The next resource version; one counter for the whole cluster, Applications included. */
  readonly nextVersion: () => number;
}

export interface NewObject {
  readonly ref: ObjectRef;
  readonly manifest: Manifest;
  readonly status: ObjectStatus;
  readonly application: string;
  readonly owner?: string;
}

type Changes = Partial<Pick<LiveObject, "manifest" | "generation" | "status" | "application" | "deleting">>;

/** The objects of a cluster, and who is told when they change. */
export class ClusterStore {
  readonly #deps: ClusterStoreDeps;
  readonly #objects = new Map<string, LiveObject>();
  readonly #byApplication = new Map<string, Set<string>>();
  readonly #byOwner = new Map<string, Set<string>>();
  readonly #listeners = new Set<(application: string) => void>();

  constructor(deps: ClusterStoreDeps) {
    this.#deps = deps;
  }

  get(key: string): LiveObject | undefined {
    return this.#objects.get(key);
  }

  /** Everything that was applied for an Application, and what grew out of it. */
  ofApplication(application: string): readonly LiveObject[] {
    return this.#each(this.#byApplication.get(application));
  }

  childrenOf(key: string): readonly LiveObject[] {
    return this.#each(this.#byOwner.get(key));
  }

  /** Calls `listener` with the Application's name at every change of one of its objects. */
  onChange(listener: (application: string) => void): void {
    this.#listeners.add(listener);
  }

  add(object: NewObject): LiveObject {
    const key = keyOf(object.ref);
    const added: LiveObject = {
      ...object,
      uid: uuid(this.#deps.random),
      createdAtMs: this.#deps.now(),
      resourceVersion: this.#deps.nextVersion(),
      generation: 1,
      deleting: false,
    };
    this.#objects.set(key, added);
    remember(this.#byApplication, added.application, key);
    if (added.owner !== undefined) remember(this.#byOwner, added.owner, key);
    this.#tell(added.application);
    return added;
  }

  /** Replaces parts of an object; nothing happens when it is gone meanwhile. */
  change(key: string, changes: Changes): void {
    const object = this.#objects.get(key);
    if (object === undefined) return;
    const changed = { ...object, ...changes, resourceVersion: this.#deps.nextVersion() };
    this.#objects.set(key, changed);
    if (changed.application !== object.application) {
      this.#byApplication.get(object.application)?.delete(key);
      remember(this.#byApplication, changed.application, key);
      this.#tell(object.application);
    }
    this.#tell(changed.application);
  }

  /** Removes an object with all that it owns. */
  remove(key: string): void {
    const object = this.#objects.get(key);
    if (object === undefined) return;
    for (const child of this.childrenOf(key)) this.remove(keyOf(child.ref));
    this.#objects.delete(key);
    this.#byOwner.delete(key);
    this.#byApplication.get(object.application)?.delete(key);
    if (object.owner !== undefined) this.#byOwner.get(object.owner)?.delete(key);
    this.#deps.nextVersion();
    this.#tell(object.application);
  }

  #each(keys: ReadonlySet<string> | undefined): readonly LiveObject[] {
    return [...(keys ?? [])].flatMap((key) => this.#objects.get(key) ?? []);
  }

  #tell(application: string): void {
    for (const listener of this.#listeners) listener(application);
  }
}

function remember(index: Map<string, Set<string>>, name: string, key: string): void {
  const keys = index.get(name) ?? new Set<string>();
  index.set(name, keys.add(key));
}

/** A random identifier in the form that Kubernetes gives to objects. */
export function uuid(random: Random): string {
  const hex = random.bytes(16).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
