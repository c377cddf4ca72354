import type {
  ActionsBlock,
  Button,
  ConfirmationDialog,
  ContextBlock,
  InputBlock,
  MrkdwnElement,
  PlainTextElement,
  PlainTextOption,
  RichTextBlock,
  SectionBlock,
} from "@slack/types";

import { truncate, truncateMrkdwn } from "./mrkdwn.ts";
import { SLACK_LIMITS } from "./slack-limits.ts";

/** The block types that Quarterdeck uses: those that every Slack client renders. */
export type MessageBlock = SectionBlock | ContextBlock | ActionsBlock | RichTextBlock | InputBlock;

/** A message as it is sent: `text` is the whole sentence for notifications and screen readers, which do not read blocks. */
export interface MessageContent {
  readonly text: string;
  readonly blocks: readonly MessageBlock[];
}

/** A message whose fallback text fits what chat.update takes, and is never empty. */
export function message(text: string, blocks: readonly MessageBlock[]): MessageContent {
  const words = text.trim();
  return { text: truncateMrkdwn(words === "" ? "(nothing)" : words, SLACK_LIMITS.fallbackText), blocks };
}

/** `verbatim` keeps Slack from turning names in it into links and mentions. */
export function mrkdwn(text: string, limit: number = SLACK_LIMITS.textObject): MrkdwnElement {
  return { type: "mrkdwn", text: truncateMrkdwn(text, limit) || " ", verbatim: true };
}

export function plainText(text: string, limit: number): PlainTextElement {
  return { type: "plain_text", text: truncate(text, limit) || " ", emoji: true };
}

/** A paragraph of mrkdwn. Cut at Slack's limit: give it what has been escaped and is not cut inside a token. */
export function section(text: string): SectionBlock {
  return { type: "section", text: mrkdwn(text), expand: true };
}

/** Small print; empty parts are left out. */
export function context(...parts: readonly string[]): ContextBlock {
  const kept = parts.filter((part) => part !== "").slice(0, SLACK_LIMITS.contextElements);
  return { type: "context", elements: kept.map((part) => mrkdwn(part)) };
}

export function actions(...elements: readonly Button[]): ActionsBlock {
  return { type: "actions", elements: elements.slice(0, SLACK_LIMITS.actionsElements) };
}

/** A list of lines without any meaning of their own: rich text leaves are never parsed for mentions or formatting. */
export function preformatted(lines: readonly string[]): RichTextBlock {
  const text = truncate(lines.join("\n"), SLACK_LIMITS.textObject) || " ";
  return { type: "rich_text", elements: [{ type: "rich_text_preformatted", elements: [{ type: "text", text }] }] };
}

export interface ButtonShape {
  readonly text: string;
  readonly actionId: string;
  readonly value?: string;
  readonly url?: string;
  readonly style?: "primary" | "danger";
  /** What a screen reader says instead of the text. */
  readonly label?: string;
  readonly confirm?: { readonly title: string; readonly text: string; readonly confirm: string; readonly deny: string };
}

export function button(shape: ButtonShape): Button {
  return {
    type: "button",
    text: plainText(shape.text, SLACK_LIMITS.buttonText),
    action_id: shape.actionId,
    ...(shape.value !== undefined && { value: shape.value }),
    ...(shape.url !== undefined && { url: shape.url }),
    ...(shape.style !== undefined && { style: shape.style }),
    ...(shape.label !== undefined && { accessibility_label: truncate(shape.label, SLACK_LIMITS.accessibilityLabel) }),
    ...(shape.confirm !== undefined && { confirm: confirmation(shape.confirm, shape.style) }),
  };
}

function confirmation(
  texts: NonNullable<ButtonShape["confirm"]>,
  style: "primary" | "danger" | undefined,
): ConfirmationDialog {
  return {
    title: plainText(texts.title, SLACK_LIMITS.confirmTitle),
    text: plainText(texts.text, SLACK_LIMITS.confirmText),
    confirm: plainText(texts.confirm, SLACK_LIMITS.confirmButton),
    deny: plainText(texts.deny, SLACK_LIMITS.confirmButton),
    ...(style !== undefined && { style }),
  };
}

/** Something that can be chosen in a form; texts are cut at Slack's limits. */
export function option(shape: {
  readonly value: string;
  readonly label: string;
  readonly description?: string;
}): PlainTextOption {
  return {
    text: plainText(shape.label, SLACK_LIMITS.optionText),
    value: truncate(shape.value, SLACK_LIMITS.optionValue),
    ...(shape.description !== undefined && {
      description: plainText(shape.description, SLACK_LIMITS.optionText),
    }),
  };
}

interface SelectShape {
  readonly blockId: string;
  readonly actionId: string;
  readonly label: string;
  readonly hint?: string;
  readonly placeholder: string;
  readonly initial?: PlainTextOption | undefined;
}

/** A field in which people choose from a list that we are asked for while they type. Every choice is told at once. */
export function searchInput(shape: SelectShape): InputBlock {
  return selectInput(shape, { type: "external_select", min_query_length: 0, ...selectFields(shape) });
}

/** A field in which people choose from a short list. Every choice is told at once. */
export function choiceInput(shape: SelectShape, options: readonly PlainTextOption[]): InputBlock {
  const shown = options.slice(0, SLACK_LIMITS.selectOptions);
  return selectInput(shape, { type: "static_select", options: shown, ...selectFields(shape) });
}

function selectInput({ blockId, label, hint }: SelectShape, element: InputBlock["element"]): InputBlock {
  return {
    type: "input",
    block_id: blockId,
    dispatch_action: true,
    label: plainText(label, SLACK_LIMITS.inputLabel),
    ...(hint !== undefined && { hint: plainText(hint, SLACK_LIMITS.inputHint) }),
    element,
  };
}

function selectFields({ actionId, placeholder, initial }: SelectShape): {
  readonly action_id: string;
  readonly placeholder: PlainTextElement;
  readonly initial_option?: PlainTextOption;
} {
  return {
    action_id: actionId,
    placeholder: plainText(placeholder, SLACK_LIMITS.placeholder),
    ...(initial !== undefined && { initial_option: initial }),
  };
}

/** A field of a modal in which people write more than a word. */
export function textInput(shape: {
  readonly blockId: string;
  readonly actionId: string;
  readonly label: string;
  readonly hint: string;
  readonly maxLength: number;
}): InputBlock {
  return {
    type: "input",
    block_id: shape.blockId,
    label: plainText(shape.label, SLACK_LIMITS.inputLabel),
    hint: plainText(shape.hint, SLACK_LIMITS.inputHint),
    element: {
      type: "plain_text_input",
      action_id: shape.actionId,
      multiline: true,
      min_length: 1,
      max_length: Math.min(shape.maxLength, SLACK_LIMITS.plainTextInput),
      focus_on_load: true,
    },
  };
}
