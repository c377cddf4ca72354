import type { ArgocdClient } from "../argocd/argocd-client.ts";
import { type Finding, Subject } from "./finding.ts";

export interface ClustersQuestion {
  /** Its name in the configuration. */
  readonly server: string;
  readonly account: string;
  readonly client: Pick<ArgocdClient, "canI">;
  readonly signal: AbortSignal;
}

// Some name: Argo CD compares the object of a question with the patterns of its policies, and not the other way round.
const SOME = "quarterdeck-doctor";

/** Whether the account may register clusters, as steps that use `argocd/cluster` do. */
export async function argocdClusters({
  server,
  account,
  client,
  signal,
}: ClustersQuestion): Promise<readonly Finding[]> {
  const about = new Subject("argocd", `${server} clusters`);
  const may = async (action: "get" | "create" | "update"): Promise<boolean> =>
    await client.canI({ resource: "clusters", action, object: SOME }, { signal });
  const rights = ["get", "create", "update"] as const;
  const answers = await Promise.all(rights.map(may));
  const missing = rights.filter((_, index) => answers[index] === false);
  if (missing.length === 0) return [about.ok("the account may register and update clusters")];
  return [
    about.warning({
      what: `the account may not ${missing.join(", ")} any cluster, unless a policy names one`,
      why: "commands register clusters with `argocd/cluster`",
      mend: `add ${missing.map((action) => `p, ${account}, clusters, ${action}, *, allow`).join("; ")}, or lines with the addresses of the clusters`,
    }),
  ];
}
