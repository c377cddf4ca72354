import { ArgocdClient } from "../../../src/argocd/argocd-client.ts";
import { ArgocdError } from "../../../src/argocd/argocd-errors.ts";
import type { HttpCall } from "../../../src/argocd/argocd-http.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { argocdCluster } from "../../../src/steps/cluster/argocd-cluster.ts";
import type { ActionScene } from "../step-kind.contract.ts";

const random = { bytes: (length: number): Buffer => Buffer.alloc(length), fraction: (): number => 0.5 };

/** An Argo CD that does not have the cluster yet. What it holds of it in the end is what is counted, however often it is told. */
export async function clusterScene(): Promise<ActionScene> {
  const held = new Map<string, unknown>();
  let wait: ((signal: AbortSignal | undefined) => Promise<never>) | undefined;
  const json = async ({ method, body, signal }: HttpCall): Promise<unknown> => {
    signal?.throwIfAborted();
    await wait?.(signal);
    const server = "https://10.0.0.1:6443";
    if (method === "GET" && !held.has(server))
      throw new ArgocdError("hidden", { class: "hidden", details: { status: 403 } });
    if (method !== "GET") held.set(server, body);
    return { server, name: "eu-1", info: { connectionState: { status: "Successful" }, serverVersion: "1.35" } };
  };
  const client = new ArgocdClient({ http: { json }, clock: systemClock, random });
  return {
    kind: argocdCluster({ servers: new Map([["main", { url: "https://argocd.test", client }]]) }),
    input: { name: "eu-1", server: "https://10.0.0.1:6443", token: { secret: "TOKEN" } },
    effects: () => held.size,
    hold: () => {
      const asked = Promise.withResolvers<void>();
      wait = (signal) => {
        asked.resolve();
        return new Promise((_, reject) => {
          signal?.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
        });
      };
      return asked.promise;
    },
  };
}
