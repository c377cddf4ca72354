import { AppError } from "../platform/errors.ts";
import type { JsonObject, SlackMessage } from "./slack-messages.ts";
import { wireActor } from "./slack-wire.ts";
import type { SlackChannel, SlackUser } from "./slack-workspace.ts";
import { SLACKBOT } from "./slack-workspace.ts";
import type { SlackWorld } from "./slack-world.ts";

/** A person who may act, in a channel that they may see. Throws AppError when Slack would not let them get that far. */
export function actor(
  act: { readonly user: string; readonly channel: string },
  world: SlackWorld,
): { readonly user: SlackUser; readonly channel: SlackChannel } {
  const user = activeUser(act.user, world);
  const channel = world.workspace.requireChannel(act.channel);
  const open = channel.kind === "public" && user.role !== "stranger" && user.role !== "single-channel-guest";
  if (open || channel.members.includes(user.id)) return { user, channel };
  throw new AppError(`${user.handle} cannot see ${channel.id}`, { code: "slack-simulator.not-visible" });
}

export function activeUser(id: string, world: SlackWorld): SlackUser {
  const user = world.workspace.requireUser(id);
  if (!user.deactivated) return user;
  throw new AppError(`${user.handle} is deactivated and cannot act`, { code: "slack-simulator.deactivated" });
}

/** What every payload about something that a person did has in common. */
export function payloadBase(user: SlackUser, world: SlackWorld): JsonObject {
  const { team, app } = world.workspace;
  return {
    user: wireActor(user),
    api_app_id: app.appId,
    token: "deprecated",
    team: { id: team.id, domain: team.domain },
    enterprise: null,
    is_enterprise_install: false,
  };
}

/** The time of an act as payloads tell it, `1767261600.123456`. */
export function actionTs(world: SlackWorld): string {
  return `${(world.clock.now() / 1000).toFixed(3)}000`;
}

/** How a payload names a channel; the names of private ones are not told. */
export function payloadChannelName(channel: SlackChannel): string {
  if (channel.kind === "im") return "directmessage";
  return channel.kind === "public" ? channel.name : "privategroup";
}

/** A private line by Slack itself. */
export function tell(
  said: { readonly user: string; readonly channel: string; readonly text: string },
  world: SlackWorld,
): SlackMessage {
  return world.messages.add({ channel: said.channel, user: SLACKBOT, text: said.text, viewer: said.user });
}
