import { address, type BlockKitRule, byType, choice, flag, list, record, text } from "./slack-block-kit-rules.ts";

/** Slack limits of the composition objects: text, option, option group, confirm dialog. */

export function plainText(max: number, min = 1): BlockKitRule {
  return byType({ plain_text: record({ required: { text: text(max, min) }, optional: { emoji: flag } }) });
}

export function anyText(max: number): BlockKitRule {
  return byType({
    plain_text: record({ required: { text: text(max) }, optional: { emoji: flag } }),
    mrkdwn: record({ required: { text: text(max) }, optional: { verbatim: flag } }),
  });
}

const ACTION_ID = text(255);
const PLACEHOLDER = plainText(150);

const confirmDialog = record({
  required: { title: plainText(100), text: anyText(300), confirm: plainText(30), deny: plainText(30) },
  optional: { style: choice("primary", "danger") },
});

const option = record({
  required: { text: plainText(75), value: text(150) },
  optional: { description: plainText(75) },
});

/** Options of radio buttons and checkboxes may use mrkdwn. */
const richOption = record({
  required: { text: anyText(75), value: text(150) },
  optional: { description: anyText(75) },
});

const overflowOption = record({
  required: { text: plainText(75), value: text(150) },
  optional: { description: plainText(75), url: address },
});

const optionGroup = record({ required: { label: plainText(75), options: list(option, 100) } });

export const optionLists = {
  select: list(option, 100),
  groups: list(optionGroup, 100),
  rich: list(richOption, 10),
  overflow: list(overflowOption, 5),
  initial: option,
  initialRich: richOption,
};

/** What every interactive element may carry. */
export const interactive = { action_id: ACTION_ID, confirm: confirmDialog, focus_on_load: flag };

export const withPlaceholder = { ...interactive, placeholder: PLACEHOLDER };

/** What every input element of a form may carry. */
export const formField = {
  action_id: ACTION_ID,
  focus_on_load: flag,
  placeholder: PLACEHOLDER,
  dispatch_action_config: record({
    optional: { trigger_actions_on: list(choice("on_enter_pressed", "on_character_entered"), 2) },
  }),
};
