import { z } from "zod";

import type { SlackAdministration } from "./slack-administration.ts";
import { type SlackControl, defineControl } from "./slack-control.ts";

const Membership = z.strictObject({ channel: z.string(), user: z.string() });
const Role = z.enum(["member", "admin", "guest", "single-channel-guest", "bot", "stranger"]);

/** What administrators do, for other processes. */
export function administrationControls(administration: SlackAdministration): Readonly<Record<string, SlackControl>> {
  return {
    "delete-message": defineControl(z.strictObject({ channel: z.string(), ts: z.string() }), (args) =>
      administration.deleteMessage(args.channel, args.ts),
    ),
    "change-user": defineControl(
      z.strictObject({
        user: z.string(),
        deactivated: z.boolean().exactOptional(),
        role: Role.exactOptional(),
        email: z.string().exactOptional(),
        realName: z.string().exactOptional(),
      }),
      ({ user, ...change }) => administration.changeUser(user, change),
    ),
    "set-group-members": defineControl(z.strictObject({ group: z.string(), members: z.array(z.string()) }), (args) =>
      administration.setGroupMembers(args.group, args.members),
    ),
    "remove-group": defineControl(z.strictObject({ group: z.string() }), (args) =>
      administration.removeGroup(args.group),
    ),
    "add-member": defineControl(Membership, (args) => administration.addMember(args.channel, args.user)),
    "remove-member": defineControl(Membership, (args) => administration.removeMember(args.channel, args.user)),
    archive: defineControl(z.strictObject({ channel: z.string(), archived: z.boolean().optional() }), (args) =>
      administration.archive(args.channel, args.archived),
    ),
  };
}
