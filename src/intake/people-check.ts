import type { Configuration } from "../config/configuration.ts";
import {
  type GroupMembership,
  groupsAsked,
  judgeApprover,
  machineStanding,
  type Judgement,
  type PersonStanding,
  type Principal,
} from "../domain/approver-policy.ts";
import { tryMachine } from "../domain/machine.ts";
import type { ApprovalRule } from "../domain/target.ts";
import type { Directory, Person } from "../engine/ports.ts";
import {
  type Act,
  authorize,
  type Authorization,
  granteesOf,
  groupsToAsk,
  type RoleEntry,
} from "../inventory/authorize.ts";
import { principalOf } from "../inventory/principal.ts";
import { AppError, errorCode } from "../platform/errors.ts";

export interface PeopleCheckDeps {
  readonly directory: Directory;
  /** As they are now. */
  readonly rules: () => Pick<Configuration, "people" | "roles" | "grants">;
}

/** A question about a click on a gate; people as they stand in the log. */
export interface DeciderQuestion {
  readonly rule: ApprovalRule;
  readonly clicker: Person;
  /** Whoever asked for the run, and those who have retried it. */
  readonly askers: readonly (Person | undefined)[];
  readonly decided: readonly (Person | undefined)[];
  /** Those whom the rule keeps out because they approved before. */
  readonly notBy: readonly (Person | undefined)[];
}

/** Finds out, from Slack and now, who somebody is and what they may do. Whatever cannot be found out refuses. */
export class PeopleCheck {
  readonly #deps: PeopleCheckDeps;

  constructor(deps: PeopleCheckDeps) {
    this.#deps = deps;
  }

  /** Whether the person may do all of this; the first that they may not is the answer. */
  async mayAct(person: Person, acts: readonly Act[]): Promise<Authorization> {
    const { directory } = this.#deps;
    // What is asked of Slack and what is judged are the same rules, whatever is read again meanwhile.
    const rules = this.#deps.rules();
    const standing = await this.#standing(person);
    if (standing === undefined) {
      const message = "Slack does not say right now who you are, so nothing was started. Try again in a minute.";
      return { kind: "denied", code: "access.unverifiable", message };
    }
    if (acts.length === 0) throw new AppError("nothing was asked to be allowed", { code: "access.nothing-asked" });
    const asked = new Set(acts.flatMap((act) => groupsToAsk(rules, act)));
    const groups = await membershipsOf(directory, [...asked]);
    for (const act of acts) {
      const authorization = authorize(rules, { act, person: standing, groups });
      if (authorization.kind === "denied") return authorization;
    }
    return { kind: "allowed" };
  }

  /** Everybody whom some grant allows it; nobody is asked about them. */
  granted(act: Act): readonly RoleEntry[] {
    return granteesOf(this.#deps.rules(), act);
  }

  /** How many people are in each group; those of which Slack does not say are left out. */
  async memberCounts(groups: readonly string[]): Promise<Readonly<Record<string, number>>> {
    const memberships = await membershipsOf(this.#deps.directory, groups);
    return Object.fromEntries(
      [...memberships].flatMap(([group, membership]) =>
        membership.kind === "members" ? [[group, membership.users.length]] : [],
      ),
    );
  }

  /** Whether the person is among those who approve by a rule, whatever they asked for themselves; undefined when Slack does not say. */
  async isApprover(person: Person, rule: ApprovalRule): Promise<boolean | undefined> {
    const standing = await this.#standing(person);
    if (standing === undefined) return undefined;
    const groups = await membershipsOf(this.#deps.directory, groupsAsked(rule));
    const principal = this.#principal(standing);
    const verdict = judgeApprover({ rule, person: standing, principal, askers: [], decided: [], notBy: [], groups });
    if (verdict.kind === "allowed") return true;
    return verdict.code === "approval.unverifiable" ? undefined : false;
  }

  /** Whether the person may decide on a gate. */
  async mayDecide({ rule, clicker, askers, decided, notBy }: DeciderQuestion): Promise<Judgement> {
    const [person, asked, earlier, before] = await Promise.all([
      this.#standing(clicker),
      this.#standings(askers),
      this.#standings(decided),
      this.#standings(notBy),
    ]);
    // Somebody who cannot be told from the others any more could be the same person as the one who clicks.
    if (person === undefined || asked === undefined || earlier === undefined || before === undefined) {
      const message = "Slack does not say right now who is who, so nothing was decided. Try again in a minute.";
      return { kind: "refused", code: "approval.unverifiable", message };
    }
    return judgeApprover({
      rule,
      person,
      principal: this.#principal(person),
      askers: asked.map((one) => this.#principal(one)),
      decided: earlier.map((one) => this.#principal(one)),
      notBy: before.map((one) => this.#principal(one)),
      groups: await membershipsOf(this.#deps.directory, groupsAsked(rule)),
    });
  }

  /** Undefined when of one of them it cannot be told who that is. */
  async #standings(people: readonly (Person | undefined)[]): Promise<readonly PersonStanding[] | undefined> {
    const standings = await Promise.all(people.map((each) => this.#standing(each)));
    const known = standings.flatMap((one) => one ?? []);
    return known.length === standings.length ? known : undefined;
  }

  #principal(account: { readonly user: string; readonly email?: string | undefined }): Principal {
    return principalOf(this.#deps.rules().people, account);
  }

  async #standing(someone: Person | undefined): Promise<PersonStanding | undefined> {
    if (someone === undefined) return undefined;
    const { team, user } = someone;
    // The configuration names it, and nobody else has to be asked who it is.
    if (tryMachine(someone) !== undefined) return machineStanding(user);
    try {
      return await this.#deps.directory.person(team, user);
    } catch (error) {
      if (errorCode(error) === "directory.unverifiable") return undefined;
      throw error;
    }
  }
}

async function membershipsOf(
  directory: Directory,
  groups: readonly string[],
): Promise<ReadonlyMap<string, GroupMembership>> {
  const found = await Promise.all(groups.map(async (group) => [group, await membershipOf(directory, group)] as const));
  return new Map(found);
}

async function membershipOf(directory: Directory, group: string): Promise<GroupMembership> {
  try {
    return { kind: "members", users: await directory.groupMembers(group) };
  } catch (error) {
    if (errorCode(error) === "directory.no-such-group") return { kind: "gone" };
    if (errorCode(error) === "directory.unverifiable") return { kind: "unverifiable" };
    throw error;
  }
}
