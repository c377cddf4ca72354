import { z } from "zod";

import { SlackApiError } from "./slack-api-error.ts";
import { authored } from "./slack-chat-methods.ts";
import { contentArguments, isEmptyContent, readContent } from "./slack-message-content.ts";
import type { JsonObject, SlackMessage } from "./slack-messages.ts";
import { flagArgument, textArgument } from "./slack-method.ts";
import type { SlackResponseTarget } from "./slack-response-urls.ts";
import type { SlackWorld } from "./slack-world.ts";

const ResponseArguments = z.object({
  ...contentArguments,
  response_type: textArgument.optional(),
  replace_original: flagArgument.optional(),
  delete_original: flagArgument.optional(),
  thread_ts: textArgument.optional(),
});

/**
 * Applies what an app answers to a command or a click, in its acknowledgement or through a response URL: a new message,
 * private unless `response_type` is `in_channel`, or the replacement or removal of the message that was clicked.
 * Answers the message that is there now. Throws SlackApiError.
 */
export function applyResponse(
  target: SlackResponseTarget,
  body: JsonObject,
  world: SlackWorld,
): SlackMessage | undefined {
  const parsed = ResponseArguments.safeParse(body);
  if (!parsed.success) throw new SlackApiError("invalid_payload");
  const args = parsed.data;
  const original =
    target.messageTs === undefined ? undefined : world.messages.message(target.channel, target.messageTs);
  if (args.delete_original === true && original !== undefined) {
    world.messages.delete(original);
    return undefined;
  }
  const content = readContent(args);
  if (isEmptyContent(content)) throw new SlackApiError("no_text");
  const message = authored(content, world);
  if (args.replace_original === true && original !== undefined) return world.messages.edit(original, message);
  const viewer = args.response_type === "in_channel" ? undefined : target.user;
  return world.messages.add({ ...message, channel: target.channel, threadTs: args.thread_ts, viewer });
}
