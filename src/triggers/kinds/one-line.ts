import { visible } from "../../platform/visible-text.ts";

const MOST_CHARACTERS = 300;

/** What somebody else wrote, fit to stand in one line of ours. */
export function oneLine(text: string): string {
  const line = visible(text.slice(0, 4 * MOST_CHARACTERS))
    .replaceAll(/\s+/gu, " ")
    .trim();
  return line.length <= MOST_CHARACTERS ? line : `${line.slice(0, MOST_CHARACTERS - 1)}…`;
}

/** The address when people can open it: http or https. */
export function webLink(text: string): string | undefined {
  const url = text.length > 2000 ? null : URL.parse(text);
  return url !== null && (url.protocol === "https:" || url.protocol === "http:") ? url.href : undefined;
}
