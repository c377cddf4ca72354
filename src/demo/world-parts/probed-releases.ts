import { DEMO_AUTHORS } from "../../simulator/git-demo-history.ts";
import { demoImage, deploymentManifest } from "../../simulator/git-demo-manifests.ts";
import type { GitCommit } from "../../simulator/git-repository.ts";
import { defineWorldPart, type WorldPart } from "../world-part.ts";
import { shop } from "./shop.ts";

/** Two commits of the deploy repository, after those that every demo has. */
export interface ProbedReleases {
  /** A checkout that runs well. */
  readonly good: string;
  /** A checkout whose pods are ready, and that answers a tenth of its requests with 500. */
  readonly faulty: string;
}

const FAULTY_TAG = "1.8.0";

/** Releases of checkout that only their answers tell apart. */
export const probedReleases: WorldPart<ProbedReleases> = defineWorldPart({
  name: "probed-releases",
  needs: [shop],
  open: async ({ git }) => {
    const [good = "", faulty = ""] = await git.deploy.repository.commitAll([
      { author: DEMO_AUTHORS.chen, message: "checkout: 1.7.0, remembers the basket", files: release("1.7.0") },
      { author: DEMO_AUTHORS.dana, message: "checkout: 1.8.0, asks for vouchers", files: release(FAULTY_TAG) },
    ]);
    return {
      thing: { good, faulty },
      images: { [demoImage("checkout", FAULTY_TAG)]: { kind: "starts", afterMs: 1200, answers: { failing: 0.1 } } },
    };
  },
});

function release(tag: string): GitCommit["files"] {
  return {
    "checkout/staging/deployment.json": deploymentManifest({ service: "checkout", tag, replicas: 2 }),
    "checkout/prod/deployment.json": deploymentManifest({ service: "checkout", tag, replicas: 3 }),
  };
}
