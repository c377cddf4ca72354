import { visible } from "../../platform/visible-text.ts";
import { type RejectMemory } from "../action-value.ts";
import { plainText, section, textInput } from "../blocks.ts";
import { inert } from "../mrkdwn.ts";
import { SLACK_LIMITS } from "../slack-limits.ts";
import type { Modal } from "./modal.ts";

export const REJECT_CALLBACK = "gate_reject_reason";
export const REASON_BLOCK = "reason";
const REASON_INPUT = "text";
/** Characters of a reason. */
export const MOST_REASON = 1000;

/** The form that asks why; it decides nothing until it is sent. */
export function renderRejectModal(memory: RejectMemory): Modal {
  return {
    type: "modal",
    callback_id: REJECT_CALLBACK,
    private_metadata: rejectMemoryText(memory),
    title: plainText("Reject", SLACK_LIMITS.modalTitle),
    submit: plainText("Reject", SLACK_LIMITS.modalButton),
    close: plainText("Back", SLACK_LIMITS.modalButton),
    blocks: [
      section(`*Reject ${inert(memory.action.what ?? "this", 250)}?*\nThe run ends, and it changes nothing more.`),
      textInput({
        blockId: REASON_BLOCK,
        actionId: REASON_INPUT,
        label: "Why?",
        hint: "Everyone in the channel sees it, whoever asked is told, and it is kept in the log.",
        maxLength: MOST_REASON,
      }),
    ],
  };
}

// A response address that does not fit is left out: the answer then goes out as an ephemeral message.
function rejectMemoryText(memory: RejectMemory): string {
  const text = JSON.stringify(memory);
  return text.length <= SLACK_LIMITS.privateMetadata ? text : JSON.stringify({ ...memory, responseUrl: undefined });
}

/** The reason from the `state.values` of a sent form; empty when there is none, or nothing that can be seen. */
export function reasonIn(
  values: Readonly<Record<string, Readonly<Record<string, { value?: string | null | undefined }>>>>,
): string {
  return visible(values[REASON_BLOCK]?.[REASON_INPUT]?.value ?? "").trim();
}
