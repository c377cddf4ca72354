import { z } from "zod";

/** How a cluster answers when Argo CD asks for its version. */
export const ClusterReach = z.enum(["answers", "unreachable", "refuses", "untrusted"]);
export type ClusterReach = z.infer<typeof ClusterReach>;

const words = z.record(z.string(), z.string());

/** A cluster as its secret holds it. */
export const ClusterSpec = z.looseObject({
  server: z.string().default(""),
  name: z.string().default(""),
  config: z.looseObject({}).default({}),
  labels: words.optional(),
  annotations: words.optional(),
  namespaces: z.array(z.string()).optional(),
  clusterResources: z.boolean().optional(),
  project: z.string().optional(),
  shard: z.number().optional(),
});
export type ClusterSpec = z.infer<typeof ClusterSpec>;

const VERSION = "1.35";

/** What the cluster in which Argo CD itself runs is called there. */
export const IN_CLUSTER: ClusterSpec = {
  server: "https://kubernetes.default.svc",
  name: "in-cluster",
  config: { tlsClientConfig: { insecure: false } },
};

/** The clusters of one simulated Argo CD: their secrets, and how each of them answers. */
export class Clusters {
  readonly #specs = new Map<string, ClusterSpec>([[IN_CLUSTER.server, IN_CLUSTER]]);
  readonly #reach = new Map<string, ClusterReach>();
  /** How often something was written about a cluster, by its address. */
  readonly writes = new Map<string, number>();

  get all(): readonly ClusterSpec[] {
    return [...this.#specs.values()];
  }

  get(server: string): ClusterSpec | undefined {
    return this.#specs.get(server);
  }

  named(name: string): ClusterSpec | undefined {
    return this.all.find((cluster) => cluster.name === name);
  }

  put(cluster: ClusterSpec): void {
    this.#specs.set(cluster.server, cluster);
    this.writes.set(cluster.server, (this.writes.get(cluster.server) ?? 0) + 1);
  }

  setReach(server: string, reach: ClusterReach): void {
    this.#reach.set(server, reach);
  }

  /** The version that it answers with, or what the attempt to ask it ends in. */
  version(server: string): { readonly version: string } | { readonly problem: string } {
    const url = `${server}/version?timeout=32s`;
    const host = URL.parse(server)?.hostname ?? server;
    switch (this.#reach.get(server) ?? "answers") {
      case "answers":
        return { version: VERSION };
      case "unreachable":
        return { problem: `Get "${url}": dial tcp: lookup ${host}: no such host` };
      case "refuses":
        return { problem: "the server has asked for the client to provide credentials" };
      case "untrusted":
        return {
          problem: `Get "${url}": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
        };
    }
  }
}
