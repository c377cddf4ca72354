import { SlackApiError } from "./slack-api-error.ts";
import type { SlackMessage } from "./slack-messages.ts";
import type { SlackChannel } from "./slack-workspace.ts";
import type { SlackWorld } from "./slack-world.ts";

/** A channel that the app may know of. Private ones without the app look as if they did not exist. */
export function visibleChannel(id: string, world: SlackWorld): SlackChannel {
  const { workspace } = world;
  const channel = workspace.channel(id);
  const visible = channel?.kind === "public" || workspace.isMember(id, workspace.app.botUserId);
  if (channel === undefined || !visible) throw new SlackApiError("channel_not_found");
  return channel;
}

/** The channel that a message goes to: by id, by name, or the direct message with a user by the user's id. */
export function postableChannel(target: string, world: SlackWorld): SlackChannel {
  const { workspace } = world;
  const person = workspace.user(target);
  if (person !== undefined) return workspace.directMessage([workspace.app.botUserId, person.id]);
  const id = workspace.channel(target)?.id ?? workspace.channelByName(target)?.id ?? target;
  const channel = visibleChannel(id, world);
  const member = workspace.isMember(id, workspace.app.botUserId);
  if (!member && !workspace.app.scopes.includes("chat:write.public")) throw new SlackApiError("not_in_channel");
  if (channel.archived) throw new SlackApiError("is_archived");
  return channel;
}

/** The parent that a reply hangs on: replies to replies move up to it. */
export function threadParent(
  channel: SlackChannel,
  threadTs: string | undefined,
  world: SlackWorld,
): SlackMessage | undefined {
  requirePosting(channel, threadTs !== undefined);
  if (threadTs === undefined) return undefined;
  const target = world.messages.message(channel.id, threadTs);
  if (target === undefined || target.viewer !== undefined) throw new SlackApiError("cannot_reply_to_message");
  return target.threadTs === undefined ? target : world.messages.message(channel.id, target.threadTs);
}

function requirePosting(channel: SlackChannel, inThread: boolean): void {
  switch (channel.restriction) {
    case undefined:
      return;
    case "read_only_channel":
      throw new SlackApiError("restricted_action_read_only_channel");
    case "thread_only_channel":
      if (!inThread) throw new SlackApiError("restricted_action_thread_only_channel");
      return;
    case "non_threadable_channel":
      if (inThread) throw new SlackApiError("restricted_action_non_threadable_channel");
  }
}
