import { h } from "./dom.js";
import { emojiText } from "./emoji.js";
import { channelMention, dateText, groupMention, link, userMention } from "./text.js";

/** The nodes of a rich_text block. Its text leaves are inert: no mention or link is read out of them. */
export function richTextBlock(block, place) {
  return h(
    "div",
    { class: "rich-text" },
    block.elements.map((element) => renderElement(element, place)),
  );
}

function renderElement(element, place) {
  const children = (element.elements ?? []).map((child) =>
    child.type === "rich_text_section"
      ? h(
          "li",
          {},
          child.elements.map((leaf) => renderLeaf(leaf, place)),
        )
      : renderLeaf(child, place),
  );
  if (element.type === "rich_text_preformatted") return h("pre", {}, h("code", {}, children));
  if (element.type === "rich_text_quote") return h("blockquote", {}, children);
  if (element.type !== "rich_text_list") return h("div", {}, children);
  const list = h(element.style === "ordered" ? "ol" : "ul", { start: (element.offset ?? 0) + 1 }, children);
  list.classList.add(`indent-${element.indent ?? 0}`);
  return list;
}

const LEAVES = {
  text: (leaf) => document.createTextNode(leaf.text),
  link: (leaf, place) => link(leaf.url, leaf.text ?? leaf.url, place),
  emoji: (leaf) => h("span", { class: "emoji" }, emojiText(leaf.name)),
  user: (leaf, place) => userMention(leaf.user_id, place),
  usergroup: (leaf, place) => groupMention(leaf.usergroup_id, place),
  channel: (leaf, place) => channelMention(leaf.channel_id, place),
  broadcast: (leaf) => h("span", { class: "mention mention-me" }, `@${leaf.range}`),
  date: (leaf, place) => dateText({ ...leaf, seconds: leaf.timestamp }, place),
  color: (leaf) => h("code", {}, leaf.value),
  team: (leaf) => document.createTextNode(leaf.team_id),
};

const STYLES = { bold: "strong", italic: "em", strike: "s", underline: "u", code: "code" };

function renderLeaf(leaf, place) {
  let node = LEAVES[leaf.type]?.(leaf, place) ?? document.createTextNode("");
  for (const [style, tag] of Object.entries(STYLES)) if (leaf.style?.[style] === true) node = h(tag, {}, node);
  return node;
}
