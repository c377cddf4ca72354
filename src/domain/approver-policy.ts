import type { ApprovalRule, Approver } from "./target.ts";

/** What the workspace says about somebody, as far as it decides whether they may act at all, and who else they are. */
export interface PersonStanding {
  readonly user: string;
  readonly email?: string | undefined;
  readonly isDeleted: boolean;
  readonly isBot: boolean;
  readonly isGuest: boolean;
  /** From another workspace or organisation. */
  readonly isStranger: boolean;
  /** A trigger, a schedule or a token of ours, and no account of Slack; `user` is how roles name it. It approves nothing. */
  readonly isMachine?: boolean;
}

/** What is known of a machine, which nobody has to be asked about. */
export function machineStanding(user: string): PersonStanding {
  return { user, isDeleted: false, isBot: true, isGuest: false, isStranger: false, isMachine: true };
}

/** Who is in a group: known, not known right now, or the group does not exist any more. */
export type GroupMembership =
  | { readonly kind: "members"; readonly users: readonly string[] }
  | { readonly kind: "unverifiable" }
  | { readonly kind: "gone" };

/** The accounts and addresses that are one human being. */
export interface Principal {
  /** Slack user ids. */
  readonly users: readonly string[];
  /** E-mail addresses in any case. */
  readonly emails: readonly string[];
}

export interface ApproverQuestion {
  readonly rule: ApprovalRule;
  /** Facts about the person who clicked, read for this click. */
  readonly person: PersonStanding;
  /** The same person with every other account that is known to be theirs. */
  readonly principal: Principal;
  /** Whoever asked for the run, and those who have retried it. */
  readonly askers: readonly Principal[];
  /** Those who have decided on this gate already. */
  readonly decided: readonly Principal[];
  /** Those whom the rule keeps out because they approved before. */
  readonly notBy: readonly Principal[];
  /** By group id; a group of the rule that is absent counts as unverifiable. */
  readonly groups: ReadonlyMap<string, GroupMembership>;
}

type ApproverCode =
  | "approval.deactivated"
  | "approval.bot"
  | "approval.stranger"
  | "approval.guest"
  | "approval.requester"
  | "approval.already-decided-by-you"
  | "approval.approved-before"
  | "approval.unverifiable"
  | "approval.group-gone"
  | "approval.not-in-group";

/** Whether somebody may decide on a gate, found out when the click arrived. */
export type Judgement =
  /**
   * `groups` are the ids of those through which the person may; empty for somebody who is named. `lists` says for which lists of
   * the rule they count, where there are several: 0 is `from`, 1 the first of `also`.
   */
  | { readonly kind: "allowed"; readonly groups: readonly string[]; readonly lists?: readonly number[] }
  /** `message` is plain text for the person. */
  | { readonly kind: "refused"; readonly code: string; readonly message: string };

/** Whether a person may decide on a gate. Everything that is not known for certain refuses. */
export function judgeApprover(question: ApproverQuestion): Judgement {
  const standing = standingProblem(question.person);
  if (standing !== undefined) return refused(`approval.${standing.code}`, standing.message);
  const person = withAccount(question.principal, question.person);
  if (!question.rule.requesterMayApprove && question.askers.some((asker) => isSamePrincipal(person, asker))) {
    return refused("approval.requester", "You asked for this run, so someone else has to decide on it.");
  }
  if (question.decided.some((earlier) => isSamePrincipal(person, earlier))) {
    return refused(
      "approval.already-decided-by-you",
      "You have decided on this already; the next decision is someone else's.",
    );
  }
  if (question.notBy.some((earlier) => isSamePrincipal(person, earlier))) {
    return refused("approval.approved-before", APPROVED_BEFORE);
  }
  return judgeMembership(question);
}

/** What somebody is told who approved an earlier request of the run, where this one asks for somebody else. */
export const APPROVED_BEFORE =
  "You approved an earlier request of this run, and this one asks for a second person. Someone else has to decide on it.";

/** Why somebody may do nothing that changes anything, whatever their roles; undefined for a full member. */
export function standingProblem(
  person: PersonStanding,
): { readonly code: "deactivated" | "bot" | "stranger" | "guest"; readonly message: string } | undefined {
  if (person.isDeleted) return { code: "deactivated", message: "This Slack account is deactivated." };
  if (person.isBot) return { code: "bot", message: "Only people can do this, not apps." };
  if (person.isStranger) {
    return { code: "stranger", message: "You belong to another workspace; only members of this one can do this." };
  }
  if (person.isGuest)
    return { code: "guest", message: "Guests cannot do this; only full members of the workspace can." };
  return undefined;
}

/** True when two principals share an account or an address. */
export function isSamePrincipal(left: Principal, right: Principal): boolean {
  const users = new Set(right.users);
  const mailboxes = new Set(right.emails.map(mailboxOf));
  return left.users.some((user) => users.has(user)) || left.emails.some((email) => mailboxes.has(mailboxOf(email)));
}

/**
 * Where mail to an address arrives: `ana+approver@example.com` is Ana's mailbox, with which anybody who has one makes as many
 * Slack accounts as they like.
 */
export function mailboxOf(email: string): string {
  return email.toLowerCase().replace(/(?<=[^+])\+[^@]*(?=@)/u, "");
}

function withAccount(principal: Principal, { user, email }: PersonStanding): Principal {
  return {
    users: [...principal.users, user],
    emails: email === undefined ? principal.emails : [...principal.emails, email],
  };
}

function judgeMembership({ rule, person, groups }: ApproverQuestion): Judgement {
  const lists = [rule.from, ...(rule.also ?? [])].map((list) => standingIn(list, { person, groups }));
  const own = lists.flatMap(({ isIn }, index) => (isIn ? [index] : []));
  if (own.length > 0) {
    const through = [...new Set(lists.flatMap((list) => list.through))];
    return { kind: "allowed", groups: through, ...(rule.also !== undefined && { lists: own }) };
  }
  if (lists.some(({ isUnverifiable }) => isUnverifiable)) {
    const message =
      "Slack does not say right now who is in the group that may decide, so nothing was decided. Try again in a minute.";
    return refused("approval.unverifiable", message);
  }
  if (lists.every(({ isGone }) => isGone)) {
    const message =
      "The group that may decide does not exist any more. Ask whoever runs Quarterdeck to name another in its configuration.";
    return refused("approval.group-gone", message);
  }
  return refused("approval.not-in-group", `You are not among those who may decide on this${handlesText(rule)}.`);
}

/** Whether a person stands in one list of a rule, and through which groups. */
function standingIn(
  list: readonly Approver[],
  { person, groups }: Pick<ApproverQuestion, "person" | "groups">,
): {
  readonly isIn: boolean;
  readonly through: readonly string[];
  readonly isUnverifiable: boolean;
  readonly isGone: boolean;
} {
  const asked = list.filter((approver) => approver.kind === "group");
  const known = asked.map(({ group }) => ({ group, membership: groups.get(group) ?? UNVERIFIABLE }));
  const through = known.filter(
    ({ membership }) => membership.kind === "members" && membership.users.includes(person.user),
  );
  const isNamed = list.some((approver) => approver.kind === "user" && approver.user === person.user);
  return {
    isIn: isNamed || through.length > 0,
    through: through.map(({ group }) => group),
    isUnverifiable: known.some(({ membership }) => membership.kind === "unverifiable"),
    isGone: asked.length === list.length && known.every(({ membership }) => membership.kind === "gone"),
  };
}

/** The ids of all groups of which somebody may have to be known to be a member, before it can be said whether they may decide. */
export function groupsAsked(rule: ApprovalRule): readonly string[] {
  const approvers = [...rule.from, ...(rule.also ?? []).flat()];
  return [...new Set(approvers.flatMap((approver) => (approver.kind === "group" ? [approver.group] : [])))];
}

const UNVERIFIABLE: GroupMembership = { kind: "unverifiable" };

/** The handles of the groups of a rule, as far as they are known; plain text that notifies nobody. */
function handlesText(rule: ApprovalRule): string {
  const handles = [...rule.from, ...(rule.also ?? []).flat()].flatMap((approver) =>
    approver.kind === "group" && approver.handle !== undefined ? [`@${approver.handle}`] : [],
  );
  return handles.length === 0 ? "" : ` (${handles.join(", ")})`;
}

function refused(code: ApproverCode, message: string): Judgement {
  return { kind: "refused", code, message };
}
