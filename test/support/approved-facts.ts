import type { Application } from "../../src/argocd/application.ts";
import { type GateSubject, subjectDigest } from "../../src/domain/gate.ts";
import type { StepFacts } from "../../src/engine/step-kind.ts";
import { gateSubject } from "../../src/steps/gate-subject.ts";
import { sourceDigest } from "../../src/steps/live-revision.ts";
import { RULE } from "./run-spec.ts";

const APP = "main/argocd/checkout-prod";

/** The facts of a step that people approved, with `application` as they saw it; `more` is put over what they approved. */
export function approvedFacts(
  application: Application,
  { revision, ...more }: Partial<GateSubject> & { readonly revision: string },
): Pick<StepFacts, "place" | "approved"> {
  const place = { target: { service: "checkout", environment: "prod", app: APP, approval: RULE } };
  const [gate, planDigest] = ["promote/for-each[prod]/gate", "plan-1"];
  const subject: GateSubject = {
    ...gateSubject({
      application,
      serverUrl: "https://argocd.test",
      facts: { requester: "p_ana", place },
      planDigest,
      gate,
      app: APP,
      revision,
      rule: RULE,
      sourceDigest: sourceDigest(application),
      strategy: undefined,
    }),
    ...more,
  };
  const asked = { app: APP, revision, prompt: "Promote?", images: more.imageDigests ?? [], checks: more.checks ?? [] };
  return { place, approved: { subject, digest: subjectDigest(subject), gate, asked, planDigest, isUsed: false } };
}
