import type { JsonObject, SlackMessage } from "./slack-messages.ts";
import { wireMessage, wireView } from "./slack-wire.ts";
import type { SlackChannel, SlackUser } from "./slack-workspace.ts";
import type { SlackWorld } from "./slack-world.ts";

/** The page shows the latest messages of a channel; older ones are not sent. */
const MOST_MESSAGES = 300;

/** What the page shows to one person: who and what there is, one channel, one thread, their modals and Home tab. */
export function pageState(
  at: { readonly user: string; readonly channel: string; readonly thread: string },
  world: SlackWorld,
): JsonObject {
  const { workspace, views } = world;
  const user = workspace.user(at.user) ?? workspace.users()[0];
  if (user === undefined) return {};
  const visible = workspace.channels().filter((channel) => isVisible(channel, user));
  const channel = visible.find(({ id }) => id === at.channel) ?? visible[0];
  const home = views.home(user.id);
  return {
    team: workspace.team,
    app: { ...workspace.app, scopes: undefined },
    me: user.id,
    people: workspace.users().map(({ id, handle, realName, title, role, deactivated }) => ({
      id,
      handle,
      realName,
      title,
      role,
      deactivated,
    })),
    groups: workspace.groups(),
    names: Object.fromEntries(workspace.channels().map(({ id, name, kind }) => [id, kind === "public" ? name : ""])),
    channels: visible.map((shown) => sidebarEntry(shown, user, world)),
    channel: channel?.id,
    messages: channel === undefined ? [] : topLevel(channel.id, user.id, world),
    thread: channel === undefined ? [] : thread(channel.id, at.thread, user.id, world),
    modals: views.stack(user.id).map((view) => wireView(view, world)),
    home: home === undefined ? undefined : wireView(home, world),
  };
}

function isVisible(channel: SlackChannel, user: SlackUser): boolean {
  if (channel.members.includes(user.id)) return true;
  return channel.kind === "public" && (user.role === "member" || user.role === "admin");
}

function sidebarEntry(channel: SlackChannel, user: SlackUser, world: SlackWorld): JsonObject {
  const { id, name, kind, topic, members, archived, externallyShared } = channel;
  const latest = world.messages.seenBy(user.id, id).findLast((message) => message.threadTs === undefined);
  return { id, name, kind, topic, members, archived, externallyShared, latestTs: latest?.ts };
}

function topLevel(channel: string, user: string, world: SlackWorld): readonly JsonObject[] {
  return world.messages
    .seenBy(user, channel)
    .filter((message) => message.threadTs === undefined || message.subtype === "thread_broadcast")
    .slice(-MOST_MESSAGES)
    .map((message) => shownMessage(message, world));
}

function thread(channel: string, ts: string, user: string, world: SlackWorld): readonly JsonObject[] {
  const parent = world.messages.message(channel, ts);
  if (parent === undefined) return [];
  const replies = world.messages.seenBy(user, channel).filter((message) => message.threadTs === ts);
  return [parent, ...replies].map((message) => shownMessage(message, world));
}

function shownMessage(message: SlackMessage, world: SlackWorld): JsonObject {
  return { ...wireMessage(message, world), channel: message.channel, onlyYou: message.viewer !== undefined };
}
