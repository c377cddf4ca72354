import { formField, interactive, optionLists, plainText, withPlaceholder } from "./slack-block-kit-objects.ts";
import {
  address,
  type BlockKitRule,
  byType,
  choice,
  count,
  flag,
  list,
  onlyOn,
  record,
  text,
} from "./slack-block-kit-rules.ts";

const slackFile = record({ optional: { id: text(255), url: address }, oneOf: ["id", "url"] });

export const imageElement = record({
  required: { alt_text: text(2000) },
  optional: { image_url: address, slack_file: slackFile },
  oneOf: ["image_url", "slack_file"],
});

const button = record({
  required: { text: plainText(75) },
  optional: {
    ...interactive,
    url: address,
    value: text(2000),
    style: choice("primary", "danger"),
    accessibility_label: text(75),
  },
});

const ids = list(text(255), 1000);
const conversationFilter = record({
  optional: {
    include: list(choice("im", "mpim", "private", "public"), 4),
    exclude_external_shared_channels: flag,
    exclude_bot_users: flag,
  },
});

const several = { max_selected_items: count(1, 100) };
const options = { options: optionLists.select, option_groups: optionLists.groups };
const conversations = {
  default_to_current_conversation: flag,
  response_url_enabled: flag,
  filter: conversationFilter,
};

const selects: Readonly<Record<string, BlockKitRule>> = {
  static_select: record({
    optional: { ...withPlaceholder, ...options, initial_option: optionLists.initial },
    oneOf: ["options", "option_groups"],
  }),
  multi_static_select: record({
    optional: { ...withPlaceholder, ...options, ...several, initial_options: optionLists.select },
    oneOf: ["options", "option_groups"],
  }),
  external_select: record({
    optional: { ...withPlaceholder, initial_option: optionLists.initial, min_query_length: count(0, 100) },
  }),
  multi_external_select: record({
    optional: { ...withPlaceholder, ...several, initial_options: optionLists.select, min_query_length: count(0, 100) },
  }),
  users_select: record({ optional: { ...withPlaceholder, initial_user: text(255) } }),
  multi_users_select: record({ optional: { ...withPlaceholder, ...several, initial_users: ids } }),
  conversations_select: record({
    optional: { ...withPlaceholder, ...conversations, initial_conversation: text(255) },
  }),
  multi_conversations_select: record({
    optional: { ...withPlaceholder, ...conversations, ...several, initial_conversations: ids },
  }),
  channels_select: record({
    optional: { ...withPlaceholder, initial_channel: text(255), response_url_enabled: flag },
  }),
  multi_channels_select: record({ optional: { ...withPlaceholder, ...several, initial_channels: ids } }),
};

const pickers: Readonly<Record<string, BlockKitRule>> = {
  datepicker: record({ optional: { ...withPlaceholder, initial_date: text(10, 10) } }),
  timepicker: record({ optional: { ...withPlaceholder, initial_time: text(5, 5), timezone: text(100) } }),
  datetimepicker: onlyOn(
    ["message", "modal"],
    record({ optional: { ...interactive, initial_date_time: count(1_000_000_000, 9_999_999_999) } }),
  ),
  checkboxes: record({
    required: { options: optionLists.rich },
    optional: { ...interactive, initial_options: optionLists.rich },
  }),
  radio_buttons: record({
    required: { options: optionLists.rich },
    optional: { ...interactive, initial_option: optionLists.initialRich },
  }),
};

const fields: Readonly<Record<string, BlockKitRule>> = {
  plain_text_input: record({
    optional: {
      ...formField,
      initial_value: text(3000, 0),
      multiline: flag,
      min_length: count(0, 3000),
      max_length: count(1, 3000),
    },
  }),
  email_text_input: onlyOn(["modal"], record({ optional: { ...formField, initial_value: text(3000, 0) } })),
  url_text_input: onlyOn(["modal"], record({ optional: { ...formField, initial_value: text(3000, 0) } })),
  number_input: onlyOn(
    ["modal"],
    record({
      required: { is_decimal_allowed: flag },
      optional: { ...formField, initial_value: text(3000, 0), min_value: text(50), max_value: text(50) },
    }),
  ),
};

const overflow = record({ required: { options: optionLists.overflow }, optional: interactive });

/** What an actions block may hold. */
export const actionElement = byType({ button, overflow, ...selects, ...pickers });

/** What a section may carry on its right. */
export const accessoryElement = byType({ button, overflow, image: imageElement, ...selects, ...pickers });

/** What an input block may hold. */
export const inputElement = byType({ ...fields, ...selects, ...pickers });
