import {
  address,
  type BlockKitRule,
  byType,
  choice,
  count,
  flag,
  list,
  record,
  text,
} from "./slack-block-kit-rules.ts";

const style = record({
  optional: {
    bold: flag,
    italic: flag,
    strike: flag,
    underline: flag,
    code: flag,
    highlight: flag,
    client_highlight: flag,
    unlink: flag,
  },
});

const leaf = byType({
  text: record({ required: { text: text(12_000) }, optional: { style } }),
  link: record({ required: { url: address }, optional: { text: text(3000), style, unsafe: flag } }),
  emoji: record({ required: { name: text(100) }, optional: { unicode: text(100), skin_tone: count(1, 6), style } }),
  user: record({ required: { user_id: text(255) }, optional: { style } }),
  usergroup: record({ required: { usergroup_id: text(255) }, optional: { style } }),
  channel: record({ required: { channel_id: text(255) }, optional: { style } }),
  team: record({ required: { team_id: text(255) }, optional: { style } }),
  broadcast: record({ required: { range: choice("here", "channel", "everyone") }, optional: { style } }),
  date: record({
    required: { timestamp: count(0, 9_999_999_999), format: text(200) },
    optional: { url: address, fallback: text(300), style },
  }),
  color: record({ required: { value: text(20) } }),
});

const MOST_ELEMENTS = 1000;
const leaves: BlockKitRule = list(leaf, MOST_ELEMENTS, 0);
const section = record({ required: { elements: leaves } });

/** What a rich_text block holds. */
export const richTextElement = byType({
  rich_text_section: section,
  rich_text_list: record({
    required: {
      elements: list(byType({ rich_text_section: section }), MOST_ELEMENTS),
      style: choice("bullet", "ordered"),
    },
    optional: { indent: count(0, 8), offset: count(0, 1_000_000), border: count(0, 1) },
  }),
  rich_text_quote: record({ required: { elements: leaves }, optional: { border: count(0, 1) } }),
  rich_text_preformatted: record({
    required: { elements: leaves },
    optional: { border: count(0, 1), language: text(50) },
  }),
});
