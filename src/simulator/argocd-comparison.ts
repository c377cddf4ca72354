import type { ResourceStatus } from "./argocd-application.ts";
import { ignoresHealth, isHook, syncWaveOf } from "./argocd-hooks.ts";
import type { DesiredObject } from "./argocd-repo-server.ts";
import { healthOf, type Health, type HealthStatus, worstHealth } from "./cluster-health.ts";
import { keyOf, type ObjectRef } from "./cluster-manifest.ts";
import type { LiveObject } from "./cluster-object.ts";

/** One object of an Application: what Git asks for, what the cluster has, or both. */
export interface ManagedObject {
  readonly ref: ObjectRef;
  readonly desired?: DesiredObject;
  readonly live?: LiveObject;
  readonly health?: Health;
  readonly isHook: boolean;
  readonly isModified: boolean;
}

export interface Comparison {
  readonly sync: "Synced" | "OutOfSync";
  readonly health: HealthStatus;
  /** In the order in which Argo CD lists them: group, kind, namespace, name. */
  readonly objects: readonly ManagedObject[];
  readonly images: readonly string[];
}

/** Compares what Git asks for with what the cluster has. `live` is everything that belongs to the Application, pods included. */
export function compare(desired: readonly DesiredObject[], live: readonly LiveObject[]): Comparison {
  const applied = new Map(
    live.filter((object) => object.owner === undefined).map((object) => [keyOf(object.ref), object]),
  );
  const objects: ManagedObject[] = [];
  for (const wanted of desired) {
    if (isHook(wanted.manifest)) continue;
    const key = keyOf(wanted.ref);
    objects.push(wantedObject(wanted, applied.get(key)));
    applied.delete(key);
  }
  for (const object of applied.values()) objects.push(extraObject(object));
  objects.sort((left, right) => (orderOf(left.ref) < orderOf(right.ref) ? -1 : 1));
  return {
    sync: objects.some((object) => object.isModified) ? "OutOfSync" : "Synced",
    health: applicationHealth(objects),
    objects,
    images: runningImages(live),
  };
}

function wantedObject(desired: DesiredObject, live: LiveObject | undefined): ManagedObject {
  const base = { ref: desired.ref, desired, isHook: false };
  if (live === undefined) return { ...base, health: { status: "Missing" }, isModified: true };
  const health = healthOf(live);
  const isModified = !covers(live.manifest, desired.manifest);
  return { ...base, live, isModified, ...(health === undefined ? {} : { health }) };
}

function extraObject(live: LiveObject): ManagedObject {
  const health = healthOf(live);
  const hook = isHook(live.manifest);
  return { ref: live.ref, live, isHook: hook, isModified: !hook, ...(health === undefined ? {} : { health }) };
}

// One missing object does not make the Application Missing; all of them do (Argo CD 3.4 and later).
function applicationHealth(objects: readonly ManagedObject[]): HealthStatus {
  const counted = objects.filter(({ isHook: hook, desired, live }) => {
    const manifest = desired?.manifest ?? live?.manifest;
    return !hook && (manifest === undefined || !ignoresHealth(manifest));
  });
  if (counted.length > 0 && counted.every(({ live }) => live === undefined)) return "Missing";
  return worstHealth(counted.flatMap(({ live, health }) => (live === undefined ? [] : (health?.status ?? []))));
}

function runningImages(live: readonly LiveObject[]): readonly string[] {
  const images = live.flatMap(({ status }) => (status.kind === "Pod" && status.image !== "" ? [status.image] : []));
  return [...new Set(images)].toSorted();
}

/** Whether everything in `wanted` is in `live` too; what only `live` has does not count as a difference. */
export function covers(live: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(live) || live.length !== wanted.length) return false;
    return wanted.every((item, index) => covers(live[index], item));
  }
  if (typeof wanted !== "object" || wanted === null) return Object.is(live, wanted);
  if (typeof live !== "object" || live === null) return false;
  const members = new Map<string, unknown>(Object.entries(live));
  return Object.entries(wanted).every(([name, value]) => covers(members.get(name), value));
}

function orderOf(ref: ObjectRef): string {
  return [ref.group, ref.kind, ref.namespace, ref.name].join("\0");
}

/** The entry of `status.resources` for an object, without its health. */
export function resourceStatus({ ref, desired, live, isHook: hook, isModified }: ManagedObject): ResourceStatus {
  const wave = syncWaveOf((desired ?? live)?.manifest ?? { apiVersion: "", kind: "", metadata: { name: "" } });
  return {
    ...(ref.group === "" ? {} : { group: ref.group }),
    version: ref.version,
    kind: ref.kind,
    ...(ref.namespace === "" ? {} : { namespace: ref.namespace }),
    name: ref.name,
    ...(hook ? { hook } : { status: isModified ? "OutOfSync" : "Synced" }),
    ...(desired === undefined ? { requiresPruning: true } : {}),
    ...(wave === 0 ? {} : { syncWave: wave }),
  };
}
