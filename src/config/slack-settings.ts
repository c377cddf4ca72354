import { z } from "zod";

import { SlackChannel, SlackTeam, SlashCommand } from "./field-schemas.ts";
import { Member } from "./people-settings.ts";

const commands = z
  .strictObject({
    promote: SlashCommand.default("/promote").meta({ description: "The slash command that promotes" }),
    main: SlashCommand.default("/qd").meta({ description: "The slash command under which everything else is a verb" }),
  })
  .prefault({})
  .meta({ description: "Names of the slash commands; the same must stand in the Slack app's manifest" });

const alerts = z
  .strictObject({
    channel: SlackChannel.meta({ description: "Channel for alerts" }),
    mention: Member.optional().meta({ description: "Who is mentioned in an alert" }),
  })
  .meta({ description: "Where failures are announced besides the run's own thread" });

export const SlackSettings = z.strictObject({
  channel: SlackChannel.meta({
    description:
      "Channel for the cards of runs that were asked for in a direct message, or in a channel that the app is not in; any other run is shown where it was asked for. The app must be a member",
  }),
  approvals: SlackChannel.optional().meta({
    description: "Channel in which approvals are asked for; when absent they are asked for in the thread of the run",
  }),
  alerts: alerts.optional(),
  commands,
  receive: z.enum(["socket", "http"]).optional().meta({
    description:
      "How what people do arrives: `socket` over connections that Quarterdeck opens to Slack, `http` as signed requests to `/slack/events`; when absent it is `http` only where SLACK_SIGNING_SECRET is set and SLACK_APP_TOKEN is not",
  }),
  teams: z
    .array(SlackTeam)
    .default([])
    .meta({ description: "Further workspaces of your own organisation whose members are not strangers" }),
});
