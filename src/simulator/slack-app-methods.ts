import { z } from "zod";

import { SlackApiError } from "./slack-api-error.ts";
import { blockProblems, viewProblems } from "./slack-block-kit.ts";
import { isObject } from "./slack-block-kit-rules.ts";
import { visibleChannel } from "./slack-channel-access.ts";
import type { SlackMessage } from "./slack-messages.ts";
import { defineSlackMethod, jsonArgument, type SlackMethod, textArgument } from "./slack-method.ts";
import type { SlackWorld } from "./slack-world.ts";

const authTest = defineSlackMethod({
  limit: "special",
  args: z.object({}),
  run: (_args, world) => {
    const { team, app } = world.workspace;
    return {
      url: `https://${team.domain}.slack.com/`,
      team: team.name,
      user: app.name.toLowerCase(),
      team_id: team.id,
      user_id: app.botUserId,
      bot_id: app.botId,
      is_enterprise_install: false,
    };
  },
});

const teamInfo = defineSlackMethod({
  limit: "tier3",
  scope: "team:read",
  args: z.object({}),
  run: (_args, world) => ({ team: world.workspace.team }),
});

const botsInfo = defineSlackMethod({
  limit: "tier3",
  scope: "users:read",
  args: z.object({ bot: textArgument.optional() }),
  run: (args, world) => {
    const { app } = world.workspace;
    if (args.bot !== app.botId) throw new SlackApiError("bot_not_found");
    return { bot: { id: app.botId, app_id: app.appId, user_id: app.botUserId, name: app.name, deleted: false } };
  },
});

const reaction = z.object({ channel: textArgument, timestamp: textArgument, name: textArgument });

const addReaction = defineSlackMethod({
  limit: "tier3",
  scope: "reactions:write",
  args: reaction,
  run: (args, world) => {
    const { message, users, others } = reactionsOf(args, world);
    const { botUserId } = world.workspace.app;
    if (users.includes(botUserId)) throw new SlackApiError("already_reacted");
    const reactions = [...others, { name: args.name, users: [...users, botUserId] }];
    world.messages.edit(message, { reactions });
    return {};
  },
});

const removeReaction = defineSlackMethod({
  limit: "tier3",
  scope: "reactions:write",
  args: reaction,
  run: (args, world) => {
    const { message, users, others } = reactionsOf(args, world);
    const left = users.filter((user) => user !== world.workspace.app.botUserId);
    if (left.length === users.length) throw new SlackApiError("no_reaction");
    world.messages.edit(message, {
      reactions: left.length === 0 ? others : [...others, { name: args.name, users: left }],
    });
    return {};
  },
});

const validateBlocks = defineSlackMethod({
  limit: "tier4",
  token: "none",
  args: z.object({
    blocks: jsonArgument.optional(),
    view: jsonArgument.optional(),
    message: jsonArgument.optional(),
  }),
  run: (args) => {
    const ofMessage = isObject(args.message) ? args.message["blocks"] : undefined;
    const blocks = args.blocks ?? ofMessage;
    const ofView = args.view === undefined ? [] : viewProblems(args.view);
    const errors = [...ofView, ...(Array.isArray(blocks) ? blockProblems(blocks, "message") : [])];
    if (errors.length > 0) throw new SlackApiError("invalid_blocks", { errors });
    return {};
  },
});

export const slackAppMethods: Readonly<Record<string, SlackMethod>> = {
  "auth.test": authTest,
  "team.info": teamInfo,
  "bots.info": botsInfo,
  "reactions.add": addReaction,
  "reactions.remove": removeReaction,
  "blocks.validate": validateBlocks,
};

function reactionsOf(
  args: z.infer<typeof reaction>,
  world: SlackWorld,
): {
  readonly message: SlackMessage;
  readonly users: readonly string[];
  readonly others: SlackMessage["reactions"];
} {
  const message = world.messages.message(visibleChannel(args.channel, world).id, args.timestamp);
  if (message === undefined || message.viewer !== undefined) throw new SlackApiError("message_not_found");
  const users = message.reactions.find(({ name }) => name === args.name)?.users ?? [];
  return { message, users, others: message.reactions.filter(({ name }) => name !== args.name) };
}
