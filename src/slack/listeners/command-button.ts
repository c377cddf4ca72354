import type { CommandArrival } from "../front-door.ts";
import { type CommandAction, tryCommandAction } from "../views/command-button.ts";
import { type Notice, renderNotice } from "../views/notice.ts";
import { type Ack, answerOf, type ListenerDeps, record, senderOf, tryAck, turnDown } from "./listener.ts";
import type { ClickPayload } from "./slack-payloads.ts";

interface Press {
  readonly click: ClickPayload;
  readonly value: string | undefined;
  readonly ack: Ack;
}

/** Somebody pressed a button that asks for a command: recorded, then acknowledged, then answered privately. */
export async function handleCommandButton(deps: ListenerDeps, { click, value, ack }: Press): Promise<void> {
  const action = tryCommandAction(value);
  const sender = senderOf(deps, click);
  if (action === undefined) {
    await turnDown(deps, { to: sender, notice: renderNotice(UNKNOWN), ack });
    return;
  }
  const arrival = arrivalOf(sender, action);
  const recorded = await record(deps, `click/${sender.team}/${click.trigger_id}`, arrival);
  // A click that is not on the disk is not acknowledged as if it were: Slack's own warning is the truth then.
  if (recorded.kind === "recorded") await tryAck(deps, ack);
  const answer = answerOf(recorded.kind === "slow" ? await recorded.later : recorded);
  if (answer !== undefined) await deps.answers.send(arrival, answer);
}

function arrivalOf(sender: ReturnType<typeof senderOf>, { command, values }: CommandAction): CommandArrival {
  return { kind: "command", ...sender, door: "button", command, values };
}

const UNKNOWN: Notice = {
  code: "command.unknown",
  message: "This button belongs to an older version of Quarterdeck, or was not made by it. Nothing was done.",
};
