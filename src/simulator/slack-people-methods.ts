import { z } from "zod";

import { SlackApiError } from "./slack-api-error.ts";
import type { JsonObject } from "./slack-messages.ts";
import {
  countArgument,
  defineSlackMethod,
  flagArgument,
  page,
  type SlackMethod,
  textArgument,
} from "./slack-method.ts";
import { wireUser } from "./slack-wire.ts";
import type { SlackUserGroupDefinition } from "./slack-workspace-definition.ts";
import type { SlackWorld } from "./slack-world.ts";

const userInfo = defineSlackMethod({
  limit: "tier4",
  scope: "users:read",
  args: z.object({ user: textArgument }),
  run: (args, world) => {
    const user = world.workspace.user(args.user);
    if (user === undefined) throw new SlackApiError("user_not_found");
    return { user: wireUser(user, world) };
  },
});

const userList = defineSlackMethod({
  limit: "tier2",
  scope: "users:read",
  args: z.object({ cursor: textArgument.optional(), limit: countArgument.optional() }),
  run: (args, world) => {
    const { items, response_metadata } = page(world.workspace.users(), args);
    return { members: items.map((user) => wireUser(user, world)), response_metadata };
  },
});

const lookupByEmail = defineSlackMethod({
  limit: "tier3",
  scope: "users:read.email",
  args: z.object({ email: textArgument }),
  run: (args, world) => {
    const user = world.workspace.userByEmail(args.email);
    if (user === undefined || user.role === "stranger") throw new SlackApiError("users_not_found");
    return { user: wireUser(user, world) };
  },
});

const groupList = defineSlackMethod({
  limit: "tier2",
  scope: "usergroups:read",
  args: z.object({
    include_disabled: flagArgument.optional(),
    include_users: flagArgument.optional(),
    include_count: flagArgument.optional(),
  }),
  run: (args, world) => ({
    usergroups: world.workspace
      .groups()
      .filter((group) => args.include_disabled === true || group.disabled !== true)
      .map((group) => wireGroup(group, args.include_users === true, world)),
  }),
});

const groupMembers = defineSlackMethod({
  limit: "tier2",
  scope: "usergroups:read",
  args: z.object({ usergroup: textArgument, include_disabled: flagArgument.optional() }),
  run: (args, world) => {
    const group = world.workspace.group(args.usergroup);
    const hidden = group?.disabled === true && args.include_disabled !== true;
    if (group === undefined || hidden) throw new SlackApiError("no_such_subteam");
    return { users: group.members };
  },
});

export const slackPeopleMethods: Readonly<Record<string, SlackMethod>> = {
  "users.info": userInfo,
  "users.list": userList,
  "users.lookupByEmail": lookupByEmail,
  "usergroups.list": groupList,
  "usergroups.users.list": groupMembers,
};

function wireGroup(group: SlackUserGroupDefinition, withUsers: boolean, world: SlackWorld): JsonObject {
  return {
    id: group.id,
    team_id: world.workspace.team.id,
    is_usergroup: true,
    handle: group.handle,
    name: group.name,
    date_delete: group.disabled === true ? Math.floor(world.clock.now() / 1000) : 0,
    user_count: group.members.length,
    ...(withUsers ? { users: group.members } : {}),
  };
}
