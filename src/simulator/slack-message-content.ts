import { invalidArguments, SlackApiError } from "./slack-api-error.ts";
import { type BlockKitProblem, characters, isObject } from "./slack-block-kit-rules.ts";
import { blockProblems, problemText } from "./slack-block-kit.ts";
import type { JsonObject } from "./slack-messages.ts";
import { jsonArgument, textArgument } from "./slack-method.ts";

/** Slack limit: the text of a new message is cut here. */
const LONGEST_TEXT = 40_000;
/** Slack limit. */
const MOST_ATTACHMENTS = 100;
const MOST_MARKDOWN = 12_000;
/** Slack does not document how much text all blocks may hold; apps have met refusals above this. */
const MOST_BLOCK_TEXT = 13_200;
/** Slack does not document this either; it is what is safe to rely on. */
const LARGEST_METADATA = 4_096;

/** The arguments from which the content of a message is read. */
export const contentArguments = {
  text: textArgument.optional(),
  blocks: jsonArgument.optional(),
  attachments: jsonArgument.optional(),
  markdown_text: textArgument.optional(),
  metadata: jsonArgument.optional(),
};

interface ContentArguments {
  readonly text?: string | undefined;
  readonly blocks?: unknown;
  readonly attachments?: unknown;
  readonly markdown_text?: string | undefined;
  readonly metadata?: unknown;
}

/** What the app sent; a part that it left out is undefined. */
export interface SlackMessageContent {
  readonly text: string | undefined;
  readonly blocks: readonly JsonObject[] | undefined;
  readonly attachments: readonly JsonObject[] | undefined;
  readonly metadata: JsonObject | undefined;
}

/** Reads and checks the content of a message. Throws SlackApiError. */
export function readContent(args: ContentArguments): SlackMessageContent {
  if (args.markdown_text !== undefined) return markdownContent(args, args.markdown_text);
  const blocks = readBlocks(args.blocks);
  return {
    text: args.text === undefined ? undefined : Array.from(args.text).slice(0, LONGEST_TEXT).join(""),
    blocks,
    attachments: readAttachments(args.attachments),
    metadata: readMetadata(args.metadata),
  };
}

/** Whether there is nothing to show. */
export function isEmptyContent(content: Pick<SlackMessageContent, "text" | "blocks" | "attachments">): boolean {
  const shown = [content.text, content.blocks, content.attachments];
  return shown.every((part) => part === undefined || part.length === 0);
}

/** Slack's answer to blocks that it does not take. */
function invalidBlocks(problems: readonly BlockKitProblem[]): SlackApiError {
  const texts = problems.map(problemText);
  const refusal = invalidArguments(texts, "invalid_blocks");
  return new SlackApiError("invalid_blocks", { errors: texts, ...refusal.extra });
}

function markdownContent(args: ContentArguments, markdown: string): SlackMessageContent {
  if (args.text !== undefined || args.blocks !== undefined) throw new SlackApiError("markdown_text_conflict");
  if (characters(markdown) > MOST_MARKDOWN) throw new SlackApiError("msg_too_long");
  const blocks = [{ type: "markdown", text: markdown }];
  return { text: markdown, blocks, attachments: undefined, metadata: readMetadata(args.metadata) };
}

function readBlocks(blocks: unknown): readonly JsonObject[] | undefined {
  if (blocks === undefined) return undefined;
  if (!Array.isArray(blocks)) throw new SlackApiError("invalid_blocks_format");
  const problems = blockProblems(blocks, "message");
  if (problems.length > 0) throw invalidBlocks(problems);
  if (blockText(blocks) > MOST_BLOCK_TEXT) throw new SlackApiError("msg_blocks_too_long");
  return blocks.filter(isObject);
}

/** The characters of all texts inside, however deep. */
function blockText(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, entry) => sum + blockText(entry), 0);
  if (!isObject(value)) return 0;
  const own = typeof value["text"] === "string" ? characters(value["text"]) : 0;
  return own + blockText(Object.values(value));
}

function readAttachments(attachments: unknown): readonly JsonObject[] | undefined {
  if (attachments === undefined) return undefined;
  if (!Array.isArray(attachments)) throw new SlackApiError("invalid_attachments");
  if (attachments.length > MOST_ATTACHMENTS) throw new SlackApiError("too_many_attachments");
  const objects = attachments.filter(isObject);
  const problems = objects.flatMap(({ blocks }, index) =>
    Array.isArray(blocks) ? blockProblems(blocks, "message", `/attachments/${String(index)}/blocks`) : [],
  );
  if (problems.length > 0) throw invalidBlocks(problems);
  return objects;
}

function readMetadata(metadata: unknown): JsonObject | undefined {
  if (metadata === undefined) return undefined;
  if (!isObject(metadata)) throw new SlackApiError("invalid_metadata_format");
  if (JSON.stringify(metadata).length > LARGEST_METADATA) throw new SlackApiError("metadata_too_large");
  const named = typeof metadata["event_type"] === "string" && isObject(metadata["event_payload"]);
  if (Object.keys(metadata).length > 0 && !named) throw new SlackApiError("invalid_metadata_format");
  return metadata;
}
