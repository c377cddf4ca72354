import { z } from "zod";

import { SlackApiError } from "./slack-api-error.ts";
import { visibleChannel } from "./slack-channel-access.ts";
import type { JsonObject, SlackMessage } from "./slack-messages.ts";
import {
  countArgument,
  defineSlackMethod,
  flagArgument,
  page,
  requireScope,
  type SlackMethod,
  textArgument,
} from "./slack-method.ts";
import { wireChannel, wireMessage } from "./slack-wire.ts";
import type { SlackChannel } from "./slack-workspace.ts";
import type { SlackWorld } from "./slack-world.ts";

const paging = { cursor: textArgument.optional(), limit: countArgument.optional() };

/** The scopes are per kind of channel: `channels:read`, `groups:read`, `im:read`, `mpim:read`. */
const SCOPE_PREFIX = { public: "channels", private: "groups", im: "im", mpim: "mpim" } as const;

function scoped(channel: SlackChannel, right: "read" | "history", world: SlackWorld): SlackChannel {
  requireScope(world, `${SCOPE_PREFIX[channel.kind]}:${right}`);
  return channel;
}

const info = defineSlackMethod({
  limit: "tier3",
  args: z.object({ channel: textArgument }),
  run: (args, world) => ({
    channel: wireChannel(scoped(visibleChannel(args.channel, world), "read", world), world),
  }),
});

const list = defineSlackMethod({
  limit: "tier2",
  args: z.object({ ...paging, types: textArgument.optional(), exclude_archived: flagArgument.optional() }),
  run: (args, world) => {
    const { workspace } = world;
    const kinds = kindsOf(args.types);
    const channels = workspace
      .channels()
      .filter((channel) => kinds.has(channel.kind))
      .filter((channel) => channel.kind === "public" || channel.members.includes(workspace.app.botUserId))
      .filter((channel) => args.exclude_archived !== true || !channel.archived);
    for (const channel of channels) scoped(channel, "read", world);
    const { items, response_metadata } = page(channels, args);
    return { channels: items.map((channel) => wireChannel(channel, world)), response_metadata };
  },
});

const members = defineSlackMethod({
  limit: "tier4",
  args: z.object({ ...paging, channel: textArgument }),
  run: (args, world) => {
    const channel = scoped(visibleChannel(args.channel, world), "read", world);
    const { items, response_metadata } = page(channel.members, args);
    return { members: items, response_metadata };
  },
});

const open = defineSlackMethod({
  limit: "tier3",
  args: z.object({ users: textArgument.optional(), channel: textArgument.optional() }),
  run: (args, world) => {
    const { workspace } = world;
    if (args.channel !== undefined) return { channel: { id: visibleChannel(args.channel, world).id } };
    const users = (args.users ?? "").split(",").filter((id) => id !== "");
    if (users.length === 0) throw new SlackApiError("users_list_not_supplied");
    requireScope(world, users.length === 1 ? "im:write" : "mpim:write");
    if (users.some((id) => workspace.user(id) === undefined)) throw new SlackApiError("user_not_found");
    return { channel: { id: workspace.directMessage([workspace.app.botUserId, ...users]).id } };
  },
});

const join = defineSlackMethod({
  limit: "tier3",
  scope: "channels:join",
  args: z.object({ channel: textArgument }),
  run: (args, world) => {
    const channel = visibleChannel(args.channel, world);
    if (channel.kind !== "public") throw new SlackApiError("method_not_supported_for_channel_type");
    if (channel.archived) throw new SlackApiError("is_archived");
    world.workspace.addMember(channel.id, world.workspace.app.botUserId);
    return { channel: wireChannel(visibleChannel(channel.id, world), world) };
  },
});

const reading = {
  ...paging,
  channel: textArgument,
  oldest: textArgument.optional(),
  latest: textArgument.optional(),
  inclusive: flagArgument.optional(),
  include_all_metadata: flagArgument.optional(),
};
type Reading = z.infer<z.ZodObject<typeof reading>>;

const history = defineSlackMethod({
  limit: "tier3",
  args: z.object(reading),
  run: (args, world) => {
    const channel = readableChannel(args.channel, world);
    const top = world.messages
      .all(channel.id)
      .filter((message) => message.threadTs === undefined || message.subtype === "thread_broadcast");
    return messagePage([...inRange(top, args)].toReversed(), args, world);
  },
});

const replies = defineSlackMethod({
  limit: "tier3",
  args: z.object({ ...reading, ts: textArgument }),
  run: (args, world) => {
    const channel = readableChannel(args.channel, world);
    const named = world.messages.message(channel.id, args.ts);
    if (named === undefined || named.viewer !== undefined) throw new SlackApiError("thread_not_found");
    const parentTs = named.threadTs ?? named.ts;
    const parent = world.messages.message(channel.id, parentTs) ?? named;
    return messagePage([parent, ...inRange(world.messages.replies(channel.id, parentTs), args)], args, world);
  },
});

const ofUser = defineSlackMethod({
  limit: "tier3",
  args: z.object({ ...paging, user: textArgument.optional(), types: textArgument.optional() }),
  run: (args, world) => {
    const user = args.user ?? world.workspace.app.botUserId;
    const kinds = kindsOf(args.types);
    const joined = world.workspace
      .channels()
      .filter((channel) => kinds.has(channel.kind) && channel.members.includes(user));
    for (const channel of joined) scoped(channel, "read", world);
    const { items, response_metadata } = page(joined, args);
    return { channels: items.map((channel) => wireChannel(channel, world)), response_metadata };
  },
});

export const slackConversationMethods: Readonly<Record<string, SlackMethod>> = {
  "conversations.info": info,
  "conversations.list": list,
  "conversations.members": members,
  "conversations.open": open,
  "conversations.join": join,
  "conversations.history": history,
  "conversations.replies": replies,
  "users.conversations": ofUser,
};

/** The kinds of channel that a list asks for: `public_channel,private_channel,im,mpim`. */
function kindsOf(types = "public_channel"): ReadonlySet<string> {
  return new Set(types.split(",").map((type) => type.trim().replace("_channel", "")));
}

/** A channel whose messages the app may read: it must be in it. */
function readableChannel(id: string, world: SlackWorld): SlackChannel {
  const channel = scoped(visibleChannel(id, world), "history", world);
  if (!channel.members.includes(world.workspace.app.botUserId)) throw new SlackApiError("not_in_channel");
  return channel;
}

function inRange(messages: readonly SlackMessage[], args: Reading): readonly SlackMessage[] {
  const { oldest = "0", latest = "9999999999.999999", inclusive = false } = args;
  return messages.filter(({ ts, viewer }) => {
    if (viewer !== undefined) return false;
    const edge = Number(ts) === Number(oldest) || Number(ts) === Number(latest);
    return edge ? inclusive : Number(ts) > Number(oldest) && Number(ts) < Number(latest);
  });
}

function messagePage(messages: readonly SlackMessage[], args: Reading, world: SlackWorld): JsonObject {
  const { items, response_metadata } = page(messages, args);
  const shown = items.map((message) => {
    // Slack tells metadata only to those who ask for it.
    const told = args.include_all_metadata === true ? message : { ...message, metadata: undefined };
    return wireMessage(told, world);
  });
  return { messages: shown, has_more: response_metadata["next_cursor"] !== "", response_metadata };
}
