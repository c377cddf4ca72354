import { APPROVE_ACTION, REJECT_ACTION } from "../action-value.ts";
import { COMMAND_ACTION } from "../views/command-button.ts";
import { formFieldOf } from "../views/command-form.ts";
import { handleCommandButton } from "./command-button.ts";
import { handleChoice } from "./command-form.ts";
import { handleGateButton } from "./gate-button.ts";
import { type Ack, type ListenerDeps, tryAck } from "./listener.ts";
import { ChoicePayload, ClickPayload } from "./slack-payloads.ts";

/** Somebody pressed a button or chose something. Buttons that open an address, and those that nobody knows any more, are acknowledged. */
export async function handleClick(deps: ListenerDeps, payload: unknown, ack: Ack): Promise<void> {
  const parsed = ClickPayload.safeParse(payload);
  if (!parsed.success) {
    deps.logger.warn("a click from Slack could not be read", { problem: parsed.error.message });
    await tryAck(deps, ack);
    return;
  }
  const click = parsed.data;
  const [pressed] = click.actions;
  const { value } = pressed ?? {};
  const action = pressed?.action_id ?? "";
  if (action === APPROVE_ACTION || action === REJECT_ACTION) {
    await handleGateButton(deps, { click, action, value, ack });
    return;
  }
  if (action.startsWith(COMMAND_ACTION)) {
    await handleCommandButton(deps, { click, value, ack });
    return;
  }
  const choice = formFieldOf(action) === undefined ? undefined : ChoicePayload.safeParse(payload).data;
  if (choice === undefined) await tryAck(deps, ack);
  else await handleChoice(deps, choice, ack);
}
