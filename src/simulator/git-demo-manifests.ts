import { createHash } from "node:crypto";

/** Where the images of the demo's shop would come from. */
const DEMO_REGISTRY = "registry.example.com/shop";

/** `registry.example.com/shop/checkout:1.5.0` */
export function demoImage(name: string, tag: string): string {
  return `${DEMO_REGISTRY}/${name}:${tag}`;
}

/** The same image with a digest that never changes, as manifests pin it. */
export function demoImageWithDigest(name: string, tag: string): string {
  const digest = createHash("sha256").update(`${name}:${tag}`).digest("hex");
  return `${demoImage(name, tag)}@sha256:${digest}`;
}

export interface DemoDeployment {
  readonly service: string;
  readonly tag: string;
  readonly replicas: number;
}

/** A Deployment that gives up after 10 s without progress, so that a bad revision is seen while one watches. */
export function deploymentManifest({ service, tag, replicas }: DemoDeployment): string {
  const labels = { app: service };
  return manifestText({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: service, labels },
    spec: {
      replicas,
      progressDeadlineSeconds: 10,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: service,
              image: demoImageWithDigest(service, tag),
              ports: [{ containerPort: 8080 }],
              envFrom: [{ configMapRef: { name: `${service}-settings` } }],
            },
          ],
        },
      },
    },
  });
}

export function serviceManifest(service: string): string {
  return manifestText({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: service, labels: { app: service } },
    spec: { selector: { app: service }, ports: [{ port: 80, targetPort: 8080 }] },
  });
}

export function settingsManifest(service: string, data: Readonly<Record<string, string>>): string {
  return manifestText({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: `${service}-settings` }, data });
}

export interface DemoHook {
  readonly service: string;
  /** `migrate` makes a Job named `<service>-migrate`. */
  readonly task: string;
  readonly phase: "PreSync" | "PostSync";
  readonly tag: string;
}

/** A Job that Argo CD runs before or after the other manifests; the one of the sync before is deleted first. */
export function hookManifest({ service, task, phase, tag }: DemoHook): string {
  const name = `${service}-${task}`;
  return manifestText({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      annotations: {
        "argocd.argoproj.io/hook": phase,
        "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
      },
    },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: 60,
      template: {
        spec: { restartPolicy: "Never", containers: [{ name: task, image: demoImageWithDigest(name, tag) }] },
      },
    },
  });
}

function manifestText(manifest: object): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
