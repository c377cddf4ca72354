import { z } from "zod";

import type { Configuration } from "../config/configuration.ts";
import { type Finding, Subject } from "./finding.ts";
import type { AskSlack } from "./slack-access.ts";

const Members = z.looseObject({ users: z.array(z.string()) });

type People = Pick<Configuration, "roles" | "environments" | "slack">;

/** Whether the user groups that the configuration names have members, and whether each environment has people enough to approve. */
export async function slackGroups(ask: AskSlack, configuration: People): Promise<readonly Finding[]> {
  const used = groupsOf(configuration);
  const known = new Map<string, readonly string[]>();
  const findings = await Promise.all(
    Array.from(used, async ([group, uses]) => {
      const about = new Subject("slack", `group ${group} (${uses.join(", ")})`);
      const { error, body } = await ask("usergroups.users.list", { usergroup: group });
      if (error !== undefined) return refused(about, error);
      const { users } = Members.parse(body);
      known.set(group, users);
      if (users.length > 0) return about.ok(`${users.length} ${users.length === 1 ? "member" : "members"}`);
      const why = "nobody of it can do what the configuration lets it do";
      return about.problem({ what: "it has no members", why, mend: "add people to it in Slack" });
    }),
  );
  return [...findings, ...configuration.environments.flatMap((each) => quorumFinding(each, known))];
}

function refused(about: Subject, error: string): Finding {
  const why = "whoever may act by it is refused";
  if (error === "missing_scope") {
    const mend = "give the app the scope usergroups:read";
    return about.problem({ what: "the app may not read groups", why, mend });
  }
  const mend = 'copy its id anew: People > User groups, "Copy group ID"; it must not be disabled';
  return about.problem({ what: `Slack knows no such group (${error})`, why, mend });
}

/** By group, with what it is used for. */
function groupsOf({ roles, environments, slack }: People): ReadonlyMap<string, readonly string[]> {
  const uses = [
    ...Object.entries(roles).flatMap(([role, members]) => members.map((member) => ({ member, use: `role ${role}` }))),
    ...environments.flatMap(({ name, approval }) =>
      typeof approval === "object" ? approval.from.map((member) => ({ member, use: `approves ${name}` })) : [],
    ),
    ...(slack.alerts?.mention === undefined ? [] : [{ member: slack.alerts.mention, use: "mentioned in alerts" }]),
  ];
  const groups = new Map<string, readonly string[]>();
  for (const { member, use } of uses) {
    if (member.kind === "group") groups.set(member.group, [...(groups.get(member.group) ?? []), use]);
  }
  return groups;
}

function quorumFinding(
  { name, approval }: Configuration["environments"][number],
  groups: ReadonlyMap<string, readonly string[]>,
): readonly Finding[] {
  if (typeof approval !== "object") return [];
  const people = new Set<string>();
  for (const approver of approval.from) {
    const members = approver.kind === "user" ? [approver.user] : groups.get(approver.group);
    // Of a group that could not be read it is not known how many it is; that is said already.
    if (members === undefined) return [];
    for (const user of members) people.add(user);
  }
  const about = new Subject("slack", `approval of ${name}`);
  const enough = approval.quorum + (approval.requesterMayApprove ? 0 : 1);
  if (people.size >= enough) return [];
  const why = "the person who asks may not be one of those who approve";
  const mend = "add people, or lower the quorum";
  if (people.size >= approval.quorum) {
    const what = `${people.size} may approve and ${approval.quorum} must, so none of them can ask for a run`;
    return [about.warning({ what, why, mend })];
  }
  const what = `only ${people.size} may approve, and ${approval.quorum} must`;
  return [about.problem({ what, why: "nothing can ever be approved there", mend })];
}
