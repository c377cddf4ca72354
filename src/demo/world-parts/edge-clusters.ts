import type { ApplicationDefinition } from "../../simulator/argocd-application-store.ts";
import { DEMO_PROJECT } from "../../simulator/argocd-demo-world.ts";
import { DEMO_AUTHORS } from "../../simulator/git-demo-history.ts";
import { demoImage, deploymentManifest } from "../../simulator/git-demo-manifests.ts";
import type { GitCommit } from "../../simulator/git-repository.ts";
import { defineWorldPart, type WorldPart } from "../world-part.ts";
import { shop } from "./shop.ts";

/** A service that runs in ten clusters, `edge-1` to `edge-10`, with a release that one of them does not bear. */
export interface EdgeClusters {
  readonly clusters: readonly string[];
  /** A relay that crashes in `edge-4` only. */
  readonly picky: string;
  /** The beginning of its image's name there, for the control of the simulated clusters. */
  readonly pickyThere: string;
}

const CLUSTERS = Array.from({ length: 10 }, (_, index) => `edge-${index + 1}`);
const PICKY_TAG = "3.2.0";
const PICKY_THERE = `relay-edge-4 ${demoImage("relay", PICKY_TAG)}`;

/** The first cluster asks for approval: that is how a fleet is asked about once. */
const APPROVAL = { from: [{ group: "S0APPROVE1", handle: "release-approvers" }], quorum: 1, expires: "1h" };

export const edgeClusters: WorldPart<EdgeClusters> = defineWorldPart({
  name: "edge-clusters",
  needs: [shop],
  open: async ({ git }) => {
    const { repository, url } = await git.create("edge");
    const [live = "", picky = ""] = await repository.commitAll([
      { author: DEMO_AUTHORS.ben, message: "relay: 3.1.0", files: release("3.1.0") },
      { author: DEMO_AUTHORS.dana, message: "relay: 3.2.0, maps its cache into memory", files: release(PICKY_TAG) },
    ]);
    const environments = Object.fromEntries(CLUSTERS.map((cluster) => [cluster, `relay-${cluster}`]));
    return {
      thing: { clusters: CLUSTERS, picky, pickyThere: PICKY_THERE },
      configuration: {
        environments: CLUSTERS.map((name, index) => ({ name, approval: index === 0 ? APPROVAL : "none" })),
        services: [{ name: "relay", environments }],
        repositories: [{ url, branches: ["main"] }],
      },
      applications: CLUSTERS.map((cluster) => application({ cluster, url, live })),
      images: { [PICKY_THERE]: { kind: "crashes", afterMs: 800 } },
    };
  },
});

function release(tag: string): GitCommit["files"] {
  const manifest = deploymentManifest({ service: "relay", tag, replicas: 2 });
  return Object.fromEntries(CLUSTERS.map((cluster) => [`relay/${cluster}/deployment.json`, manifest]));
}

function application({
  cluster,
  url,
  live,
}: {
  readonly cluster: string;
  readonly url: string;
  readonly live: string;
}): ApplicationDefinition {
  const name = `relay-${cluster}`;
  return {
    name,
    labels: { "quarterdeck.dev/service": "relay", "quarterdeck.dev/environment": cluster },
    spec: {
      project: DEMO_PROJECT,
      source: { repoURL: url, path: `relay/${cluster}`, targetRevision: "main" },
      destination: { server: `https://${cluster}.example.com`, namespace: name },
      syncPolicy: { syncOptions: ["CreateNamespace=true"] },
    },
    liveRevisions: [live],
  };
}
