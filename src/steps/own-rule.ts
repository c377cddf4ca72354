import { z } from "zod";

import type { ApprovalRule, Approver } from "../domain/target.ts";
import type { JsonMap } from "../platform/canonical-json.ts";
import { durationInput } from "./timing/duration-input.ts";

const DAY_MS = 86_400_000;

const Member = z.union([
  z.strictObject({ user: z.string().regex(/^[UW][A-Z0-9]{2,30}$/u, "the id of a Slack user") }),
  z.strictObject({
    group: z.string().regex(/^S[A-Z0-9]{2,30}$/u, "the id of a Slack user group"),
    handle: z.string().max(80).optional(),
  }),
]);

/** Who approves as the step itself says, in the words of an environment's `approval`. It stands in the file as it is: nobody who asks chooses it. */
export const OWN_RULE = {
  from: z
    .array(Member)
    .min(1)
    .max(50)
    .optional()
    .meta({
      description:
        "Who may approve, as in an environment's `approval`; only without `app`, and only where the environment that the run is for " +
        "does not say itself who may",
      literal: true,
    }),
  quorum: z
    .int()
    .min(1)
    .max(20)
    .optional()
    .meta({ description: "With `from`: how many must approve; 1 unless said", literal: true }),
  expires: durationInput({ leastMs: 1000, mostMs: 366 * DAY_MS })
    .optional()
    .meta({ description: "With `from`: how long people have; `24h` unless said", literal: true }),
  "requester-may-approve": z.boolean().optional().meta({
    description: "With `from`: whether the person who asked may be one of those who approve; not unless said",
    literal: true,
  }),
};

const OwnRule = z.object(OWN_RULE);

/** How many approvals there can be; a group may have any number of members. */
export function mostApprovals(from: readonly z.infer<typeof Member>[]): number {
  const people = new Set(from.map((member) => ("user" in member ? member.user : "")));
  return people.has("") ? Infinity : people.size;
}

/** The rule that a step says; undefined where it names nobody. */
export function ruleAtStep(input: z.infer<typeof OwnRule>): ApprovalRule | undefined {
  const { from, quorum = 1, expires = DAY_MS, "requester-may-approve": requesterMayApprove = false } = input;
  if (from === undefined) return undefined;
  const approvers = from.map((member): Approver =>
    "user" in member ? { kind: "user", user: member.user } : groupOf(member),
  );
  return { from: approvers, quorum, expiresMs: expires, requesterMayApprove };
}

/** The same of what stands in a command file, before anything is known; undefined also where it cannot be read. */
export function tryRuleAtStep(given: JsonMap = {}): ApprovalRule | undefined {
  const own = OwnRule.safeParse(given).data;
  return own && ruleAtStep(own);
}

function groupOf({ group, handle }: { readonly group: string; readonly handle?: string | undefined }): Approver {
  return handle === undefined ? { kind: "group", group } : { kind: "group", group, handle };
}
