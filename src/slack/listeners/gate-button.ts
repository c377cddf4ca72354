import type { GateAction } from "../action-value.ts";
import { APPROVE_ACTION, tryGateAction } from "../action-value.ts";
import type { DecisionArrival } from "../front-door.ts";
import { gateSlot, isGateSlot } from "../slot-ids.ts";
import { type Notice, renderNotice } from "../views/notice.ts";
import { renderRejectModal } from "../views/reject-modal.ts";
import { type Ack, answerOf, type ListenerDeps, record, senderOf, tryAck, turnDown } from "./listener.ts";
import type { ClickPayload } from "./slack-payloads.ts";

/**
 * Somebody pressed a button of a gate. Approve is recorded and then acknowledged; Reject opens the form that asks why, since
 * Slack allows that for three seconds only.
 */
export async function handleGateButton(
  deps: ListenerDeps,
  { click, action: pressed, value, ack }: Press,
): Promise<void> {
  const action = tryGateAction(value);
  if (action === undefined) {
    await turnDown(deps, { to: senderOf(deps, click), notice: renderNotice(UNKNOWN), ack });
    return;
  }
  if (pressed === APPROVE_ACTION) await approve(deps, { click, action, ack });
  else await askWhy(deps, { click, action, ack });
}

interface Press {
  readonly click: ClickPayload;
  readonly action: string;
  readonly value: string | undefined;
  readonly ack: Ack;
}

interface GateClick {
  readonly click: ClickPayload;
  readonly action: GateAction;
  readonly ack: Ack;
}

async function approve(deps: ListenerDeps, { click, action, ack }: GateClick): Promise<void> {
  const { channel_id: channel = "", message_ts: ts = "" } = click.container;
  const sender = senderOf(deps, click);
  const { run, path, attempt, digest } = action;
  const arrival: DecisionArrival = {
    kind: "decision",
    ...sender,
    run,
    path,
    attempt,
    digest,
    isCurrent: isCurrent(deps, action, { channel, ts }),
    decision: "approve",
    reason: "",
  };
  const recorded = await record(deps, `click/${sender.team}/${click.trigger_id}`, arrival);
  // A click that is not on the disk is not acknowledged as if it were: Slack's own warning is the truth then.
  if (recorded.kind === "recorded") await tryAck(deps, ack);
  const answer = answerOf(recorded.kind === "slow" ? await recorded.later : recorded);
  if (answer !== undefined) await deps.answers.send(arrival, answer);
}

async function askWhy(deps: ListenerDeps, { click, action, ack }: GateClick): Promise<void> {
  const { channel_id: channel = "", message_ts: messageTs = "", thread_ts: threadTs } = click.container;
  const responseUrl = click.response_url;
  const memory = { action, channel, messageTs, threadTs, responseUrl, clickedAt: deps.clock.now() };
  const [opened] = await Promise.all([
    deps.gateway.openView(click.trigger_id, renderRejectModal(memory)),
    tryAck(deps, ack),
  ]);
  if (opened.status === "done") return;
  deps.logger.warn("the form for a rejection could not be opened", { result: opened });
  await deps.answers.send(senderOf(deps, click), renderNotice(FORM_EXPIRED));
}

/**
 * Whether the message is the one that Quarterdeck keeps up to date for this gate, and not a copy or an earlier one. While it is
 * not known yet which message Slack made of the request, after a crash between the two, it is taken to be this one.
 */
export function isCurrent(
  deps: Pick<ListenerDeps, "slots" | "ownTeam">,
  action: GateAction,
  message: { readonly channel: string; readonly ts: string },
): boolean {
  const kept = deps.slots.slotByMessage(deps.ownTeam() ?? "", message.channel, message.ts);
  if (kept !== undefined) return isGateSlot(kept.slot, action.run, action.path);
  const request = deps.slots.slot(gateSlot(action.run, action.path, action.attempt - 1));
  return request?.ts === undefined && request?.postingSince !== undefined;
}

const UNKNOWN: Notice = {
  code: "gate.unknown",
  message: "This button belongs to an older version of Quarterdeck, or was not made by it. Nothing was decided.",
};

const FORM_EXPIRED: Notice = {
  code: "slack.form-expired",
  message: "The form that asks for the reason could not be opened in time. Nothing was decided.",
};
