import type { JsonObject, SlackMessage } from "./slack-messages.ts";
import type { SlackView } from "./slack-views.ts";
import type { SlackChannel, SlackUser } from "./slack-workspace.ts";
import type { SlackWorld } from "./slack-world.ts";

/** The state as it looks on the wire: the objects that the Web API answers with and that payloads carry. */

export function wireMessage(message: SlackMessage, world: SlackWorld): JsonObject {
  const { workspace, messages } = world;
  const thread = message.threadTs === undefined ? messages.thread(message) : undefined;
  const parent = message.threadTs === undefined ? undefined : messages.message(message.channel, message.threadTs);
  const app = message.botId === undefined ? undefined : workspace.app.appId;
  return withoutAbsent({
    type: "message",
    subtype: message.subtype,
    user: message.user,
    bot_id: message.botId,
    app_id: app,
    team: workspace.user(message.user)?.teamId ?? workspace.team.id,
    text: message.text,
    ts: message.ts,
    blocks: message.blocks,
    attachments: message.attachments,
    files: message.files,
    edited: message.edited,
    metadata: message.metadata,
    thread_ts: message.threadTs,
    parent_user_id: parent?.user,
    ...(thread === undefined ? {} : threadFields(message.ts, thread)),
    reactions: message.reactions.map(wireReaction),
  });
}

/** Slack leaves out what is not there, and empty lists of a message. */
function withoutAbsent(fields: JsonObject): JsonObject {
  const present = Object.entries(fields).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(present);
}

function threadFields(ts: string, thread: NonNullable<ReturnType<SlackWorld["messages"]["thread"]>>): JsonObject {
  return {
    thread_ts: ts,
    reply_count: thread.replyCount,
    reply_users: thread.replyUsers,
    reply_users_count: thread.replyUsers.length,
    latest_reply: thread.latestReply,
  };
}

function wireReaction(reaction: SlackMessage["reactions"][number]): JsonObject {
  return { ...reaction, count: reaction.users.length };
}

export function wireView(view: SlackView, world: SlackWorld, values: JsonObject = {}): JsonObject {
  const { team, app } = world.workspace;
  return {
    id: view.id,
    team_id: team.id,
    private_metadata: "",
    callback_id: "",
    external_id: "",
    title: null,
    submit: null,
    close: null,
    clear_on_close: false,
    notify_on_close: false,
    ...view.source,
    state: { values },
    hash: view.hash,
    root_view_id: view.rootId,
    previous_view_id: view.previousId ?? null,
    app_id: app.appId,
    app_installed_team_id: team.id,
    bot_id: app.botId,
  };
}

export function wireChannel(channel: SlackChannel, world: SlackWorld): JsonObject {
  const { team, app } = world.workspace;
  const shared = channel.externallyShared === true;
  const direct = channel.kind === "im" || channel.kind === "mpim";
  return {
    id: channel.id,
    ...(channel.kind === "im" ? {} : { name: channel.name === "" ? channel.id.toLowerCase() : channel.name }),
    is_channel: channel.kind === "public",
    is_group: channel.kind === "private",
    is_im: channel.kind === "im",
    is_mpim: channel.kind === "mpim",
    is_private: channel.kind !== "public",
    is_archived: channel.archived,
    is_member: channel.members.includes(app.botUserId),
    is_shared: shared,
    is_ext_shared: shared,
    is_pending_ext_shared: false,
    is_org_shared: false,
    is_general: channel.name === "general",
    created: Math.floor(channel.createdAtMs / 1000),
    context_team_id: team.id,
    num_members: channel.members.length,
    ...(channel.kind === "im" ? { user: channel.members.find((id) => id !== app.botUserId) } : {}),
    ...(direct ? {} : { topic: { value: channel.topic ?? "", creator: "", last_set: 0 } }),
  };
}

export function wireUser(user: SlackUser, world: SlackWorld): JsonObject {
  const { workspace } = world;
  const bot = user.role === "bot";
  const stranger = user.role === "stranger";
  // Without the scope, and of people of another workspace, Slack does not tell the address.
  const email = workspace.app.scopes.includes("users:read.email") && !stranger ? user.email : undefined;
  return {
    id: user.id,
    team_id: user.teamId,
    name: user.handle,
    deleted: user.deactivated,
    real_name: user.realName,
    tz: "Europe/Amsterdam",
    tz_offset: 3600,
    profile: {
      display_name: user.handle,
      real_name: user.realName,
      title: user.title ?? "",
      team: user.teamId,
      ...(email === undefined ? {} : { email }),
      ...(bot ? { bot_id: workspace.app.botId, api_app_id: workspace.app.appId } : {}),
    },
    is_admin: user.role === "admin",
    is_owner: false,
    is_primary_owner: false,
    is_restricted: user.role === "guest" || user.role === "single-channel-guest",
    is_ultra_restricted: user.role === "single-channel-guest",
    is_bot: bot,
    is_app_user: false,
    is_email_confirmed: true,
    ...(stranger ? { is_stranger: true } : {}),
    updated: Math.floor(user.updatedAtMs / 1000),
  };
}

/** Who a payload is from. */
export function wireActor(user: SlackUser): JsonObject {
  return { id: user.id, username: user.handle, name: user.handle, team_id: user.teamId };
}
