import { describe, expect, it } from "vitest";

import type { GateEvidence, PlanEvidence } from "../../../../src/domain/gate.ts";
import type { ApprovalRule } from "../../../../src/domain/target.ts";
import type { MessageContent } from "../../../../src/slack/blocks.ts";
import { renderRunCard } from "../../../../src/slack/views/run-card.ts";
import { renderGateMessage } from "../../../../src/slack/views/gate-message.ts";
import {
  begun,
  decided,
  evidenceOf,
  GATE,
  lookups,
  opened,
  PLAIN,
  started,
  stepIn,
  subjectOf,
  viewOf,
} from "../sample-run.ts";

const PLAN: PlanEvidence = {
  directory: "clusters/prod of https://git.test/infra at 4f2a6c1",
  workspace: "prod",
  add: 3,
  change: 1,
  destroy: 2,
  replace: 1,
  resources: [
    { address: 'aws_subnet.old["a"]', action: "delete", reason: "delete_because_each_key" },
    { address: "aws_eks_cluster.main", action: "replace", reason: "cannot_update" },
    { address: "aws_iam_role.nodes", action: "update" },
    { address: "aws_subnet.new", action: "create" },
  ],
  otherResources: 1,
  drift: ["aws_iam_role.nodes"],
  otherDrift: 0,
  outputs: ["endpoint"],
};

interface Gate {
  readonly plan?: Partial<PlanEvidence>;
  readonly toRevision?: string;
  readonly rule?: Partial<ApprovalRule>;
  readonly isApprovedOnce?: boolean;
  readonly mention?: boolean;
}

function gate({
  plan = {},
  toRevision = "",
  rule = {},
  isApprovedOnce = false,
  mention = true,
}: Gate = {}): MessageContent {
  const more: Partial<GateEvidence> = {
    plan: { ...PLAN, ...plan },
    warnings: ["Deprecated (main.tf:7): Use another."],
  };
  const subject = { ...subjectOf(), fromRevision: "", toRevision };
  const whole = { ...subject.rule, ...rule };
  const asked = opened(PLAIN, evidenceOf(PLAIN, more), { subject, rule: whole });
  const run = viewOf([
    started(),
    begun(GATE, "approval", "gate"),
    asked,
    ...(isApprovedOnce ? [decided("approve")] : []),
  ]);
  const step = stepIn(run, GATE);
  if (step.step.gate === undefined) throw new Error("the gate is not open");
  return renderGateMessage({ run, step, gate: step.step.gate, mention }, lookups);
}

const words = (message: MessageContent): string => JSON.stringify(message.blocks);

describe("the request for the approval of a plan", () => {
  it("says what the plan does, names what it destroys or replaces and why, and what has changed outside of it", () => {
    const text = words(gate());
    expect(text).toContain("*Plan:* 3 to add, 1 to change, 2 to destroy (1 of them is replaced)");
    expect(text).toContain("clusters/prod of https://git.test/infra at 4f2a6c1, workspace `prod`");
    expect(text).toContain(':boom: `aws_subnet.old[\\"a\\"]` is destroyed, because there is no such one any more');
    expect(text).toContain(":boom: `aws_eks_cluster.main` is replaced, because it cannot be changed in place");
    expect(text).toContain("update `aws_iam_role.nodes`");
    expect(text).toContain("… and 1 more");
    expect(text).toContain("changed outside of it since: `aws_iam_role.nodes`");
    expect(text).toContain("Outputs that change: `endpoint`");
    expect(text).toContain(":warning: Deprecated (main.tf:7): Use another.");
  });

  it("is of the plan alone where no revision goes there", () => {
    const message = gate();
    expect(words(message)).not.toMatch(/Commits|Manifests|→|not known how/u);
    expect(message.text).toContain("approval needed for checkout in prod (plan: 3 to add, 1 to change, 2 to destroy)");
    expect(words(message)).toContain(
      "the plan for checkout in prod: 3 to add, 1 to change, 2 to destroy goes ahead, with a plan with 3 to add",
    );
  });

  it("shows the revision beside the plan where both are approved", () => {
    const text = words(gate({ toRevision: "b".repeat(40) }));
    expect(text).toMatch(/\*Plan:\*.*\*Commits\*.*\*Manifests:\*/u);
    expect(text).toContain(`with commit ${"b".repeat(40)} and a plan with 3 to add`);
  });

  it("says in what it differs from the plan that was shown before", () => {
    const text = words(gate({ plan: { difference: ["now also: delete aws_x.c", "no longer: update aws_x.b"] } }));
    expect(text).toContain("*Planned anew; since the plan that was shown before:*\\nnow also: delete aws_x.c");
  });

  it("counts nobody of the first group for the second one", () => {
    const also: ApprovalRule["also"] = [[{ kind: "group", group: "S0GUARD" }]];
    const rule = { ...subjectOf().rule, also };
    const asked = opened(PLAIN, evidenceOf(PLAIN, { plan: PLAN }), { rule });
    const run = viewOf([
      started(),
      begun(GATE, "approval", "gate"),
      asked,
      decided("approve"),
      decided("approve", "", "p_cy"),
    ]);
    const step = stepIn(run, GATE);
    if (step.step.gate === undefined) throw new Error("the gate is not open");
    const message = renderGateMessage({ run, step, gate: step.step.gate, mention: false }, lookups);
    expect(words(message)).toContain("1 more of 2 approvals needed, one of them by the second group");
    expect(JSON.stringify(renderRunCard(run, lookups).blocks)).toContain("waits for approval (1 of 2)");
  });

  it("names those who do not count here, because they approved before", () => {
    expect(words(gate({ rule: { notBy: ["p_bo"] } }))).toMatch(
      /Not by the person who asked for it, and not by <@U\w+>, who approved an earlier request of this run\./u,
    );
  });

  it("says that a second group has to approve, and how many are still missing", () => {
    const also: ApprovalRule["also"] = [[{ kind: "group", group: "S0GUARD" }]];
    expect(words(gate({ rule: { also } }))).toContain(
      "2 more of 2 approvals needed, one of them by <!subteam^S0GUARD> because of what the plan destroys",
    );
    expect(gate({ rule: { also } }).text).toContain("<!subteam^S0GUARD>");
    const later = words(gate({ rule: { also }, isApprovedOnce: true, mention: false }));
    expect(later).toContain("1 more of 2 approvals needed, one of them by the second group because");
    expect(later).not.toContain("<!subteam^S0GUARD>");
  });
});

describe("what was found before", () => {
  it("is shown with the images that it is about, and says nothing in Slack's own language", () => {
    const checks = [{ name: "trivy/image checkout", result: "1 high <!channel>; 2 ignored" }];
    const subject = { ...subjectOf(), checks, imageDigests: [`sha256:${"a".repeat(64)}`] };
    const run = viewOf([started(), begun(GATE, "approval", "gate"), opened(PLAIN, evidenceOf(PLAIN), { subject })]);
    const step = stepIn(run, GATE);
    if (step.step.gate === undefined) throw new Error("the gate is not open");
    const text = words(renderGateMessage({ run, step, gate: step.step.gate, mention: true }, lookups));
    expect(text).toContain("*trivy/image checkout:* 1 high");
    expect(text).not.toContain("<!channel>");
    expect(text).toContain("*Images:* `sha256:aaaaaaaaaaaa`");
  });
});
