import { accessoryElement, actionElement, imageElement, inputElement } from "./slack-block-kit-elements.ts";
import { anyText, plainText } from "./slack-block-kit-objects.ts";
import { richTextElement } from "./slack-block-kit-rich-text.ts";
import {
  address,
  type BlockKitPlace,
  type BlockKitProblem,
  type BlockKitRule,
  type BlockKitSurface,
  byType,
  characters,
  flag,
  isObject,
  list,
  onlyOn,
  record,
  report,
  text,
  within,
} from "./slack-block-kit-rules.ts";

/** Slack limits: blocks in a message, and in a modal or a Home tab. */
const MOST_BLOCKS: Readonly<Record<BlockKitSurface, number>> = { message: 50, modal: 100, home: 100 };
/** Slack limit: the markdown of all markdown blocks of a message together. */
const MOST_MARKDOWN = 12_000;

const blockId = { block_id: text(255) };

const contextElement = byType({
  image: imageElement,
  plain_text: plainText(3000),
  mrkdwn: anyText(3000),
});

const block: BlockKitRule = byType({
  section: record({
    optional: {
      ...blockId,
      text: anyText(3000),
      fields: list(anyText(2000), 10),
      accessory: accessoryElement,
      expand: flag,
    },
    oneOf: ["text", "fields"],
  }),
  header: record({ required: { text: plainText(150) }, optional: blockId }),
  divider: record({ optional: blockId }),
  context: record({ required: { elements: list(contextElement, 10) }, optional: blockId }),
  actions: record({ required: { elements: list(actionElement, 25) }, optional: blockId }),
  image: record({
    required: { alt_text: text(2000) },
    optional: {
      ...blockId,
      image_url: address,
      slack_file: record({ optional: { id: text(255), url: address } }),
      title: plainText(2000),
    },
    oneOf: ["image_url", "slack_file"],
  }),
  input: record({
    required: { label: plainText(2000), element: inputElement },
    optional: { ...blockId, hint: plainText(2000), optional: flag, dispatch_action: flag },
  }),
  rich_text: record({ required: { elements: list(richTextElement, 1000) }, optional: blockId }),
  markdown: onlyOn(["message"], record({ required: { text: text(MOST_MARKDOWN) }, optional: blockId })),
});

/** Every problem of a list of blocks; none when Slack would take it. `pointer` is where the list is in its payload. */
export function blockProblems(
  blocks: readonly unknown[],
  surface: BlockKitSurface,
  pointer = "/blocks",
): readonly BlockKitProblem[] {
  const place: BlockKitPlace = { pointer, surface, problems: [] };
  list(block, MOST_BLOCKS[surface], 0)(blocks, place);
  checkUniqueIds(blocks, place);
  checkMarkdown(blocks, place);
  return place.problems;
}

/** Every problem of a modal or a Home tab. */
export function viewProblems(view: unknown): readonly BlockKitProblem[] {
  const type = isObject(view) ? view["type"] : undefined;
  const surface = type === "home" ? "home" : "modal";
  const place: BlockKitPlace = { pointer: "/view", surface, problems: [] };
  const optional = {
    callback_id: text(255, 0),
    private_metadata: text(3000, 0),
    external_id: text(255, 0),
  };
  const blocks = list(() => undefined, MOST_BLOCKS[surface], 0);
  byType({
    home: record({ required: { blocks }, optional }),
    modal: record({
      required: { title: plainText(24), blocks },
      optional: {
        ...optional,
        submit: plainText(24),
        close: plainText(24),
        clear_on_close: flag,
        notify_on_close: flag,
        submit_disabled: flag,
      },
    }),
  })(view, place);
  if (!isObject(view) || !Array.isArray(view["blocks"])) return place.problems;
  const inputs = view["blocks"].some((entry) => isObject(entry) && entry["type"] === "input");
  if (surface === "modal" && inputs && view["submit"] === undefined) {
    report(place, "missing_required_field", "missing required field: submit");
  }
  return [...place.problems, ...blockProblems(view["blocks"], surface, "/view/blocks")];
}

/** The problem in Slack's words: `must be less than 3001 characters [json-pointer:/blocks/0/text/text]`. */
export function problemText(problem: BlockKitProblem): string {
  return `${problem.message} [json-pointer:${problem.pointer}]`;
}

function checkUniqueIds(blocks: readonly unknown[], place: BlockKitPlace): void {
  const blockIds = new Set<unknown>();
  for (const [index, entry] of blocks.entries()) {
    if (!isObject(entry)) continue;
    const at = within(place, index);
    const id = entry["block_id"];
    if (id !== undefined && blockIds.has(id)) {
      report(within(at, "block_id"), "duplicate", `block_id ${JSON.stringify(id)} already exists`);
    }
    blockIds.add(id);
    checkUniqueActions(entry["elements"], within(at, "elements"));
  }
}

function checkUniqueActions(elements: unknown, place: BlockKitPlace): void {
  if (!Array.isArray(elements)) return;
  const seen = new Set<unknown>();
  for (const [index, element] of elements.entries()) {
    const id: unknown = isObject(element) ? element["action_id"] : undefined;
    if (id === undefined) continue;
    if (seen.has(id)) {
      report(within(within(place, index), "action_id"), "duplicate", `action_id ${JSON.stringify(id)} already exists`);
    }
    seen.add(id);
  }
}

function checkMarkdown(blocks: readonly unknown[], place: BlockKitPlace): void {
  const texts = blocks.map((entry) => (isObject(entry) && entry["type"] === "markdown" ? entry["text"] : undefined));
  const total = texts.reduce<number>((sum, entry) => sum + (typeof entry === "string" ? characters(entry) : 0), 0);
  if (total <= MOST_MARKDOWN) return;
  report(place, "too_long", `markdown blocks must be less than ${String(MOST_MARKDOWN + 1)} characters together`);
}
