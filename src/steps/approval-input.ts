import { z } from "zod";

import type { ApprovalRule } from "../domain/target.ts";
import { approvedDigests } from "./custody/approved-images.ts";
import type { Looked } from "./gate-subject.ts";
import { CheckResult } from "./image/check-result.ts";
import { mostApprovals, OWN_RULE } from "./own-rule.ts";
import { SavedPlan } from "./terraform/saved-plan.ts";

/** Asks a second group where a plan destroys more than so many resources, those that it replaces included. */
const DestroyGuard = z.strictObject({
  above: z.int().min(0).meta({ description: "How many it may destroy without the second group" }),
  from: z
    .array(z.string().regex(/^S[A-Z0-9]{1,30}$/u, "the id of a Slack user group"))
    .min(1)
    .meta({ description: "Ids of Slack user groups, of which somebody has to approve besides" }),
});

/** What a step that uses `approval` is given. */
export const ApprovalInput = z
  .strictObject({
    app: z
      .string()
      .optional()
      .meta({
        description:
          "`server/namespace/name` of the application in whose environment it is; left out where only a plan is approved and the run " +
          "is for no service",
      }),
    /** The full commit; left out where only a plan is approved. */
    revision: z.string().optional(),
    /** True for Argo CD's own rollback: what its history has of the revision comes back, sources included. */
    stored: z.boolean().optional(),
    plan: SavedPlan.optional().meta({
      description: "The saved plan that is approved: the output `plan` of the step that made it, as it is",
      whole: true,
    }),
    "destroy-guard": DestroyGuard.optional().meta({
      description: "Asks a second group where the plan destroys more than so many resources, replaced ones included",
    }),
    images: z.array(z.string()).max(100).optional().meta({
      description:
        "The images that are approved, by their digests; they have to be in the manifests, now and when they are synced",
    }),
    checks: z.array(CheckResult).max(20).optional().meta({
      description: "What the steps before found, which is shown and approved: their outputs `check`",
    }),
    "not-by": z.array(z.string()).max(100).optional().meta({
      description:
        "Who is not counted here besides those who asked: the output `approvedBy` of an approval before it, where a second person is wanted",
    }),
    /** The question, in one line. */
    prompt: z.string().max(300),
    ...OWN_RULE,
  })
  .refine(({ revision, plan }) => revision !== undefined || plan !== undefined, {
    error: "say what is approved: a revision, a plan, or both",
  })
  .refine(({ app, revision }) => app !== undefined || revision === undefined, {
    error: "a revision is approved for an application: name it with `app`",
    path: ["app"],
  })
  .refine(({ app, from }) => app === undefined || from === undefined, {
    error: "who approves for an application is said at its environment, in the configuration",
    path: ["from"],
  })
  .refine(({ from, quorum = 1 }) => from === undefined || quorum <= mostApprovals(from), {
    error: "more people must approve than are named",
    path: ["quorum"],
  });
export type ApprovalInput = z.infer<typeof ApprovalInput>;

/**
 * What of an approval follows from what its step is given and from nothing else: the same when it is shown, at each click, and
 * before the effect. `imageDigests` are those that have to be in the manifests.
 */
export function askedBesides(
  input: ApprovalInput,
): Pick<Looked, "planFileDigest" | "asksBesides"> &
  Required<Pick<Looked, "checks">> & { readonly imageDigests: readonly string[] } {
  const { plan, checks = [], images = [] } = input;
  const also = alsoFrom(input);
  const { "not-by": notBy = [] } = input;
  return {
    ...(plan !== undefined && { planFileDigest: plan.digest }),
    asksBesides: { ...(also !== undefined && { also }), ...(notBy.length > 0 && { notBy }) },
    checks,
    imageDigests: approvedDigests(images),
  };
}

/** Those who have to approve besides, because the plan destroys more than it may without them. */
function alsoFrom({ plan, "destroy-guard": guard }: ApprovalInput): ApprovalRule["also"] {
  if (guard === undefined || plan === undefined || plan.destroy <= guard.above) return undefined;
  return [guard.from.map((group) => ({ kind: "group", group }))];
}
