import type { Configuration } from "../config/configuration.ts";
import { type Machine, MACHINES, machineUser, tryMachine } from "../domain/machine.ts";
import { type GroupMembership, type PersonStanding, standingProblem } from "../domain/approver-policy.ts";

/**
 * Something that changes an environment of a service: `promote`, `rollback`, `sync`, or the verb of a command. What names no service, or
 * no environment, is about all of them: only a grant for all of them covers it.
 */
export interface Act {
  readonly verb: string;
  readonly service?: string | undefined;
  readonly environment?: string | undefined;
}

/** The part of the configuration that says who may do what. */
export type AccessRules = Pick<Configuration, "roles" | "grants">;

/** A person, a group, or everybody. */
export type RoleEntry = AccessRules["roles"][string][number];

export interface AuthorizationQuestion {
  readonly act: Act;
  readonly person: PersonStanding;
  /** By group id: those of `groupsToAsk`; one that is absent counts as unverifiable. */
  readonly groups: ReadonlyMap<string, GroupMembership>;
}

type AuthorizationCode =
  | "access.deactivated"
  | "access.bot"
  | "access.stranger"
  | "access.guest"
  | "access.not-granted"
  | "access.unverifiable";

export type Authorization =
  | { readonly kind: "allowed" }
  /** `message` is plain text for the person. */
  | { readonly kind: "denied"; readonly code: AuthorizationCode; readonly message: string };

/** Whether a person may do something. The one check for every door; what no grant allows is denied. */
export function authorize(rules: AccessRules, question: AuthorizationQuestion): Authorization {
  const { act, person } = question;
  const standing = person.isMachine === true ? undefined : standingProblem(person);
  if (standing !== undefined) {
    return { kind: "denied", code: `access.${standing.code}`, message: standing.message };
  }
  const memberships = new Set(rolesFor(rules, act).map((role) => isInRole(rules, role, question)));
  if (memberships.has("yes")) return { kind: "allowed" };
  if (memberships.has("unknown")) {
    const message = `Slack does not say right now who is in the groups that may ${actText(act)}, so nothing was started. Try again in a minute.`;
    return { kind: "denied", code: "access.unverifiable", message };
  }
  return notGranted(rules, act, person);
}

/** Everybody whom some grant allows it, without looking anybody up. */
export function granteesOf(rules: AccessRules, act: Act): readonly RoleEntry[] {
  const members = rolesFor(rules, act).flatMap((role) => rules.roles[role] ?? []);
  return [...new Map(members.map((member) => [JSON.stringify(member), member])).values()];
}

/** Every trigger, schedule and token that some role names. */
export function namedMachines({ roles }: Pick<AccessRules, "roles">): readonly Machine[] {
  const users = Object.values(roles).flatMap((members) =>
    members.flatMap((member) => (member.kind === "machine" ? [member.machine] : [])),
  );
  return [...new Set(users)].flatMap((user) => tryMachine({ team: MACHINES, user }) ?? []);
}

/** The groups whose members decide whether somebody may do something. */
export function groupsToAsk(rules: AccessRules, act: Act): readonly string[] {
  const members = rolesFor(rules, act).flatMap((role) => rules.roles[role] ?? []);
  return [...new Set(members.flatMap((member) => (member.kind === "group" ? [member.group] : [])))];
}

/** The roles to which some grant allows it. */
function rolesFor({ grants }: AccessRules, act: Act): readonly string[] {
  const covering = grants.filter(
    ({ verbs, services, environments }) =>
      verbs.includes(act.verb) && covers(services, act.service) && covers(environments, act.environment),
  );
  return [...new Set(covering.map(({ role }) => role))];
}

function covers(granted: "all" | readonly string[], named: string | undefined): boolean {
  return granted === "all" || (named !== undefined && granted.includes(named));
}

function isInRole(
  rules: AccessRules,
  role: string,
  { person, groups }: AuthorizationQuestion,
): "yes" | "no" | "unknown" {
  const memberships = new Set((rules.roles[role] ?? []).map((member) => isCovered(member, { person, groups })));
  if (memberships.has("yes")) return "yes";
  return memberships.has("unknown") ? "unknown" : "no";
}

function isCovered(
  member: RoleEntry,
  { person, groups }: Pick<AuthorizationQuestion, "person" | "groups">,
): "yes" | "no" | "unknown" {
  const isMachine = person.isMachine === true;
  switch (member.kind) {
    // What is no person is only what it is named as, and no part of everyone.
    case "machine":
      return isMachine && member.machine === person.user ? "yes" : "no";
    case "everyone":
      return isMachine ? "no" : "yes";
    case "user":
      return !isMachine && member.user === person.user ? "yes" : "no";
    case "group": {
      if (isMachine) return "no";
      const membership = groups.get(member.group) ?? { kind: "unverifiable" };
      if (membership.kind === "unverifiable") return "unknown";
      return membership.kind === "members" && membership.users.includes(person.user) ? "yes" : "no";
    }
  }
}

function notGranted(rules: AccessRules, act: Act, { isMachine, user }: PersonStanding): Authorization {
  const code = "access.not-granted";
  const machine = isMachine === true ? tryMachine({ team: MACHINES, user }) : undefined;
  if (machine !== undefined) return { kind: "denied", code, message: machineRefusal(rules, act, machine) };
  const roles = rolesFor(rules, act);
  if (roles.length === 0) {
    const message = `Nobody may ${actText(act)}: no grant in the configuration allows it. It takes one with ${grantText(act)}.`;
    return { kind: "denied", code, message };
  }
  // Whoever has a narrower grant would not understand otherwise why it does not count.
  const isForAll = act.service === undefined || act.environment === undefined;
  const which = isForAll ? `, which has it by a grant with ${grantText(act)}` : "";
  const message = `You may not ${actText(act)}. It takes the role ${roles.join(" or ")}${which}.`;
  return { kind: "denied", code, message };
}

/** What is missing is a grant for a role of its own: those of others are not meant for it, and everyone is everyone but these. */
function machineRefusal({ roles }: AccessRules, act: Act, machine: Machine): string {
  const { sort, name } = machine;
  const own = Object.keys(roles).filter((role) =>
    (roles[role] ?? []).some((member) => member.kind === "machine" && member.machine === machineUser(machine)),
  );
  const refused = `The ${sort} ${name} may not ${actText(act)}`;
  if (own.length === 0)
    return `${refused}: no role names it. It takes one with { ${sort}: ${name} }, and a grant with ${grantText(act)}.`;
  const which = own.length === 1 ? `its role ${own.join("")} has` : `its roles ${own.join(", ")} have`;
  return `${refused}: ${which} no grant for it. It takes one with ${grantText(act)}.`;
}

/** `promote checkout in prod`, `provision in prod`, or the verb alone. */
function actText({ verb, service, environment }: Act): string {
  return [verb, service ?? [], environment === undefined ? [] : `in ${environment}`].flat().join(" ");
}

/** The least that a grant has to say, as it stands in the configuration. */
function grantText({ verb, service, environment }: Act): string {
  return `verbs: [${verb}], services: ${selected(service)}, environments: ${selected(environment)}`;
}

function selected(name: string | undefined): string {
  return name === undefined ? "all" : `[${name}]`;
}
