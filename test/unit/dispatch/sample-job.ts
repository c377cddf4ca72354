import { z } from "zod";

import type { Job } from "../../../src/engine/ports.ts";
import { defineAction } from "../../../src/engine/step-kind.ts";

const KIND = defineAction({
  kind: "test/safe",
  summary: "",
  repeat: "safe",
  input: z.looseObject({}),
  output: z.looseObject({}),
  run: () => Promise.resolve({ status: "succeeded", output: {} }),
});

/** The one kind of the sample job. */
export const SAFE_KINDS = new Map([[KIND.kind, KIND]]);

/** A job in which everything is said that a job can say. */
export const SAFE_JOB: Job = {
  effect: { run: "run_1", path: "promote/for-each[prod]/sync", attempt: 2 },
  token: 9,
  uses: "test/safe",
  input: { app: "main/argocd/checkout-prod" },
  facts: {
    runTitle: "Promote",
    requester: "p_ana",
    requesterUser: "U1",
    proof: { run: "r", app: "a", applicationUid: "u", revision: "s", sourceDigest: "d", provenAt: 1 },
  },
  checkpointed: { before: 1 },
  earlier: { left: ["b"] },
  prepared: { looked: true },
  startedAt: 7,
};
