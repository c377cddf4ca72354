import type { RunView } from "../../domain/run-view.ts";
import { context, message, section, type MessageContent } from "../blocks.ts";
import { code, inert } from "../mrkdwn.ts";
import { runStatus } from "./run-status.ts";

/** The direct message to whoever asked for a run whose card Slack does not take: what, why, what to do. */
export function renderStrayedNotice(
  view: RunView,
  { reason, elsewhere }: { readonly reason: string; readonly elsewhere: string },
): MessageContent {
  const { origin } = view.state;
  const channel = channelText(origin.channel);
  const place = elsewhere === origin.channel ? "" : ` The run is shown in ${channelText(elsewhere)} instead.`;
  const isAsking = view.stages.some(({ status }) => status === "gate");
  const asking = isAsking && place === "" ? " Nobody can be asked for the approval until then." : "";
  const why = REASONS[reason] ?? "Invite the app to the channel, or ask whoever runs Quarterdeck.";
  const other = why === ARCHIVED && place === "" ? ANOTHER : "";
  const next = `${why}${other}${asking}`;
  const title = inert(view.state.title, 250);
  const text = `${title} cannot be shown in ${channel}.${place} ${next} The run itself goes on: ${runStatus(view).words.toLowerCase()}.`;
  return message(text, [
    section(`:mailbox_with_no_mail: *${title}* cannot be shown in ${channel}\n${next}${place}`),
    context(code(view.shortId, 40), "the run itself goes on", code(reason, 60)),
  ]);
}

function channelText(channel: string): string {
  return /^[CG][A-Z0-9]{1,20}$/u.test(channel) ? `<#${channel}>` : code(channel, 100);
}

const ARCHIVED = "It is archived.";
const ANOTHER =
  " Whoever runs Quarterdeck can open it again, or name another one as `channel` under `slack` in quarterdeck.yaml.";
const REASONS: Readonly<Record<string, string>> = {
  not_in_channel: "Quarterdeck is not in it: invite it there with /invite.",
  channel_not_found: "Quarterdeck cannot see it: if it is private, invite it there with /invite.",
  is_archived: ARCHIVED,
  is_inactive: ARCHIVED,
};
