import { visible } from "../../platform/visible-text.ts";

const LONGEST_NAME = 100;
const LONGEST_URL = 2000;

/** A name from outside on one line, cut where it is too long to be read. */
export function nameText(name: string): string {
  const line = visible(name).replaceAll(/\s+/gu, " ").trim();
  const points = Array.from(line);
  return points.length <= LONGEST_NAME ? line : `${points.slice(0, LONGEST_NAME - 1).join("")}…`;
}

/** An address from outside that may be shown as a link; empty for everything else. */
export function linkText(address: string | null | undefined): string {
  const url = address === null || address === undefined ? null : URL.parse(address);
  const isWeb = url?.protocol === "https:" || url?.protocol === "http:";
  if (!isWeb || url.username !== "" || url.password !== "" || url.href.length > LONGEST_URL) return "";
  return url.href;
}

/** `"unit tests", "lint" and 3 more` */
export function namesText(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most).map((name) => JSON.stringify(nameText(name)));
  const more = names.length - shown.length;
  if (more > 0) return `${shown.join(", ")} and ${more} more`;
  return [shown.slice(0, -1).join(", "), shown.at(-1) ?? ""].filter((part) => part !== "").join(" and ");
}

/** A commit as people name it. */
export function shortSha(sha: string): string {
  return sha.slice(0, 7);
}
