import { AppError } from "../platform/errors.ts";
import type { SlackEvents } from "./slack-events.ts";
import { actionTs } from "./slack-person.ts";
import type { SlackPersonDefinition } from "./slack-workspace-definition.ts";
import type { SlackUser } from "./slack-workspace.ts";
import { wireUser } from "./slack-wire.ts";
import type { SlackWorld } from "./slack-world.ts";

/** What the administrators of the workspace do, with the events that the app gets of it. */
export class SlackAdministration {
  readonly #world: SlackWorld;
  readonly #events: SlackEvents;

  constructor(deps: { readonly world: SlackWorld; readonly events: SlackEvents }) {
    this.#world = deps.world;
    this.#events = deps.events;
  }

  deleteMessage(channel: string, ts: string): void {
    const { id } = this.#world.workspace.requireChannel(channel);
    const message = this.#world.messages.message(id, ts);
    if (message === undefined) throw new AppError(`No message ${ts} in ${id}`, { code: "slack-simulator.no-message" });
    this.#world.messages.delete(message);
  }

  /** Changes some fields of a person, such as `deactivated` or `role`. */
  changeUser(id: string, change: Partial<Omit<SlackPersonDefinition, "id">>): SlackUser {
    const user = this.#world.workspace.putUser({ ...this.#world.workspace.requireUser(id), ...change });
    void this.#events.emit({ type: "user_change", user: wireUser(user, this.#world), event_ts: actionTs(this.#world) });
    return user;
  }

  setGroupMembers(id: string, members: readonly string[]): void {
    const { workspace } = this.#world;
    const group = workspace.group(id);
    if (group === undefined) throw new AppError(`No user group ${id}`, { code: "slack-simulator.no-group" });
    workspace.putGroup({ ...group, members });
    void this.#events.emit({
      type: "subteam_members_changed",
      subteam_id: id,
      team_id: workspace.team.id,
      added_users: members.filter((member) => !group.members.includes(member)),
      removed_users: group.members.filter((member) => !members.includes(member)),
      event_ts: actionTs(this.#world),
    });
  }

  removeGroup(id: string): void {
    this.#world.workspace.removeGroup(id);
  }

  addMember(channel: string, user: string): void {
    const { workspace } = this.#world;
    const { id } = workspace.requireChannel(channel);
    workspace.addMember(id, workspace.requireUser(user).id);
    const joined = { user, channel: id, team: workspace.team.id, event_ts: actionTs(this.#world) };
    if (workspace.isMember(id, workspace.app.botUserId))
      void this.#events.emit({ type: "member_joined_channel", ...joined });
  }

  removeMember(channel: string, user: string): void {
    this.#world.workspace.removeMember(this.#world.workspace.requireChannel(channel).id, user);
  }

  archive(channel: string, archived = true): void {
    const found = this.#world.workspace.requireChannel(channel);
    this.#world.workspace.putChannel({ ...found, archived });
    const type = archived ? "channel_archive" : "channel_unarchive";
    void this.#events.emit({ type, channel: found.id, event_ts: actionTs(this.#world) });
  }
}
