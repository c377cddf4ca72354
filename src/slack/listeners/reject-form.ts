import { tryRejectMemory } from "../action-value.ts";
import type { DecisionArrival } from "../front-door.ts";
import { truncate } from "../mrkdwn.ts";
import { MOST_REASON, REASON_BLOCK, reasonIn, REJECT_CALLBACK } from "../views/reject-modal.ts";
import { isCurrent } from "./gate-button.ts";
import { type Ack, ANSWERABLE_MS, type ListenerDeps, record, tryAck } from "./listener.ts";
import { actorTeam, FormPayload } from "./slack-payloads.ts";

/** What Slack shows beside the fields of the form. */
export interface FormErrors {
  readonly response_action: "errors";
  readonly errors: Record<string, string>;
}

/** Somebody sent the form with the reason of a rejection. It stays open, with what was typed, when it could not be recorded. */
export async function handleForm(deps: ListenerDeps, payload: unknown, ack: Ack<FormErrors>): Promise<void> {
  const parsed = FormPayload.safeParse(payload);
  const form = parsed.data;
  const memory = form === undefined ? undefined : tryRejectMemory(form.view.private_metadata);
  if (form === undefined || memory === undefined || form.view.callback_id !== REJECT_CALLBACK) {
    deps.logger.warn("a form from Slack could not be read", { problem: parsed.error?.message ?? "not one of ours" });
    await tryAck(deps, ack);
    return;
  }
  const reason = truncate(reasonIn(form.view.state?.values ?? {}), MOST_REASON);
  if (reason === "") {
    const errors = { [REASON_BLOCK]: "Say why in a few words: whoever asked has to know what to do about it." };
    await tryAck(deps, ack, { response_action: "errors", errors });
    return;
  }
  const team = actorTeam(form);
  const { action, channel, messageTs, threadTs, responseUrl, clickedAt } = memory;
  const { run, path, attempt, digest } = action;
  const arrival: DecisionArrival = {
    kind: "decision",
    team,
    user: form.user.id,
    channel,
    threadTs,
    responseUrl,
    answerUntil: clickedAt + ANSWERABLE_MS,
    run,
    path,
    attempt,
    digest,
    isCurrent: isCurrent(deps, action, { channel, ts: messageTs }),
    decision: "reject",
    reason,
  };
  const recorded = await record(deps, `form/${team}/${form.view.id}/${form.view.hash}`, arrival);
  if (recorded.kind !== "recorded") {
    const errors = { [REASON_BLOCK]: "This could not be written down yet, so nothing was decided. Send it again." };
    await tryAck(deps, ack, { response_action: "errors", errors });
    return;
  }
  await tryAck(deps, ack);
  if (recorded.answer !== undefined) await deps.answers.send(arrival, recorded.answer);
}
