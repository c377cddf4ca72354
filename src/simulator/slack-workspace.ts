import type { Clock } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import type { SlackChanges } from "./slack-changes.ts";
import type { SlackIds } from "./slack-ids.ts";
import type {
  SlackAppDefinition,
  SlackChannelDefinition,
  SlackPersonDefinition,
  SlackRole,
  SlackUserGroupDefinition,
  SlackWorkspaceDefinition,
} from "./slack-workspace-definition.ts";

export interface SlackUser extends SlackPersonDefinition {
  readonly role: SlackRole;
  readonly deactivated: boolean;
  readonly teamId: string;
  readonly updatedAtMs: number;
}

export interface SlackChannel extends SlackChannelDefinition {
  readonly members: readonly string[];
  readonly archived: boolean;
  readonly createdAtMs: number;
}

/** Slack's own voice, which tells a person what went wrong. */
export const SLACKBOT = "USLACKBOT";

/** Who and what there is: people, user groups, channels with their members. Messages and views are kept elsewhere. */
export class SlackWorkspace {
  readonly team: SlackWorkspaceDefinition["team"];
  readonly app: SlackAppDefinition;
  readonly #clock: Clock;
  readonly #ids: SlackIds;
  readonly #changes: SlackChanges;
  readonly #users = new Map<string, SlackUser>();
  readonly #groups = new Map<string, SlackUserGroupDefinition>();
  readonly #channels = new Map<string, SlackChannel>();

  constructor(deps: {
    readonly clock: Clock;
    readonly ids: SlackIds;
    readonly changes: SlackChanges;
    readonly definition: SlackWorkspaceDefinition;
  }) {
    const { definition } = deps;
    this.#clock = deps.clock;
    this.#ids = deps.ids;
    this.#changes = deps.changes;
    this.team = definition.team;
    this.app = definition.app;
    const { botUserId: id, name: realName } = definition.app;
    const bot: SlackPersonDefinition = { id, handle: realName.toLowerCase(), realName, role: "bot" };
    const slackbot: SlackPersonDefinition = { id: SLACKBOT, handle: "slackbot", realName: "Slackbot", role: "bot" };
    for (const person of [...definition.people, bot, slackbot]) this.putUser(person);
    for (const group of definition.groups) this.#groups.set(group.id, group);
    for (const channel of definition.channels) this.putChannel(channel);
  }

  users(): readonly SlackUser[] {
    return [...this.#users.values()];
  }

  user(id: string): SlackUser | undefined {
    return this.#users.get(id);
  }

  /** The user, who must exist; for the controls, where a wrong id is a mistake in the test. */
  requireUser(id: string): SlackUser {
    const user = this.#users.get(id);
    if (user === undefined)
      throw new AppError(`No user ${id} in the simulated Slack`, { code: "slack-simulator.no-user" });
    return user;
  }

  userByEmail(email: string): SlackUser | undefined {
    return this.users().find((user) => user.email?.toLowerCase() === email.toLowerCase() && !user.deactivated);
  }

  userByHandle(handle: string): SlackUser | undefined {
    return this.users().find((user) => user.handle === handle);
  }

  /** Adds a person, or changes one who is there. */
  putUser(person: SlackPersonDefinition): SlackUser {
    const user: SlackUser = {
      ...person,
      role: person.role ?? "member",
      deactivated: person.deactivated ?? false,
      teamId: person.teamId ?? this.team.id,
      updatedAtMs: this.#clock.now(),
    };
    this.#users.set(user.id, user);
    this.#changes.notify({ kind: "user", user: user.id });
    return user;
  }

  groups(): readonly SlackUserGroupDefinition[] {
    return [...this.#groups.values()];
  }

  group(id: string): SlackUserGroupDefinition | undefined {
    return this.#groups.get(id);
  }

  putGroup(group: SlackUserGroupDefinition): void {
    this.#groups.set(group.id, group);
    this.#changes.notify({ kind: "user" });
  }

  removeGroup(id: string): void {
    this.#groups.delete(id);
    this.#changes.notify({ kind: "user" });
  }

  channels(): readonly SlackChannel[] {
    return [...this.#channels.values()];
  }

  channel(id: string): SlackChannel | undefined {
    return this.#channels.get(id);
  }

  /** The channel, which must exist; accepts a name too. For the controls. */
  requireChannel(idOrName: string): SlackChannel {
    const channel = this.#channels.get(idOrName) ?? this.channelByName(idOrName);
    if (channel !== undefined) return channel;
    throw new AppError(`No channel ${idOrName} in the simulated Slack`, { code: "slack-simulator.no-channel" });
  }

  channelByName(name: string): SlackChannel | undefined {
    const bare = name.replace(/^#/u, "");
    return this.channels().find((channel) => channel.name !== "" && channel.name === bare);
  }

  putChannel(definition: SlackChannelDefinition): SlackChannel {
    const createdAtMs = this.#channels.get(definition.id)?.createdAtMs ?? this.#clock.now();
    const channel = { ...definition, archived: definition.archived ?? false, createdAtMs };
    this.#channels.set(channel.id, channel);
    this.#changes.notify({ kind: "channel", channel: channel.id });
    return channel;
  }

  isMember(channelId: string, userId: string): boolean {
    return this.#channels.get(channelId)?.members.includes(userId) ?? false;
  }

  addMember(channelId: string, userId: string): void {
    const channel = this.requireChannel(channelId);
    if (!channel.members.includes(userId)) this.putChannel({ ...channel, members: [...channel.members, userId] });
  }

  removeMember(channelId: string, userId: string): void {
    const channel = this.requireChannel(channelId);
    this.putChannel({ ...channel, members: channel.members.filter((member) => member !== userId) });
  }

  /** The conversation of exactly these users, made when there is none; two users make a DM, more a group DM. */
  directMessage(userIds: readonly string[]): SlackChannel {
    const kind = userIds.length === 2 ? "im" : "mpim";
    const found = this.channels().find(
      (channel) =>
        channel.kind === kind &&
        channel.members.length === userIds.length &&
        userIds.every((id) => channel.members.includes(id)),
    );
    if (found !== undefined) return found;
    return this.putChannel({ id: this.#ids.next(kind === "im" ? "D" : "G"), name: "", kind, members: userIds });
  }
}
