import { z } from "zod";

import type { PersonStanding } from "../domain/approver-policy.ts";
import type { Directory } from "../engine/ports.ts";
import type { Clock } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import { FreshCache } from "./fresh-cache.ts";
import type { SlackClient } from "./slack-clients.ts";
import { failureOf } from "./slack-error.ts";
import type { SlackFailure } from "./slack-failure.ts";
import type { SlackIdentity } from "./slack-identity.ts";

export interface SlackDirectoryDeps {
  readonly client: SlackClient;
  readonly clock: Clock;
  /** Undefined until Slack has said who we are: nobody can be told from a stranger before that. */
  readonly identity: () => SlackIdentity | undefined;
  /** Further workspaces of the same organisation. */
  readonly ownTeams: readonly string[];
}

const flag = z.boolean().nullish();

const User = z.looseObject({
  id: z.string(),
  team_id: z.string().nullish(),
  deleted: flag,
  is_bot: flag,
  is_workflow_bot: flag,
  is_restricted: flag,
  is_ultra_restricted: flag,
  is_invited_user: flag,
  is_stranger: flag,
  real_name: z.string().nullish(),
  profile: z.looseObject({ email: z.string().nullish(), display_name: z.string().nullish() }).nullish(),
  enterprise_user: z.looseObject({ enterprise_id: z.string().nullish() }).nullish(),
});
type User = z.infer<typeof User>;

const UserAnswer = z.looseObject({ user: User });
const GroupAnswer = z.looseObject({ users: z.array(z.string()) });

/** What decides about people may not be older than this. */
const FRESH_MS = 60_000;
const NOBODY = new Set(["user_not_found", "user_not_visible", "users_not_found"]);
const NO_GROUP = new Set(["no_such_subteam", "subteam_not_found", "no_such_usergroup"]);

/** Who people are and which groups they are in, as Slack says it within the last minute; without an answer nobody is anybody. */
export class SlackDirectory implements Directory {
  readonly #deps: SlackDirectoryDeps;
  readonly #users: FreshCache<User | undefined>;
  readonly #groups: FreshCache<readonly string[]>;

  constructor(deps: SlackDirectoryDeps) {
    this.#deps = deps;
    this.#users = new FreshCache({ clock: deps.clock, freshMs: FRESH_MS, load: (user) => this.#loadUser(user) });
    this.#groups = new FreshCache({ clock: deps.clock, freshMs: FRESH_MS, load: (group) => this.#loadGroup(group) });
  }

  async person(team: string, user: string): Promise<PersonStanding> {
    const identity = this.#deps.identity();
    if (identity === undefined) throw unverifiable(`who ${user} is`, "Slack has not answered since the start");
    const facts = await this.#users.get(user);
    if (facts === undefined) return stranger(user);
    return {
      user,
      email: facts.profile?.email ?? undefined,
      isDeleted: facts.deleted === true,
      isBot: facts.is_bot === true || facts.is_workflow_bot === true || facts.id === "USLACKBOT",
      isGuest: facts.is_restricted === true || facts.is_ultra_restricted === true || facts.is_invited_user === true,
      isStranger: this.#isStranger(facts, team, identity),
    };
  }

  /** What somebody is called now, for showing only; undefined when Slack does not say. */
  async nameOf(user: string): Promise<string | undefined> {
    try {
      const known = await this.#users.get(user);
      const names = [known?.profile?.display_name, known?.real_name];
      return names.find((name) => name?.trim())?.trim();
    } catch {
      return undefined;
    }
  }

  groupMembers(group: string): Promise<readonly string[]> {
    return this.#groups.get(group);
  }

  #isStranger(facts: User, claimedTeam: string, identity: SlackIdentity): boolean {
    if (facts.is_stranger === true) return true;
    const enterprise = facts.enterprise_user?.enterprise_id ?? undefined;
    const isColleague = enterprise !== undefined && enterprise === identity.enterprise;
    const isOwn = (team: string): boolean => team === identity.team || this.#deps.ownTeams.includes(team);
    return !isColleague && !(isOwn(claimedTeam) && isOwn(facts.team_id ?? ""));
  }

  async #loadUser(user: string): Promise<User | undefined> {
    try {
      return UserAnswer.parse(await this.#deps.client.apiCall("users.info", { user })).user;
    } catch (error) {
      const failure = failureOf(error);
      if (NOBODY.has(codeOf(failure))) return undefined;
      throw unverifiable(`who ${user} is`, codeOf(failure), error);
    }
  }

  async #loadGroup(group: string): Promise<readonly string[]> {
    try {
      return GroupAnswer.parse(await this.#deps.client.apiCall("usergroups.users.list", { usergroup: group })).users;
    } catch (error) {
      const failure = failureOf(error);
      if (!NO_GROUP.has(codeOf(failure))) throw unverifiable(`who is in the group ${group}`, codeOf(failure), error);
      throw new AppError(`The Slack user group ${group} is gone or disabled. Mend the approvers in quarterdeck.yaml.`, {
        code: "directory.no-such-group",
        cause: error,
      });
    }
  }
}

function codeOf(failure: SlackFailure): string {
  return failure.status === "limited" ? "ratelimited" : failure.code;
}

function unverifiable(what: string, reason: string, cause?: unknown): AppError {
  return new AppError(`It could not be verified with Slack ${what} (${reason}), so nothing was decided.`, {
    code: "directory.unverifiable",
    retry: "backoff",
    cause,
  });
}

function stranger(user: string): PersonStanding {
  return { user, isDeleted: false, isBot: false, isGuest: false, isStranger: true };
}
