import { z } from "zod";

import { ArgocdError } from "./argocd-errors.ts";
import type { HttpCall } from "./argocd-http.ts";
import { text } from "./go-fields.ts";

/** What is kept of a cluster beside its address. What is absent stays as it is, or as Argo CD has it by itself. */
export interface ClusterFields {
  readonly name?: string;
  readonly config?: object;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly namespaces?: readonly string[];
  readonly clusterResources?: boolean;
  readonly project?: string;
}

const words = z
  .record(z.string(), z.string())
  .nullish()
  .transform((found) => found ?? {});

/** A cluster as Argo CD shows it: what is secret about it is left out there. */
const Cluster = z
  .object({
    server: z.string(),
    name: text,
    labels: words,
    annotations: words,
    info: z
      .object({
        connectionState: z.object({ status: text, message: text }).prefault({}),
        serverVersion: text,
      })
      .prefault({}),
  })
  .transform(({ info, ...cluster }) => ({ ...cluster, ...info }));
export type Cluster = z.output<typeof Cluster>;

interface Options {
  readonly signal?: AbortSignal;
}

interface Deps {
  /** Sends once and reads the answer; throws ArgocdError. */
  readonly call: <Schema extends z.ZodType>(schema: Schema, call: HttpCall) => Promise<z.output<Schema>>;
}

// Argo CD connects to the cluster before it answers, and gives that half a minute.
const WRITE_MS = 60_000;
const READ_MS = 15_000;

/** The clusters that an Argo CD knows. */
export class ArgocdClusters {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Undefined for one that Argo CD does not have, or does not show to this account: it answers both in the same way. */
  async get(server: string, { signal }: Options = {}): Promise<Cluster | undefined> {
    const what = `read the cluster ${server}`;
    try {
      return await this.#deps.call(Cluster, { what, method: "GET", path: pathOf(server), timeoutMs: READ_MS, signal });
    } catch (error) {
      if (error instanceof ArgocdError && (error.details["status"] === 403 || error.details["status"] === 404))
        return undefined;
      throw error;
    }
  }

  /** Adds it, or replaces one that is there after all. Argo CD connects to it before it keeps it. */
  async create(cluster: ClusterFields & { readonly server: string }, { signal }: Options = {}): Promise<Cluster> {
    const what = `register the cluster ${cluster.server}`;
    const path = "/api/v1/clusters?upsert=true";
    return await this.#deps.call(Cluster, { what, method: "POST", path, body: cluster, timeoutMs: WRITE_MS, signal });
  }

  /** Changes what is given, and nothing else of it. */
  async update(cluster: ClusterFields & { readonly server: string }, { signal }: Options = {}): Promise<Cluster> {
    const { server, ...fields } = cluster;
    const what = `update the cluster ${server}`;
    const query = Object.keys(fields).map((field) => `&updatedFields=${field}`);
    const path = `${pathOf(server)}${query.join("")}`;
    return await this.#deps.call(Cluster, { what, method: "PUT", path, body: cluster, timeoutMs: WRITE_MS, signal });
  }
}

function pathOf(server: string): string {
  return `/api/v1/clusters/${encodeURIComponent(server)}?id.type=server`;
}
