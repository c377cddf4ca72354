import type { MessageContent } from "../blocks.ts";
import { simplify } from "../degrade.ts";
import type { SlashArrival } from "../front-door.ts";
import { renderNotice } from "../views/notice.ts";
import {
  type Ack,
  ANSWERABLE_MS,
  answerOf,
  type ListenerDeps,
  type PrivateAnswer,
  record,
  tryAck,
} from "./listener.ts";
import { SlashPayload } from "./slack-payloads.ts";

/** Somebody typed one of our commands: recorded, then acknowledged, with the first answer in the acknowledgement. */
export async function handleSlashCommand(deps: ListenerDeps, payload: unknown, ack: Ack<PrivateAnswer>): Promise<void> {
  const parsed = SlashPayload.safeParse(payload);
  if (!parsed.success) {
    deps.logger.warn("a slash command from Slack could not be read", { problem: parsed.error.message });
    const notice = renderNotice({
      code: "slack.unreadable",
      message: "Slack sent this command in a form that Quarterdeck does not know.",
    });
    await tryAck(deps, ack, privately(notice));
    return;
  }
  const arrival = arrivalOf(deps, parsed.data);
  const recorded = await record(deps, `slash/${arrival.team}/${parsed.data.trigger_id}`, arrival);
  if (recorded.kind === "slow") {
    await tryAck(deps, ack, privately(SLOW));
    const late = answerOf(await recorded.later);
    if (late !== undefined) await deps.answers.send(arrival, late);
    return;
  }
  const answer = answerOf(recorded);
  const isAcked = await tryAck(deps, ack, answer && privately(answer));
  if (!isAcked && answer !== undefined) await deps.answers.send(arrival, answer);
}

const SLOW = renderNotice({
  code: "slack.not-recorded",
  message: "Quarterdeck is slow to write this down at the moment.",
});

function arrivalOf(deps: ListenerDeps, payload: SlashPayload): SlashArrival {
  const { team_id: team, user_id: user, channel_id: channel, command, text, response_url: responseUrl } = payload;
  const answerUntil = deps.clock.now() + ANSWERABLE_MS;
  return { kind: "slash", team, user, channel, responseUrl, answerUntil, command, text };
}

function privately(content: MessageContent): PrivateAnswer {
  const { text, blocks } = simplify(content, 0);
  return { response_type: "ephemeral", text, blocks };
}
