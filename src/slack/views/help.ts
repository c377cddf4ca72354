import { context, message, section, type MessageContent } from "../blocks.ts";
import { code, inert } from "../mrkdwn.ts";

export interface HelpInput {
  readonly title: string;
  readonly entries: readonly { readonly usage: string; readonly summary: string }[];
  /** Small print, such as the services that can be named. */
  readonly notes: readonly string[];
}

const MOST = 20;

/** How the commands go. */
export function renderHelp({ title, entries, notes }: HelpInput): MessageContent {
  const shown = entries.slice(0, MOST);
  const lines = shown.map(({ usage, summary }) => `${code(usage, 150)}\n${inert(summary, 150)}`);
  const words = shown.map(({ usage, summary }) => `${inert(usage, 150)}: ${inert(summary, 150)}`).join("; ");
  const groups = Array.from({ length: Math.ceil(lines.length / 5) }, (_, index) =>
    lines.slice(index * 5, index * 5 + 5),
  );
  const small = notes.slice(0, 8).map((note) => inert(note, 400));
  return message(`${inert(title, 150)}. ${words}`, [
    section(`*${inert(title, 150)}*`),
    ...groups.map((group) => section(group.join("\n"))),
    ...(small.length > 0 ? [context(...small)] : []),
  ]);
}
