import { formatDate } from "./dates.js";
import { h } from "./dom.js";
import { emojiText } from "./emoji.js";
import { parseMrkdwn } from "./mrkdwn.js";

const OPENED = /^(https?:|mailto:)/u;

/** Follows the address of a button: to the place in this workspace that it names, otherwise in a window of its own. */
export function follow(url, place) {
  if (!OPENED.test(url)) return;
  const inside = insideLink(url, place);
  if (inside === undefined) window.open(url, "_blank", "noopener");
  else place.go(inside);
}

/** The nodes of a mrkdwn text. `place` knows the names of people, groups and channels. */
export function mrkdwn(source, place) {
  return parseMrkdwn(source).map((node) => renderNode(node, place));
}

/** A text object of Block Kit, or a string of mrkdwn. */
export function richText(object, place) {
  if (object === undefined || object === null) return [];
  if (object.type === "plain_text") return [plainText(object)];
  return mrkdwn(object.text, place);
}

/** The characters of a plain_text object, its shortcodes as emoji. */
export function plainText(object) {
  if (object.emoji === false) return object.text;
  return object.text.replaceAll(/:([a-z0-9_+-]+):/gu, (_match, name) => emojiText(name));
}

const RENDER = {
  text: (node) => document.createTextNode(node.text),
  break: () => h("br"),
  bold: (node, place) =>
    h(
      "strong",
      {},
      node.children.map((child) => renderNode(child, place)),
    ),
  italic: (node, place) =>
    h(
      "em",
      {},
      node.children.map((child) => renderNode(child, place)),
    ),
  strike: (node, place) =>
    h(
      "s",
      {},
      node.children.map((child) => renderNode(child, place)),
    ),
  quote: (node, place) =>
    h(
      "blockquote",
      {},
      node.children.map((child) => renderNode(child, place)),
    ),
  code: (node) => h("code", {}, node.text),
  codeblock: (node) => h("pre", {}, h("code", {}, node.text)),
  emoji: (node) => h("span", { class: "emoji", title: `:${node.name}:` }, emojiText(node.name)),
  link: (node, place) => link(node.url, node.label, place),
  user: (node, place) => userMention(node.id, place),
  group: (node, place) => groupMention(node.id, place),
  channel: (node, place) => channelMention(node.id, place),
  broadcast: (node) => h("span", { class: "mention mention-me" }, `@${node.id.split("^")[0]}`),
  date: (node, place) => dateText(node, place),
};

function renderNode(node, place) {
  return RENDER[node.type](node, place);
}

/** A link; one into the workspace opens in the page itself. Addresses of any other kind than the web stay text. */
export function link(url, label, place) {
  if (!OPENED.test(url)) return document.createTextNode(label);
  const inside = insideLink(url, place);
  if (inside === undefined) return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label);
  return h("a", { href: url, onclick: (event) => (event.preventDefault(), place.go(inside)) }, label);
}

function insideLink(url, place) {
  const match = /^https:\/\/([\w-]+)\.slack\.com\/archives\/(\w+)(?:\/p(\d{10})(\d{6}))?/u.exec(url);
  if (match === null || match[1] !== place.domain) return undefined;
  const thread = new URL(url).searchParams.get("thread_ts");
  const ts = match[3] === undefined ? "" : `${match[3]}.${match[4]}`;
  return { channel: match[2], thread: thread ?? ts };
}

export function userMention(id, place) {
  const person = place.people.get(id);
  const mine = id === place.me;
  return h(
    "span",
    { class: mine ? "mention mention-me" : "mention", title: person?.realName ?? id },
    `@${person?.handle ?? id}`,
  );
}

export function groupMention(id, place) {
  const group = place.groups.get(id);
  const mine = group?.members.includes(place.me) === true;
  return h(
    "span",
    { class: mine ? "mention mention-me" : "mention", title: group?.name ?? id },
    `@${group?.handle ?? id}`,
  );
}

export function channelMention(id, place) {
  const name = place.names[id];
  if (name === undefined || name === "") return h("span", { class: "mention" }, "#private-channel");
  return h(
    "a",
    { class: "mention", href: "#", onclick: (event) => (event.preventDefault(), place.go({ channel: id })) },
    `#${name}`,
  );
}

/** A date that is written anew while time passes. */
export function dateText({ seconds, format, url, fallback }, place) {
  if (!Number.isFinite(seconds)) return document.createTextNode(fallback ?? "");
  const time = h("time", {
    "data-seconds": seconds,
    "data-format": format,
    title: new Date(seconds * 1000).toLocaleString(),
  });
  time.textContent = formatDate(seconds, format, Date.now());
  return url === undefined || url === "" ? time : link(url, time, place);
}

/** Writes all dates on the page anew, for `{ago}` and for midnight. */
export function refreshDates() {
  for (const time of document.querySelectorAll("time[data-seconds]")) {
    const text = formatDate(Number(time.dataset.seconds), time.dataset.format, Date.now());
    if (time.textContent !== text) time.textContent = text;
  }
}
