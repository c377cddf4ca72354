import { changedFields, changesText, subjectDigest } from "../../domain/gate.ts";
import { ApprovalRule } from "../../domain/target.ts";
import { z } from "zod";

import type { StepContext } from "../../engine/step-kind.ts";
import { ApprovalInput, askedBesides } from "../approval-input.ts";
import type { NotDone } from "./initialise.ts";
import { isWhole, planStepId, type SavedPlan } from "./saved-plan.ts";
import type { TerraformPreparation } from "./terraform-deps.ts";

/** What the server finds out for an apply: what its environment asks for, as the configuration says now. */
export const ApplyPreparation = z.strictObject({ rule: ApprovalRule.optional() });
export type ApplyPreparation = z.infer<typeof ApplyPreparation>;

/** Looks up the rule for the environment in which the plan was approved, or for which it is. */
export function prepareApply(
  { ruleOf }: Pick<TerraformPreparation, "ruleOf">,
  app: string | undefined,
  { facts }: Pick<StepContext, "facts">,
): ApplyPreparation {
  const subject = facts.approved?.subject;
  const own = facts.place?.target.environment ?? facts.environment?.name;
  const rule = ruleOf(subject?.app ?? app ?? "", subject?.environment ?? own);
  return rule === undefined ? {} : { rule };
}

/** What is about to be applied. */
export interface AboutToApply {
  readonly plan: SavedPlan;
  readonly facts: StepContext["facts"];
  readonly rule: ApprovalRule | undefined;
  /** An earlier execution has begun to apply this very plan, and it is not known how far it came. */
  readonly isBegun: boolean;
}

/**
 * Why a plan may not be applied: it is not what the plan step put out, not what people approved, or may be applied in part already.
 * Undefined when it may.
 */
export function applyRefusal({ plan, facts, rule, isBegun }: AboutToApply): NotDone | undefined {
  if (!isWhole(plan)) {
    const message =
      "The plan is not what its step put out: its digest is of something else. Pass the output of the plan step on whole";
    return { status: "failed", failure: { code: "terraform.plan-altered", message, retry: "never" } };
  }
  const { approved } = facts;
  if (isBegun || approved?.isUsed === true) {
    return outdated({ plan, facts }, "an earlier attempt has begun to apply this plan");
  }
  if (approved === undefined) return rule === undefined ? undefined : unasked(plan);
  const { subject, digest } = approved;
  if (digest !== subjectDigest(subject))
    return voided(plan, [], "what was approved is not what the decision was about");
  // Some of what people are asked is asked by the gate, and never by the environment.
  const { also: _also, notBy: _notBy, ...base } = rule ?? subject.rule;
  const { asksBesides, checks, imageDigests } = askedBesides(ApprovalInput.parse(approved.asked));
  const current = {
    ...subject,
    planDigest: approved.planDigest,
    path: approved.gate,
    requester: facts.requester,
    planFileDigest: plan.digest,
    imageDigests: [...imageDigests],
    checks,
    rule: { ...base, ...asksBesides },
  };
  const changed = changedFields(subject, current);
  if (changed.length === 0) return undefined;
  return voided(plan, changed, `${changesText(subject, current)} between the approval and the apply`);
}

/** A plan that can or must not be applied any more: it is made anew, and where people approved it, asked for again. */
export function outdated({ plan, facts }: Pick<AboutToApply, "plan" | "facts">, why: string): NotDone {
  if (facts.approved !== undefined) return voided(plan, [], why);
  const message = `${why}. Retry the run: ${plan.directory} is planned anew`;
  const details = { anew: planStepId(plan) };
  return { status: "failed", failure: { code: "terraform.plan-stale", message, retry: "never", details } };
}

/** What was approved is not what would be applied: the run goes back to the plan step, and asks again with the difference shown. */
function voided(plan: SavedPlan, changed: readonly string[], why: string): NotDone {
  const message = `${why}, so ${plan.directory} is planned anew`;
  const details = { changed: [...changed], anew: planStepId(plan) };
  return { status: "failed", failure: { code: "approval.void", message, retry: "never", details } };
}

function unasked({ directory }: SavedPlan): NotDone {
  const message = `The environment of ${directory} asks for approval, and nobody was asked about this plan. Put a step that uses "approval" with this plan before this one`;
  return { status: "failed", failure: { code: "approval.missing", message, retry: "never" } };
}
