import { z } from "zod";

import { SlackApiError } from "./slack-api-error.ts";
import { characters } from "./slack-block-kit-rules.ts";
import { postableChannel, threadParent, visibleChannel } from "./slack-channel-access.ts";
import { contentArguments, isEmptyContent, readContent, type SlackMessageContent } from "./slack-message-content.ts";
import type { SlackMessage, SlackMessageEdit } from "./slack-messages.ts";
import { defineSlackMethod, flagArgument, type SlackMethod, textArgument } from "./slack-method.ts";
import { wireMessage } from "./slack-wire.ts";
import type { SlackWorld } from "./slack-world.ts";

/** Slack limit, of an edit only: a new message is cut instead. */
const LONGEST_EDITED_TEXT = 4_000;
/** What Slack puts where a message has blocks and no text. */
const NO_TEXT = "This content can't be displayed.";

const postMessage = defineSlackMethod({
  limit: "postInWorkspace",
  scope: "chat:write",
  posts: true,
  args: z.object({
    ...contentArguments,
    channel: textArgument,
    thread_ts: textArgument.optional(),
    reply_broadcast: flagArgument.optional(),
  }),
  run: (args, world) => {
    const channel = postableChannel(args.channel, world);
    const content = requireContent(readContent(args));
    const parent = threadParent(channel, args.thread_ts, world);
    const broadcast = parent !== undefined && args.reply_broadcast === true;
    const message = world.messages.add({
      ...authored(content, world),
      channel: channel.id,
      threadTs: parent?.ts,
      subtype: broadcast ? "thread_broadcast" : undefined,
    });
    return { channel: channel.id, ts: message.ts, message: wireMessage(message, world) };
  },
});

const update = defineSlackMethod({
  limit: "tier3",
  scope: "chat:write",
  args: z.object({ ...contentArguments, channel: textArgument, ts: textArgument }),
  run: (args, world) => {
    const channel = visibleChannel(args.channel, world);
    const message = ownMessage({ channel: channel.id, ts: args.ts, refusal: "cant_update_message" }, world);
    if (channel.archived) throw new SlackApiError("is_inactive");
    if (args.text !== undefined && characters(args.text) > LONGEST_EDITED_TEXT) throw new SlackApiError("msg_too_long");
    const changes = editOf(readContent(args));
    const empty = Object.keys(changes).length === 0 || isEmptyContent({ ...message, ...changes });
    if (empty) throw new SlackApiError("no_text");
    const edited = world.messages.edit(message, changes);
    const marked = world.messages.markEdited(edited, world.workspace.app.botUserId);
    return { channel: channel.id, ts: args.ts, text: marked.text, message: wireMessage(marked, world) };
  },
});

const remove = defineSlackMethod({
  limit: "tier3",
  scope: "chat:write",
  args: z.object({ channel: textArgument, ts: textArgument }),
  run: ({ channel, ts }, world) => {
    visibleChannel(channel, world);
    world.messages.delete(ownMessage({ channel, ts, refusal: "cant_delete_message" }, world));
    return { channel, ts };
  },
});

const postEphemeral = defineSlackMethod({
  limit: "tier4",
  scope: "chat:write",
  args: z.object({
    ...contentArguments,
    channel: textArgument,
    user: textArgument,
    thread_ts: textArgument.optional(),
  }),
  run: (args, world) => {
    const channel = postableChannel(args.channel, world);
    const content = requireContent(readContent(args));
    if (!channel.members.includes(args.user)) throw new SlackApiError("user_not_in_channel");
    const parent = threadParent(channel, args.thread_ts, world);
    const placed = { channel: channel.id, threadTs: parent?.ts, viewer: args.user };
    return { message_ts: world.messages.add({ ...authored(content, world), ...placed }).ts };
  },
});

const getPermalink = defineSlackMethod({
  limit: "special",
  args: z.object({ channel: textArgument, message_ts: textArgument }),
  run: (args, world) => {
    const { id } = visibleChannel(args.channel, world);
    const message = world.messages.message(id, args.message_ts);
    if (message === undefined || message.viewer !== undefined) throw new SlackApiError("message_not_found");
    return { channel: id, permalink: permalink(message, world) };
  },
});

export const slackChatMethods: Readonly<Record<string, SlackMethod>> = {
  "chat.postMessage": postMessage,
  "chat.update": update,
  "chat.delete": remove,
  "chat.postEphemeral": postEphemeral,
  "chat.getPermalink": getPermalink,
};

function requireContent(content: SlackMessageContent): SlackMessageContent {
  if (isEmptyContent(content)) throw new SlackApiError("no_text");
  return content;
}

/** The content as the app's own message. */
export function authored(content: SlackMessageContent, world: SlackWorld) {
  const { botUserId, botId } = world.workspace.app;
  return {
    user: botUserId,
    botId,
    text: content.text ?? NO_TEXT,
    blocks: content.blocks ?? [],
    attachments: content.attachments ?? [],
    metadata: content.metadata,
  };
}

/** Slack behaviour: text without blocks removes the blocks; what is left out otherwise stays; `{}` removes metadata. */
function editOf(content: SlackMessageContent): SlackMessageEdit {
  const { text, attachments, metadata } = content;
  const blocks = content.blocks ?? (text === undefined ? undefined : []);
  return {
    ...(text === undefined ? {} : { text }),
    ...(blocks === undefined ? {} : { blocks }),
    ...(attachments === undefined ? {} : { attachments }),
    ...(metadata === undefined ? {} : { metadata: Object.keys(metadata).length === 0 ? undefined : metadata }),
  };
}

function ownMessage(
  wanted: { readonly channel: string; readonly ts: string; readonly refusal: string },
  world: SlackWorld,
): SlackMessage {
  const message = world.messages.message(wanted.channel, wanted.ts);
  if (message === undefined || message.subtype === "tombstone") throw new SlackApiError("message_not_found");
  const own = message.botId === world.workspace.app.botId && message.viewer === undefined;
  if (!own) throw new SlackApiError(wanted.refusal);
  return message;
}

function permalink(message: SlackMessage, world: SlackWorld): string {
  const { channel, ts, threadTs } = message;
  const link = `https://${world.workspace.team.domain}.slack.com/archives/${channel}/p${ts.replace(".", "")}`;
  return threadTs === undefined ? link : `${link}?thread_ts=${threadTs}&cid=${channel}`;
}
