import { z } from "zod";

import { SLACK_LIMITS as LIMITS } from "./slack-limits.ts";

/** One thing that Slack would refuse: where (a JSON pointer) and why. */
export interface BlockProblem {
  readonly pointer: string;
  readonly message: string;
}

const text = (type: "plain_text" | "mrkdwn", limit: number) =>
  z.looseObject({ type: z.literal(type), text: characters(1, limit) });
const eitherText = (limit: number) => z.union([text("plain_text", limit), text("mrkdwn", limit)]);

const Confirm = z.looseObject({
  title: text("plain_text", LIMITS.confirmTitle),
  text: eitherText(LIMITS.confirmText),
  confirm: text("plain_text", LIMITS.confirmButton),
  deny: text("plain_text", LIMITS.confirmButton),
  style: z.enum(["primary", "danger"]).optional(),
});

const Button = z.looseObject({
  type: z.literal("button"),
  text: text("plain_text", LIMITS.buttonText),
  action_id: characters(1, LIMITS.actionId),
  value: characters(0, LIMITS.buttonValue).optional(),
  url: characters(1, LIMITS.url)
    .regex(/^https?:/u)
    .optional(),
  style: z.enum(["primary", "danger"]).optional(),
  accessibility_label: characters(1, LIMITS.accessibilityLabel).optional(),
  confirm: Confirm.optional(),
});

const block_id = characters(1, LIMITS.blockId).optional();

const TextInput = z.looseObject({
  type: z.literal("plain_text_input"),
  action_id: characters(1, LIMITS.actionId),
  placeholder: text("plain_text", LIMITS.placeholder).optional(),
  min_length: z.int().min(0).max(LIMITS.plainTextInput).optional(),
  max_length: z.int().min(1).max(LIMITS.plainTextInput).optional(),
});

const Option = z.looseObject({
  text: text("plain_text", LIMITS.optionText),
  value: characters(1, LIMITS.optionValue),
  description: text("plain_text", LIMITS.optionText).optional(),
});

const select = {
  action_id: characters(1, LIMITS.actionId),
  placeholder: text("plain_text", LIMITS.placeholder).optional(),
  initial_option: Option.optional(),
};

const StaticSelect = z.looseObject({
  type: z.literal("static_select"),
  ...select,
  options: z.array(Option).min(1).max(LIMITS.selectOptions),
});

const ExternalSelect = z.looseObject({
  type: z.literal("external_select"),
  ...select,
  min_query_length: z.int().min(0).optional(),
});

const RichTextLeaf = z.looseObject({ type: z.literal("text"), text: characters(1, LIMITS.textObject) });

const Block = z.discriminatedUnion("type", [
  z
    .looseObject({
      type: z.literal("section"),
      block_id,
      text: eitherText(LIMITS.textObject).optional(),
      fields: z.array(eitherText(LIMITS.sectionField)).min(1).max(LIMITS.sectionFields).optional(),
      accessory: Button.optional(),
    })
    .refine((value) => value.text !== undefined || value.fields !== undefined, "must have text or fields"),
  z.looseObject({ type: z.literal("header"), block_id, text: text("plain_text", LIMITS.header) }),
  z.looseObject({ type: z.literal("divider"), block_id }),
  z.looseObject({
    type: z.literal("context"),
    block_id,
    elements: z.array(eitherText(LIMITS.textObject)).min(1).max(LIMITS.contextElements),
  }),
  z.looseObject({
    type: z.literal("actions"),
    block_id,
    elements: z
      .array(Button)
      .min(1)
      .max(LIMITS.actionsElements)
      .refine((elements) => isUnique(elements.map((element) => element.action_id)), "action_id must be unique"),
  }),
  z.looseObject({
    type: z.literal("rich_text"),
    block_id,
    elements: z
      .array(z.looseObject({ type: z.literal("rich_text_preformatted"), elements: z.array(RichTextLeaf).min(1) }))
      .min(1),
  }),
  z.looseObject({
    type: z.literal("input"),
    block_id,
    label: text("plain_text", LIMITS.inputLabel),
    hint: text("plain_text", LIMITS.inputHint).optional(),
    element: z.discriminatedUnion("type", [TextInput, StaticSelect, ExternalSelect]),
  }),
]);

const Blocks = z
  .array(Block)
  .refine((blocks) => isUnique(blocks.flatMap((block) => block.block_id ?? [])), "block_id must be unique");

const Message = z
  .object({ text: characters(1, LIMITS.fallbackText), blocks: Blocks.max(LIMITS.blocksPerMessage) })
  .refine((message) => totalText(message.blocks) <= LIMITS.blocksText, "all texts together are too long");

const Modal = z
  .looseObject({
    type: z.literal("modal"),
    title: text("plain_text", LIMITS.modalTitle),
    submit: text("plain_text", LIMITS.modalButton).optional(),
    close: text("plain_text", LIMITS.modalButton).optional(),
    callback_id: characters(1, LIMITS.callbackId),
    private_metadata: characters(0, LIMITS.privateMetadata),
    blocks: Blocks.min(1).max(LIMITS.blocksPerModal),
  })
  .refine((view) => Buffer.byteLength(JSON.stringify(view)) <= LIMITS.viewBytes, "the view is larger than 250 kB");

const Home = z
  .looseObject({ type: z.literal("home"), blocks: Blocks.max(LIMITS.blocksPerModal) })
  .refine((view) => Buffer.byteLength(JSON.stringify(view)) <= LIMITS.viewBytes, "the view is larger than 250 kB");

/** Everything about a message that Slack would refuse, by its documented limits; empty when it would take it. */
export function messageProblems(message: unknown): readonly BlockProblem[] {
  return problems(Message, message);
}

/** The same for a modal. */
export function modalProblems(view: unknown): readonly BlockProblem[] {
  return problems(Modal, view);
}

/** The same for a Home tab. */
export function homeProblems(view: unknown): readonly BlockProblem[] {
  return problems(Home, view);
}

function problems(schema: z.ZodType, value: unknown): readonly BlockProblem[] {
  const issues = schema.safeParse(value).error?.issues ?? [];
  return issues.map((issue) => ({ pointer: `/${issue.path.map(String).join("/")}`, message: issue.message }));
}

/** Slack counts Unicode code points, not UTF-16 units. */
function characters(least: number, most: number): z.ZodString {
  const size = (value: string): number => (value.length <= most ? value.length : Array.from(value).length);
  return z
    .string()
    .refine((value) => value.length >= least, `must have at least ${least} characters`)
    .refine((value) => size(value) <= most, `must be less than ${most + 1} characters`);
}

function isUnique(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}

function totalText(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + totalText(item), 0);
  if (typeof value !== "object" || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [key, member]) =>
      sum + (key === "text" && typeof member === "string" ? Array.from(member).length : totalText(member)),
    0,
  );
}
