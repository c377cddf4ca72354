import { z } from "zod";

import type { FormField, FormOutlook, FormState } from "../../engine/command-form.ts";
import { tryJson } from "../../platform/try-json.ts";
import { choiceInput, context, option, plainText, searchInput, section, type MessageBlock } from "../blocks.ts";
import { inert, truncate } from "../mrkdwn.ts";
import { SLACK_LIMITS } from "../slack-limits.ts";
import { renderAnswer } from "./answer.ts";
import type { Modal } from "./modal.ts";
import { outlookBlocks } from "./plan-answer.ts";
import type { ViewLookups } from "./view-lookups.ts";

export const COMMAND_FORM = "command_form";
/** The `action_id`s of the fields, which are also the beginnings of their `block_id`s. */
const FIELD_ACTION: Readonly<Record<FormField, string>> = {
  service: "form_service",
  revision: "form_revision",
  environment: "form_environment",
};

// Options carry no longer ones either.
const LONGEST_NAME = 75;
// Slack's have a hundred characters, and all that is remembered has to fit into 3,000.
const LONGEST_URL = 1000;

/** What a form remembers: what it asks for, and where the answer goes. Readable by people, believed in nothing. */
export const FormMemory = z.strictObject({
  command: z.string().max(64),
  channel: z.string().max(64),
  responseUrl: z.string().max(LONGEST_URL).optional(),
  /** In milliseconds since the epoch. */
  answerUntil: z.number(),
  /** What was chosen last: fields depend on it. */
  service: z.string().max(LONGEST_NAME).optional(),
});
export type FormMemory = z.infer<typeof FormMemory>;

export function tryFormMemory(text: string): FormMemory | undefined {
  return FormMemory.safeParse(tryJson(text)).data;
}

/** Which field an `action_id` stands for. */
export function formFieldOf(actionId: string): FormField | undefined {
  return FIELDS.find((field) => FIELD_ACTION[field] === actionId);
}

const FIELDS: readonly FormField[] = ["service", "revision", "environment"];

/** The block of a field: another one for each service, so that nothing that was chosen for one is kept for another. */
export function formBlock(field: FormField, service: string | undefined): string {
  if (field === "service") return FIELD_ACTION.service;
  return truncate(`${FIELD_ACTION[field]}/${service ?? ""}`, SLACK_LIMITS.blockId);
}

/** `working`: what would happen is being looked up. */
export type ShownOutlook = FormOutlook | { readonly kind: "working" } | { readonly kind: "incomplete" };

/** The form that asks for a command: what is chosen, what can be, and what would happen. */
export function renderCommandForm(
  state: FormState,
  shown: { readonly memory: FormMemory; readonly outlook: ShownOutlook },
  lookups: ViewLookups,
): Modal {
  return {
    type: "modal",
    callback_id: COMMAND_FORM,
    private_metadata: memoryText({
      ...shown.memory,
      service: state.service && truncate(state.service.value, LONGEST_NAME),
    }),
    title: plainText(state.title, SLACK_LIMITS.modalTitle),
    submit: plainText(state.title, SLACK_LIMITS.modalButton),
    close: plainText("Close", SLACK_LIMITS.modalButton),
    blocks: [...fields(state), ...outlookPart(shown.outlook, lookups)],
  };
}

function fields(state: FormState): readonly MessageBlock[] {
  const isByService = state.fields.includes("service");
  if (!isByService) return [environmentField(state, "Which one?")];
  const { service } = state;
  const serviceField = searchInput({
    blockId: formBlock("service", undefined),
    actionId: FIELD_ACTION.service,
    label: "Service",
    placeholder: "Type to search",
    initial: service === undefined ? undefined : option(service),
  });
  if (service === undefined)
    return [serviceField, context("Choose a service to see what is live, and what there is to choose.")];
  return [
    serviceField,
    ...(state.fields.includes("revision") ? [revisionField(service.value)] : []),
    ...(state.fields.includes("environment") ? [environmentField(state, "Up to where?")] : []),
  ];
}

function revisionField(service: string): MessageBlock {
  return searchInput({
    blockId: formBlock("revision", service),
    actionId: FIELD_ACTION.revision,
    label: "Revision",
    hint: "The newest commits that may be deployed. Type a part of a subject, an author, a branch, a tag, or the digits of any commit.",
    placeholder: "Choose, or type to search",
  });
}

function environmentField({ service, environments, environment }: FormState, placeholder: string): MessageBlock {
  const places = environments.map((place) => option(place));
  const field = {
    blockId: formBlock("environment", service?.value),
    actionId: FIELD_ACTION.environment,
    label: "Environment",
    placeholder,
    initial: places.find(({ value }) => value === environment),
  };
  return choiceInput(field, places);
}

function outlookPart(outlook: ShownOutlook, lookups: ViewLookups): readonly MessageBlock[] {
  switch (outlook.kind) {
    case "incomplete":
      return [];
    case "working":
      return [context(":mag: Looking up what would happen.")];
    case "outlook":
      return [section(`*What would happen: ${inert(outlook.plan.title, 250)}*`), ...outlookBlocks(outlook.plan)];
    case "wrong":
      return renderAnswer(outlook.answer, lookups).blocks;
  }
}

// A response address that does not fit is left out: the answer then goes out as an ephemeral message.
function memoryText(memory: FormMemory): string {
  const text = JSON.stringify(memory);
  return text.length <= SLACK_LIMITS.privateMetadata ? text : JSON.stringify({ ...memory, responseUrl: undefined });
}
