import { z } from "zod";

import type { GateSubject } from "../../src/domain/gate.ts";
import type { ApprovalRule } from "../../src/domain/target.ts";
import { defineGate } from "../../src/engine/step-kind.ts";
import { BenchEngine, stepOf } from "./bench-engine.ts";

export const GATES = 10_000;

const AT_ONCE = 200;

const RULE: ApprovalRule = {
  from: [{ kind: "group", group: "S0APPROVE1" }],
  quorum: 1,
  // Nothing of it comes due while the benchmark lasts.
  expiresMs: 30 * 86_400_000,
  requesterMayApprove: false,
};

/** A gate that is called as the product's, so that the product continues what was left at it. */
export const approvalGate = defineGate({
  kind: "approval",
  summary: "waits for people",
  input: z.strictObject({}),
  output: z.strictObject({}),
  subject: (_input, { effect, planDigest }) => Promise.resolve(subjectOf(effect.path, planDigest)),
  open: (_input, { effect, planDigest }) =>
    Promise.resolve({
      subject: subjectOf(effect.path, planDigest),
      evidence: {
        prompt: "Promote checkout to prod?",
        direction: "forward",
        commits: [{ sha: SHA, subject: "Add retries to the payment client", author: "Ana", authoredAt: 1_700_000_000 }],
        otherCommits: 0,
        currentHealth: "Healthy",
        warnings: [],
      },
      rule: RULE,
    }),
});

const SHA = "5f1c7a9be3d24806b1fa7720c6d9e0f4a2b35c81";

function subjectOf(path: string, planDigest: string): GateSubject {
  return {
    planDigest,
    path,
    requester: "p_bench",
    service: "checkout",
    environment: "prod",
    app: "main/argocd/checkout-prod",
    serverUrl: "https://argocd.example.com",
    applicationUid: "7d3b9f60-2f2a-4c57-9d33-0a6e0b1f0c11",
    fromRevision: "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d",
    toRevision: SHA,
    repository: "https://git.example.com/acme/deploy.git",
    sourceDigest: "",
    imageDigests: [],
    planFileDigest: "",
    checks: [],
    rule: RULE,
  };
}

/** A log in which so many runs wait for people, and Slack shows all of them. */
export async function parkGates(folder: string): Promise<void> {
  const parked = Promise.withResolvers<void>();
  const waiting = new Set<string>();
  await using engine = await BenchEngine.open({
    folder,
    kinds: [approvalGate],
    onChanged: (run, view) => {
      const { state } = view();
      if (![...state.steps.values()].some(({ gate }) => gate !== undefined)) return;
      waiting.add(run);
      engine.store.events.markShown(run, state.version);
      if (waiting.size === GATES) parked.resolve();
    },
  });
  const steps = [stepOf("ask", approvalGate)];
  for (let done = 0; done < GATES; done += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => engine.start(engine.newRunId(), steps)));
  }
  await parked.promise;
}
