import { canonicalJson } from "../platform/canonical-json.ts";
import type { ManagedObject } from "./argocd-comparison.ts";
import type { DesiredObject } from "./argocd-repo-server.ts";
import type { Manifest } from "./cluster-manifest.ts";
import type { LiveObject } from "./cluster-object.ts";
import { kubernetesTime } from "./cluster-pace.ts";

/** The answer of managed-resources: what Git asks for and what is live, each a JSON text, hooks left out. */
export function managedResources(objects: readonly ManagedObject[]): object {
  const items = objects.filter(({ isHook }) => !isHook).map((object) => item(object));
  return items.length === 0 ? {} : { items };
}

function item({ ref, desired, live, isModified }: ManagedObject): object {
  return {
    ...(ref.group === "" ? {} : { group: ref.group }),
    kind: ref.kind,
    ...(ref.namespace === "" ? {} : { namespace: ref.namespace }),
    name: ref.name,
    targetState: desired === undefined ? "null" : canonicalJson(masked(placed(desired))),
    liveState: live === undefined ? "null" : canonicalJson(masked(liveManifest(live))),
    normalizedLiveState: live === undefined ? "null" : canonicalJson(masked(live.manifest)),
    predictedLiveState: desired === undefined ? "null" : canonicalJson(masked(placed(desired))),
    ...(live === undefined ? {} : { resourceVersion: String(live.resourceVersion) }),
    ...(isModified ? { modified: true } : {}),
  };
}

/** One rendered object as `/manifests` lists it. */
export function manifestText({ manifest }: DesiredObject): string {
  return canonicalJson(masked(manifest));
}

/** A live object as the cluster would show it. */
export function liveManifest({
  manifest,
  ref,
  uid,
  createdAtMs,
  resourceVersion,
  generation,
  status,
}: LiveObject): object {
  return {
    ...manifest,
    metadata: {
      ...manifest.metadata,
      ...(ref.namespace === "" ? {} : { namespace: ref.namespace }),
      creationTimestamp: kubernetesTime(createdAtMs),
      generation,
      resourceVersion: String(resourceVersion),
      uid,
    },
    status: status.kind === "plain" ? {} : status,
  };
}

function placed({ ref, manifest }: DesiredObject): Manifest {
  if (ref.namespace === "") return manifest;
  return { ...manifest, metadata: { ...manifest.metadata, namespace: ref.namespace } };
}

// Argo CD never shows what is in a Secret.
function masked<Shape extends object>(manifest: Shape): Shape {
  if (Reflect.get(manifest, "kind") !== "Secret") return manifest;
  return {
    ...manifest,
    data: hidden(Reflect.get(manifest, "data")),
    stringData: hidden(Reflect.get(manifest, "stringData")),
  };
}

function hidden(data: unknown): object {
  return Object.fromEntries(Object.keys(Object(data)).map((name) => [name, "++++++++"]));
}
