import type { MessageContent } from "../blocks.ts";
import { simplify } from "../degrade.ts";
import type { SlashArrival } from "../front-door.ts";
import { renderNotice } from "../views/notice.ts";
import { renderCommandForm } from "../views/command-form.ts";
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
  const acked = Promise.withResolvers<void>();
  if (parsed.data.response_url !== undefined) deps.answers.hold(parsed.data.response_url, acked.promise);
  try {
    await handleTyped(deps, { payload: parsed.data, ack, onAcked: acked.resolve });
  } finally {
    acked.resolve();
  }
}

interface Typed {
  readonly payload: SlashPayload;
  readonly ack: Ack<PrivateAnswer>;
  /** Told when the acknowledgement is out: what is said later takes its place. */
  readonly onAcked: () => void;
}

async function handleTyped(deps: ListenerDeps, { payload, ack, onAcked }: Typed): Promise<void> {
  const arrival = arrivalOf(deps, payload);
  const recorded = await record(deps, `slash/${arrival.team}/${payload.trigger_id}`, arrival);
  if (recorded.kind === "slow") {
    await tryAck(deps, ack, privately(SLOW));
    onAcked();
    const late = answerOf(await recorded.later);
    if (late !== undefined) await deps.answers.send(arrival, late);
    return;
  }
  if (recorded.kind === "recorded" && recorded.form !== undefined) {
    const { trigger_id: triggerId } = payload;
    await openForm(deps, { arrival, command: recorded.form, triggerId, ack, otherwise: recorded.answer });
    return;
  }
  const answer = answerOf(recorded);
  const isAcked = await tryAck(deps, ack, answer && privately(answer));
  if (!isAcked && answer !== undefined) await deps.answers.send(arrival, answer);
}

interface Opening {
  readonly arrival: SlashArrival;
  readonly command: string;
  readonly triggerId: string;
  readonly ack: Ack<PrivateAnswer>;
  /** What is said instead when the form cannot be opened in time. */
  readonly otherwise: MessageContent | undefined;
}

async function openForm(deps: ListenerDeps, { arrival, command, triggerId, ack, otherwise }: Opening): Promise<void> {
  const { channel, responseUrl, answerUntil } = arrival;
  const memory = { command, channel, answerUntil, ...(responseUrl !== undefined && { responseUrl }) };
  const state = deps.frontDoor.forms.state({ command });
  const view = state && renderCommandForm(state, { memory, outlook: { kind: "incomplete" } }, deps.lookups);
  const [opened] = await Promise.all([view && deps.gateway.openView(triggerId, view), tryAck(deps, ack)]);
  if (opened?.status === "done") return;
  deps.logger.warn("the form of a command could not be opened", { command, result: opened });
  if (otherwise !== undefined) await deps.answers.send(arrival, otherwise);
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
