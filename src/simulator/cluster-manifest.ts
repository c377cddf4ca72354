import { z } from "zod";

const StringMap = z.record(z.string(), z.string());

const Container = z.looseObject({ image: z.string().optional() });

const PodTemplate = z.looseObject({
  metadata: z.looseObject({ labels: StringMap.optional() }).optional(),
  spec: z.looseObject({ containers: z.array(Container).optional() }).optional(),
});

/** A Kubernetes object as it stands in Git: what the simulator reads of it is named, the rest is kept. */
export const Manifest = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z.looseObject({
    name: z.string().min(1),
    namespace: z.string().optional(),
    labels: StringMap.optional(),
    annotations: StringMap.optional(),
  }),
  spec: z
    .looseObject({
      replicas: z.unknown().optional(),
      paused: z.boolean().optional(),
      progressDeadlineSeconds: z.number().optional(),
      activeDeadlineSeconds: z.number().optional(),
      template: PodTemplate.optional(),
    })
    .optional(),
});
export type Manifest = z.infer<typeof Manifest>;

export interface ObjectRef {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Empty for what belongs to no namespace. */
  readonly namespace: string;
  readonly name: string;
}

const CLUSTER_SCOPED = new Set(["Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"]);

const KNOWN_GROUP_VERSIONS = new Set([
  "v1",
  "apps/v1",
  "batch/v1",
  "networking.k8s.io/v1",
  "rbac.authorization.k8s.io/v1",
]);

/** Which object a manifest is, with the destination's namespace where it names none. */
export function refOf(manifest: Manifest, defaultNamespace: string): ObjectRef {
  const slash = manifest.apiVersion.indexOf("/");
  const isScoped = !CLUSTER_SCOPED.has(manifest.kind);
  return {
    group: slash < 0 ? "" : manifest.apiVersion.slice(0, slash),
    version: manifest.apiVersion.slice(slash + 1),
    kind: manifest.kind,
    namespace: isScoped ? (manifest.metadata.namespace ?? defaultNamespace) : "",
    name: manifest.metadata.name,
  };
}

/** The same text for the same object, whatever its version. */
export function keyOf(ref: Omit<ObjectRef, "version">): string {
  return `${ref.group}/${ref.kind}/${ref.namespace}/${ref.name}`;
}

/** `deployment.apps/web`, as kubectl and Argo CD name an object in messages. */
export function resourceName(ref: ObjectRef): string {
  const kind = ref.kind.toLowerCase();
  return `${ref.group === "" ? kind : `${kind}.${ref.group}`}/${ref.name}`;
}

/** The images of the pods that a manifest makes, in order, each once. */
export function imagesOf(manifest: Manifest): readonly string[] {
  const images = (manifest.spec?.template?.spec?.containers ?? []).flatMap(({ image }) => image ?? []);
  return [...new Set(images)];
}

/** Why the cluster's API server would not take the manifest; undefined when it would. The texts are Kubernetes'. */
export function rejectionOf(manifest: Manifest): string | undefined {
  const replicas = manifest.spec?.replicas;
  if (manifest.kind !== "Deployment" || replicas === undefined || typeof replicas === "number") return undefined;
  return `Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal ${typeof replicas} into Go struct field DeploymentSpec.spec.replicas of type int32`;
}

/** Whether the cluster has any resource of the manifest's group and version. */
export function isKnownApiVersion(apiVersion: string): boolean {
  return KNOWN_GROUP_VERSIONS.has(apiVersion);
}
