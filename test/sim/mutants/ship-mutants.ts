import type { Mutant } from "./mutant.ts";

/** Bugs in what plans, asks, applies, configures and looks into images by programs. They are looked for in worlds of their own. */
export const shipMutants: readonly Mutant[] = [
  {
    file: "domain/attempt.ts",
    what: "what protects is begun without its approval",
    find: "const clearance: Clearance = node.protects ? clear(draft, input)",
    replace: 'const clearance: Clearance = node.protects && node.uses === "" ? clear(draft, input)',
  },
  {
    file: "domain/attempt.ts",
    what: "the approval of another plan counts",
    find: "if (gate.subject.planFileDigest === digest) return",
    replace: "return",
  },
  {
    file: "domain/reach-anew.ts",
    what: "a plan that is made anew is not asked for again",
    find: "steps: without(state.steps, isLater), forgotten: setAside(state, [step]) };",
    replace: "steps: without(state.steps, isLater).set(event.path, gate), forgotten: setAside(state, [step]) };",
  },
  {
    file: "domain/gate-quorum.ts",
    what: "one person counts for two",
    find: "countedFor.set(approval, place);",
    replace: "",
  },
  {
    file: "domain/approver-policy.ts",
    what: "who asked for a plan approves it",
    find: "if (!question.rule.requesterMayApprove && question.askers",
    replace: "if (question.rule.requesterMayApprove && question.askers",
  },
  {
    file: "steps/approval-input.ts",
    what: "the second group is not asked where something is destroyed",
    find: "if (guard === undefined || plan === undefined || plan.destroy <= guard.above) return undefined;",
    replace: "if (guard === undefined || plan === undefined || plan.destroy >= 0) return undefined;",
  },
  {
    file: "steps/terraform/plan-evidence.ts",
    what: "people are not shown what a plan destroys",
    find: "    destroy,\n    replace,",
    replace: "    destroy: 0,\n    replace,",
  },
  {
    file: "steps/terraform/terraform-apply.ts",
    what: "it is not written down that a plan is about to be applied",
    find: 'await note(context, { plan: plan.digest, phase: "applying" });',
    replace: "",
  },
  {
    file: "steps/terraform/apply-clearance.ts",
    what: "a plan that was begun is applied again",
    find: "if (isBegun || approved?.isUsed === true) {",
    replace: "if (isBegun) {",
  },
  {
    file: "steps/terraform/terraform-apply.ts",
    what: "an apply without its summary has applied everything",
    find: "const counts = end.exitCode === 0 ? countsOf(end) : undefined;",
    replace: "const counts = countsOf(end) ?? { added: 0, changed: 0, destroyed: 0 };",
  },
  {
    file: "steps/terraform/terraform-apply.ts",
    what: "a failure repeats the secrets of the plan",
    find: "return withoutSecrets(result, wanted.log);",
    replace: "return result;",
  },
  {
    file: "steps/ansible/workplace.ts",
    what: "a retry is not limited to the hosts that are left",
    find: "if (hosts !== undefined) return",
    replace: "if (hosts === null) return",
  },
  {
    file: "steps/ansible/ansible-playbook.ts",
    what: "a play that a crash has cut short is begun again by itself",
    find: "if (before?.attempt === effect.attempt) return again(before, input);",
    replace: "",
  },
  {
    file: "steps/cosign/cosign-output.ts",
    what: "an image is signed where the program ends well",
    find: '({ critical: { image, type } }) => image["docker-manifest-digest"] === digest && SIGNATURES.has(type),',
    replace: "() => digest.length > 0,",
  },
  {
    file: "steps/trivy/trivy-image.ts",
    what: "a scan that looked into nothing is clean",
    find: "if (unclear !== undefined) return",
    replace: "if (unclear === null) return",
  },
  {
    file: "steps/trivy/trivy-call.ts",
    what: "a report that has lost its findings is clean",
    find: "if (hasFindings(report) !== (exitCode === FOUND)) {",
    replace: "if (hasFindings(report) && exitCode !== FOUND) {",
  },
  {
    file: "steps/custody/custody-problems.ts",
    what: "another image may run than what was looked at",
    find: "...images.flatMap((image) => manifestProblem(image, { seen, known, others })),",
    replace: "",
  },
];
