import { message, plainText, section, type MessageContent } from "./blocks.ts";
import { SLACK_LIMITS } from "./slack-limits.ts";
import { messageProblems } from "./validate-blocks.ts";

/**
 * A message that Slack does not take as it is, made simpler: first one paragraph and the buttons, so that people can still
 * decide, then the paragraph alone. A message that breaks a limit of its own is simplified before it is ever sent.
 */
export function simplify(content: MessageContent, level: 0 | 1 | 2): MessageContent {
  if (level === 0) return messageProblems(content).length === 0 ? content : simplify(content, 1);
  const { text } = message(content.text, []);
  const paragraph = message(text, [section(text)]);
  if (level === 2) return { text, blocks: [{ type: "section", text: plainText(text, SLACK_LIMITS.textObject) }] };
  const withButtons = {
    ...paragraph,
    blocks: [...paragraph.blocks, ...content.blocks.filter(({ type }) => type === "actions")],
  };
  return messageProblems(withButtons).length === 0 ? withButtons : simplify(content, 2);
}
