import { type AccountDefinition, accountToken } from "../../src/simulator/argocd-accounts.ts";
import type { ApplicationDefinition } from "../../src/simulator/argocd-application-store.ts";
import type { CommitDetails, ManifestSource } from "../../src/simulator/argocd-manifest-source.ts";

export const SHA = "5f1c7a9be3d24806b1fa7720c6d9e0f4a2b35c81";
export const NAMESPACE = "argocd";
export const TOKEN = accountToken("bench");

const REPOSITORY = "https://git.example.com/acme/deploy.git";

/** One folder of so many manifests, at one commit. */
export class OneFolder implements ManifestSource {
  readonly #files: ReadonlyMap<string, string>;

  constructor(settings: number) {
    const objects = [deployment, ...Array.from({ length: settings }, (_, index) => settingsNumber(index))];
    this.#files = new Map(objects.map((object, index) => [`${index}.json`, JSON.stringify(object)]));
  }

  references(): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(new Map([["refs/heads/main", SHA]]));
  }

  commitName(): Promise<string> {
    return Promise.resolve(SHA);
  }

  files(): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(this.#files);
  }

  commit(): Promise<CommitDetails> {
    const author = "Ana Lopez <ana@example.com>";
    return Promise.resolve({ author, date: "2026-11-21T08:59:27Z", message: "Initial manifests", tags: [] });
  }
}

const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "acme/web:1" }] } },
  },
};

function settingsNumber(index: number): object {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `settings-of-the-service-${index}` },
    data: { a: "1" },
  };
}

export function applicationNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `service-${index + 1}-prod`);
}

/** An Application that has been deployed and healthy for long. */
export function liveApplication(name: string): ApplicationDefinition {
  return {
    name,
    spec: {
      project: "default",
      source: { repoURL: REPOSITORY, path: "web", targetRevision: "main" },
      destination: { server: "https://kubernetes.default.svc", namespace: name },
      syncPolicy: { syncOptions: ["CreateNamespace=true"] },
    },
    liveRevisions: [SHA],
  };
}

export const ACCOUNTS: readonly AccountDefinition[] = [
  {
    name: "bench",
    token: TOKEN,
    policies: ["applications", "projects"].map((resource) => ({
      resource,
      action: "get",
      object: "*",
      effect: "allow" as const,
    })),
  },
];
