import { z } from "zod";

import type { Application } from "../argocd/application.ts";
import type { AppLocation, ArgocdServer } from "../argocd/argocd-server.ts";
import { defineGate, type GateContext, type GateOpening, type Proof, type StepKind } from "../engine/step-kind.ts";
import type { GateSubject } from "../domain/gate.ts";
import type { ApprovalRule } from "../domain/target.ts";
import { AppError } from "../platform/errors.ts";
import { ApprovalInput, askedBesides } from "./approval-input.ts";
import { approvedDigests, digestsThere, refuseMissing } from "./custody/approved-images.ts";
import type { CommitsReader } from "./gate-commits.ts";
import { gatherEvidence } from "./gate-evidence.ts";
import { gateSubject, type Looked, planSubject } from "./gate-subject.ts";
import { sourceDigest } from "./live-revision.ts";
import { readApp } from "./locate.ts";
import { APPROVAL_NOTES } from "./own-notes.ts";
import { ruleAtStep } from "./own-rule.ts";
import { storedDigest, storedEntry } from "./stored-sources.ts";
import { strategyOf } from "./sync-preflight.ts";
import { planEvidence, planOnly } from "./terraform/plan-evidence.ts";
import { isWhole } from "./terraform/saved-plan.ts";

const Output = z.strictObject({
  /** Pseudonyms of the people who approved, in order. */
  approvedBy: z.array(z.string()),
});

export interface ApprovalDeps {
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly git: CommitsReader;
  /** What the environment of the application asks for, as the configuration says now. */
  readonly ruleOf: (app: string, environment?: string) => ApprovalRule | undefined;
  readonly proofs: (app: string) => Proof | undefined;
}

/** Asks people before an environment is changed, and binds their answer to what they were shown. */
export function approval(deps: ApprovalDeps): StepKind {
  return defineGate({
    kind: "approval",
    summary: "Shows what would change in an environment and waits for the people who may approve it.",
    input: ApprovalInput,
    output: Output,
    notes: APPROVAL_NOTES,
    open: (input, context) => open(deps, input, context),
    subject: async (input, context) => (await look(deps, input, context)).subject,
  });
}

async function open(deps: ApprovalDeps, input: ApprovalInput, context: GateContext): Promise<GateOpening> {
  const { subject, seen } = await look(deps, input, context);
  refuseMissing(approvedDigests(input.images ?? []), { there: subject.imageDigests, app: subject.app });
  context.progress({ text: "Gathering what would change" });
  const { plan, prompt } = input;
  const before = context.facts.planBefore;
  const planned = plan === undefined ? undefined : { plan: planEvidence(plan, before), warnings: plan.warnings };
  if (seen === undefined) return { subject, rule: subject.rule, evidence: { ...planOnly(prompt), ...planned } };
  const gathered = await gatherEvidence(deps, { subject, ...seen, prompt, context });
  const warnings = [...(planned?.warnings ?? []), ...gathered.warnings];
  return { subject, rule: subject.rule, evidence: { ...gathered, ...planned, warnings } };
}

interface Look {
  readonly subject: GateSubject;
  /** The application, where a revision of it is approved. */
  readonly seen: { readonly application: Application; readonly location: AppLocation } | undefined;
}

async function look(deps: ApprovalDeps, input: ApprovalInput, context: GateContext): Promise<Look> {
  const { effect, facts, signal, planDigest } = context;
  const { app, revision, plan } = input;
  if (plan !== undefined && !isWhole(plan)) throw altered();
  const { imageDigests: digests, ...besides } = askedBesides(input);
  const asked = {
    facts,
    planDigest,
    gate: effect.path,
    app,
    rule: deps.ruleOf(app ?? "", app === undefined ? facts.environment?.name : facts.place?.target.environment),
    ownRule: ruleAtStep(input),
    ...besides,
  };
  if (app === undefined || revision === undefined)
    return { subject: planSubject({ ...asked, imageDigests: digests }), seen: undefined };
  const { application, location } = await readApp(deps.servers, { app, signal });
  const way = wayOf(application, { revision, stored: input.stored });
  // What Argo CD's own rollback brings back cannot be rendered.
  const imageDigests =
    way.strategy === "stored" ? digests : await digestsThere(location, { application, revision, digests, signal });
  const serverUrl = location.server.url;
  const subject = gateSubject({ ...asked, ...way, imageDigests, application, serverUrl, revision });
  return { subject, seen: { application, location } };
}

function altered(): AppError {
  const message =
    "The plan is not what its step put out: its digest is of something else. Pass the output of the plan step on whole.";
  return new AppError(message, { code: "terraform.plan-altered" });
}

/** How the revision gets there, and from which sources. */
function wayOf(
  application: Application,
  { revision, stored }: { readonly revision: string; readonly stored: boolean | undefined },
): Pick<Looked, "sourceDigest" | "strategy"> {
  if (stored !== true) {
    return { sourceDigest: sourceDigest(application), strategy: strategyOf(application) };
  }
  const entry = storedEntry(application, revision);
  if (entry !== undefined) return { sourceDigest: storedDigest(entry), strategy: "stored" };
  const message = `Argo CD does not remember a deployment of ${revision.slice(0, 7)} any more. Roll back without --stored.`;
  throw new AppError(message, { code: "rollback.not-stored" });
}
