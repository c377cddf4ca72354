import { context, message, type MessageContent, preformatted, section } from "../blocks.ts";
import { inert, truncate } from "../mrkdwn.ts";

const MOST_PROBLEMS = 10;
// So that ten of them fit one block.
const LONGEST_LINE = 280;

/** What is said of settings that were changed and cannot be used: the mistakes as `file:line:column: ...`, and what goes on. */
export type SettingsNotice =
  | { readonly kind: "refused"; readonly problems: readonly string[] }
  | { readonly kind: "mended" }
  /** What was changed and waits for the next start. */
  | { readonly kind: "restart-needed"; readonly what: readonly string[] };

/** The message to those who run Quarterdeck; who has written a file cannot be known. */
export function renderSettingsNotice(notice: SettingsNotice): MessageContent {
  switch (notice.kind) {
    case "refused":
      return refused(notice.problems);
    case "mended": {
      const text = "The mistakes in the settings of Quarterdeck are mended; the new settings are in use.";
      return message(text, [section(`:white_check_mark: ${text}`)]);
    }
    case "restart-needed": {
      const what = notice.what.map((part) => inert(part, LONGEST_LINE)).join(", ");
      const text = `Some of what was changed in the settings of Quarterdeck takes effect at its next start: ${what}. The rest is in use.`;
      return message(text, [section(`:arrows_counterclockwise: ${text}`)]);
    }
  }
}

function refused(problems: readonly string[]): MessageContent {
  const more = problems.length - MOST_PROBLEMS;
  const shown = problems.slice(0, MOST_PROBLEMS).map((problem) => truncate(problem, LONGEST_LINE));
  const lines = more > 0 ? [...shown, `and ${more} more`] : shown;
  const head = "The settings of Quarterdeck were changed, and cannot be used. Those before stay in use.";
  const first = inert(shown[0] ?? "", LONGEST_LINE);
  return message(`${head} ${first}`, [
    section(`:warning: ${head}`),
    preformatted(lines),
    context("Mend the file; it is read again by itself. `quarterdeck validate` checks it beforehand."),
  ]);
}
