import type { ApprovalRule } from "../../domain/target.ts";
import type { Grantee } from "../../engine/question-answers.ts";
import { code, groupMention, userMention } from "../mrkdwn.ts";
import { joined } from "./person-text.ts";

type Counts = Readonly<Record<string, number>>;

/** Whom a rule or a grant names: people, groups with how many they are, or everybody. */
export function granteesText(from: readonly Grantee[], counts: Counts = {}): string {
  return joined(
    from.map((one) => granteeText(one, counts)),
    "or",
  );
}

function granteeText(one: Grantee, counts: Counts): string {
  if (one.kind === "everyone") return "every full member";
  if (one.kind === "machine") return code(one.machine, 90);
  if (one.kind === "user") return userMention(one.user);
  const handle = one.handle === undefined ? groupMention(one.group) : code(`@${one.handle}`, 90);
  const count = counts[one.group];
  return count === undefined ? handle : `${handle} (${count} ${count === 1 ? "person" : "people"})`;
}

/** `@release-approvers (3 people), one of them, not the person who asked` */
export function ruleText({ from, quorum, requesterMayApprove }: ApprovalRule, counts: Counts = {}): string {
  const many = quorum === 1 ? "one approval" : `${quorum} approvals`;
  const self = requesterMayApprove ? "" : ", not by the person who asked";
  return `${granteesText(from, counts)}: ${many}${self}`;
}
