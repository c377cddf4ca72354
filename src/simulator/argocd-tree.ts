import type { ManagedObject } from "./argocd-comparison.ts";
import { healthOf } from "./cluster-health.ts";
import type { ObjectRef } from "./cluster-manifest.ts";
import type { LiveObject, PodStatus } from "./cluster-object.ts";
import { kubernetesTime } from "./cluster-pace.ts";

/** The tree of an Application: what it applied and what grew out of that, then what is missing. */
export function resourceTree(objects: readonly ManagedObject[], live: readonly LiveObject[]): object {
  const byKey = new Map(live.map((object) => [keyText(object.ref), object]));
  const present = live.map((object) => ({ ref: object.ref, node: liveNode(object, byKey) }));
  const missing = objects
    .filter((object) => object.live === undefined)
    .map(({ ref }) => ({ ref, node: { ...nameOf(ref), health: { status: "Missing" } } }));
  const nodes = [...present, ...missing].toSorted((a, b) => (keyText(a.ref) < keyText(b.ref) ? -1 : 1));
  return { nodes: nodes.map(({ node }) => node), shardsCount: "1" };
}

function liveNode(object: LiveObject, byKey: ReadonlyMap<string, LiveObject>): object {
  const owner = object.owner === undefined ? undefined : byKey.get(ownerText(object.owner));
  const health = healthOf(object);
  const { status } = object;
  return {
    ...nameOf(object.ref),
    uid: object.uid,
    ...(owner === undefined ? {} : { parentRefs: [{ ...nameOf(owner.ref), uid: owner.uid }] }),
    ...(status.kind === "Pod" ? { info: podInfo(status), networkingInfo: { labels: status.labels } } : {}),
    ...("revision" in status ? { info: [{ name: "Revision", value: `Rev:${status.revision}` }] } : {}),
    resourceVersion: String(object.resourceVersion),
    ...(status.kind === "Pod" && status.image !== "" ? { images: [status.image] } : {}),
    ...(health === undefined ? {} : { health }),
    createdAt: kubernetesTime(object.createdAtMs),
  };
}

function podInfo({ reason, ready }: PodStatus): readonly object[] {
  return [
    { name: "Status Reason", value: reason },
    { name: "Node", value: "node-1" },
    { name: "Containers", value: ready ? "1/1" : "0/1" },
  ];
}

function nameOf({ group, version, kind, namespace, name }: ObjectRef): object {
  return {
    ...(group === "" ? {} : { group }),
    version,
    kind,
    ...(namespace === "" ? {} : { namespace }),
    name,
  };
}

function keyText({ group, kind, namespace, name }: ObjectRef): string {
  return `${group}/${kind}/${namespace}/${name}`;
}

function ownerText(key: string): string {
  return key;
}
