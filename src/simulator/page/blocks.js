import { h } from "./dom.js";
import { renderElement } from "./elements.js";
import { richTextBlock } from "./rich-text-block.js";
import { mrkdwn, plainText, richText } from "./text.js";

/**
 * The nodes of a list of blocks. `context.place` knows the names; `context.dispatch(blockId, element, value, node)` tells the
 * app of a click or a choice; `context.errors` are texts to show below input blocks, by block id.
 */
export function renderBlocks(blocks, context) {
  return blocks.map((block) => {
    const node = (BLOCKS[block.type] ?? unknownBlock)(block, withBlock(context, block));
    node.classList.add("block", `block-${block.type}`);
    node.dataset.block = block.block_id;
    return node;
  });
}

/** The context for the elements of one block: a form reports only those inputs that ask for it. */
function withBlock(context, block) {
  const quiet = context.form === true && block.type === "input" && block.dispatch_action !== true;
  const dispatch = (element, value, node) => context.dispatch(block.block_id, element, value, node);
  return { ...context, blockId: block.block_id, dispatch: quiet ? undefined : dispatch };
}

const BLOCKS = {
  section: renderSection,
  header: (block) => h("h3", {}, plainText(block.text)),
  divider: () => h("hr"),
  context: renderContext,
  actions: (block, context) =>
    h(
      "div",
      {},
      block.elements.map((element) => renderElement(element, context)),
    ),
  image: renderImage,
  input: renderInputBlock,
  rich_text: (block, context) => richTextBlock(block, context.place),
  markdown: (block, context) => h("div", {}, mrkdwn(markdownAsMrkdwn(block.text), context.place)),
};

function unknownBlock(block) {
  return h("div", { class: "unsupported" }, `[${block.type} block]`);
}

function renderSection(block, context) {
  const text = block.text === undefined ? [] : h("div", { class: "section-text" }, richText(block.text, context.place));
  const fields = (block.fields ?? []).map((field) => h("div", { class: "field" }, richText(field, context.place)));
  const words = h(
    "div",
    { class: "section-words" },
    text,
    fields.length === 0 ? [] : h("div", { class: "fields" }, fields),
  );
  return h("div", {}, words, renderAccessory(block.accessory, context));
}

function renderAccessory(accessory, context) {
  if (accessory === undefined) return [];
  const node = accessory.type === "image" ? picture(accessory, "thumbnail") : renderElement(accessory, context);
  return h("div", { class: "accessory" }, node);
}

function renderContext(block, context) {
  const nodes = block.elements.map((element) =>
    element.type === "image" ? picture(element, "context-image") : h("span", {}, richText(element, context.place)),
  );
  return h("div", {}, nodes);
}

function renderImage(block) {
  const title = block.title === undefined ? [] : h("figcaption", {}, plainText(block.title));
  return h("figure", {}, title, picture(block, "picture"));
}

function picture({ image_url: address, alt_text: alt }, name) {
  if (!/^https?:/u.test(address ?? "")) return h("span", { class: "unsupported" }, alt);
  return h("img", { class: name, src: address, alt, loading: "lazy", referrerpolicy: "no-referrer" });
}

function renderInputBlock(block, context) {
  const error = context.errors?.[block.block_id];
  const optional = block.optional === true ? h("span", { class: "optional" }, " (optional)") : [];
  return h(
    "div",
    { class: error === undefined ? "" : "has-error" },
    h(
      "label",
      {},
      h("span", { class: "input-label" }, plainText(block.label), optional),
      renderElement(block.element, context),
    ),
    error === undefined ? [] : h("p", { class: "input-error", role: "alert" }, error),
    block.hint === undefined ? [] : h("p", { class: "input-hint" }, plainText(block.hint)),
  );
}

function markdownAsMrkdwn(text) {
  return text
    .replaceAll(/\*\*(.+?)\*\*/gu, "*$1*")
    .replaceAll(/\[([^\]]+)\]\((https?:[^)\s]+)\)/gu, "<$2|$1>")
    .replaceAll(/^#+ (.+)$/gmu, "*$1*");
}
