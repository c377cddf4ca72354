import { tryRejectMemory } from "../action-value.ts";
import type { DecisionArrival } from "../front-door.ts";
import { truncate } from "../mrkdwn.ts";
import { MOST_REASON, REASON_BLOCK, reasonIn } from "../views/reject-modal.ts";
import { isCurrent } from "./gate-button.ts";
import { type Ack, ANSWERABLE_MS, type FormErrors, type ListenerDeps, record, tryAck } from "./listener.ts";
import { actorTeam, type FormPayload } from "./slack-payloads.ts";

/** Somebody sent the form with the reason of a rejection. It stays open, with what was typed, when it could not be recorded. */
export async function handleRejectForm(deps: ListenerDeps, form: FormPayload, ack: Ack<FormErrors>): Promise<void> {
  const memory = tryRejectMemory(form.view.private_metadata);
  if (memory === undefined) {
    deps.logger.warn("the form for a rejection has forgotten what it is about");
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
