import { COMMAND_FORM } from "../views/command-form.ts";
import { REJECT_CALLBACK } from "../views/reject-modal.ts";
import { handleCommandForm } from "./command-form.ts";
import { type Ack, type FormErrors, type ListenerDeps, tryAck } from "./listener.ts";
import { handleRejectForm } from "./reject-form.ts";
import { FormPayload } from "./slack-payloads.ts";

/** Somebody sent one of our forms. */
export async function handleForm(deps: ListenerDeps, payload: unknown, ack: Ack<FormErrors>): Promise<void> {
  const parsed = FormPayload.safeParse(payload);
  const form = parsed.data;
  if (form?.view.callback_id === COMMAND_FORM) return handleCommandForm(deps, form, ack);
  if (form?.view.callback_id === REJECT_CALLBACK) return handleRejectForm(deps, form, ack);
  deps.logger.warn("a form from Slack could not be read", { problem: parsed.error?.message ?? "not one of ours" });
  await tryAck(deps, ack);
}
