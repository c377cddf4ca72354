import { isoTime } from "../platform/clock.ts";
import { visible } from "../platform/visible-text.ts";

const ELLIPSIS = "…";

/** At most `limit` Unicode code points, the last of them an ellipsis when something was cut off. */
export function truncate(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const points = Array.from(text);
  return points.length <= limit ? text : `${points.slice(0, Math.max(0, limit - 1)).join("")}${ELLIPSIS}`;
}

/**
 * The same for mrkdwn: a `<...>` token or an entity (`&amp;`) is left out as a whole rather than cut in two, because half a
 * token changes what the rest of the text means.
 */
export function truncateMrkdwn(text: string, limit: number): string {
  const cut = truncate(text, limit);
  if (cut === text) return text;
  const points = Array.from(cut).slice(0, -1);
  const token = points.lastIndexOf("<");
  const end = token !== -1 && !points.includes(">", token) ? token : points.length;
  const entity = points.lastIndexOf("&", end - 1);
  const isHalf = entity !== -1 && end - entity < 5 && !points.slice(entity, end).includes(";");
  return `${points.slice(0, isHalf ? entity : end).join("")}${ELLIPSIS}`;
}

/** Text from outside on one line, without anything that hides. */
export function oneLine(text: string): string {
  return visible(text).replaceAll(/\s+/gu, " ").trim();
}

/** Slack's three special characters made harmless: no mention, channel, group, broadcast or link comes out of it. */
export function escapeText(text: string): string {
  return visible(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/**
 * One line of text from outside, at most `limit` characters of mrkdwn, without mentions, links and formatting. Slack has no
 * escape for `*`, `_`, `~` and backticks, so where they could format they become characters that look the same.
 */
export function inert(text: string, limit: number): string {
  const plain = oneLine(text).replaceAll(FORMATTING, (mark) => LOOK_ALIKE[mark] ?? "");
  return truncateMrkdwn(escapeText(plain), limit);
}

const FORMATTING = /[*~`]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;
const LOOK_ALIKE: Readonly<Record<string, string>> = { "*": "\u2217", _: "\u02CD", "~": "\u223C", "`": "\u02CB" };

/** A name or an id as code, with backticks replaced; nothing inside is read as formatting. */
export function code(text: string, limit = 200): string {
  const plain = oneLine(text).replaceAll("`", "\u02CB");
  return plain === "" ? "` `" : `\`${truncateMrkdwn(escapeText(plain), limit)}\``;
}

/** A link when the address is http(s) and can be written as one; otherwise its label alone. The label must be plain text. */
export function link(url: string | undefined, label: string, limit = 200): string {
  const text = inert(label, limit).replaceAll("|", "¦");
  const href = url === undefined ? undefined : tryHref(url);
  return href === undefined ? text : `<${href.replaceAll("&", "&amp;")}|${text}>`;
}

/** An address that is safe in a link and in a button; undefined for anything but http and https, and with a password in it. */
export function tryHref(url: string): string | undefined {
  // Not canParse, which says yes to a host of thousands of characters that cannot be parsed.
  const parsed = URL.parse(url);
  if (parsed === null) return undefined;
  if (parsed.protocol !== "https:" && parsed.protocol !== "http:") return undefined;
  if (parsed.username !== "" || parsed.password !== "") return undefined;
  const href = parsed.href.replaceAll("|", "%7C").replaceAll("<", "%3C").replaceAll(">", "%3E");
  return href.length > 2000 ? undefined : href;
}

/**
 * A moment that each reader sees in their own time zone; clients that cannot show it, and notifications, see UTC.
 * `format` is made of Slack's tokens, such as `{ago}` or `{date_short_pretty} {time}`.
 */
export function dateToken(atMs: number, format: string): string {
  const fallback = isoTime(atMs).slice(0, 16).replace("T", " ");
  return `<!date^${Math.floor(atMs / 1000)}^${format}|${fallback} UTC>`;
}

/** Slack user and group ids are letters and digits; anything else would break out of the token. */
export function userMention(user: string): string {
  return /^[UW][A-Z0-9]{1,20}$/u.test(user) ? `<@${user}>` : code(user);
}

export function groupMention(group: string): string {
  return /^S[A-Z0-9]{1,20}$/u.test(group) ? `<!subteam^${group}>` : code(group);
}
