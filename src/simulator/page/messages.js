import { act } from "./api.js";
import { avatar } from "./avatars.js";
import { renderBlocks } from "./blocks.js";
import { clockTime, dayName } from "./dates.js";
import { h, icon, ICONS } from "./dom.js";
import { typedValues } from "./elements.js";
import { emojiText } from "./emoji.js";
import { link, mrkdwn } from "./text.js";
import { attempt } from "./toasts.js";

const GROUPED_WITHIN_SECONDS = 300;

/**
 * Makes `root` show exactly these messages. A message that has not changed keeps its node, and with it whatever is being
 * chosen in it; the view stays at the end when it was there.
 */
export function showMessages(root, messages, options) {
  const view = viewOf(root);
  const known = new Map([...root.children].map((node) => [node.dataset.key, node]));
  const wanted = messages.flatMap((message, index) => entries(message, messages[index - 1], options));
  const nodes = wanted.map(({ key, signature, render }) => {
    const node = known.get(key);
    if (node?.signature === signature) return node;
    return Object.assign(render(), { signature });
  });
  for (const [index, node] of nodes.entries()) {
    node.dataset.key = wanted[index].key;
    if (root.children[index] !== node) root.insertBefore(node, root.children[index] ?? null);
  }
  while (root.children.length > nodes.length) root.lastElementChild.remove();
  if (options.jump) view.atEnd = true;
  if (view.atEnd) toEnd(root);
}

const NEARLY_PX = 60;
const views = new WeakMap();

/** Whether a list is read at its end: by what people scroll to. Where it changes in size, it is kept there. */
function viewOf(root) {
  const known = views.get(root);
  if (known !== undefined) return known;
  const view = { atEnd: true };
  const scrolled = () => (view.atEnd = root.scrollHeight - root.scrollTop - root.clientHeight < NEARLY_PX);
  root.addEventListener("scroll", scrolled, { passive: true });
  new ResizeObserver(() => view.atEnd && toEnd(root)).observe(root);
  views.set(root, view);
  return view;
}

function toEnd(root) {
  root.scrollTop = root.scrollHeight;
}

function entries(message, before, options) {
  const date = dateOf(message);
  const newDay = before === undefined || dateOf(before).toDateString() !== date.toDateString();
  const follows = !newDay && isFollowUp(message, before);
  const signature = JSON.stringify([message, follows, options.place.me, options.inThread]);
  const entry = { key: message.ts, signature, render: () => renderMessage(message, follows, options) };
  if (options.inThread) return message.reply_count === undefined ? [entry] : [entry, replyCount(message)];
  if (!newDay) return [entry];
  const day = {
    key: `day-${message.ts}`,
    signature: date.toDateString(),
    render: () => divider(dayName(date, Date.now())),
  };
  return [day, entry];
}

function replyCount({ reply_count: count }) {
  const text = count === 1 ? "1 reply" : `${count} replies`;
  return { key: "replies", signature: text, render: () => divider(text) };
}

function divider(text) {
  return h("div", { class: "day" }, h("span", {}, text));
}

function isFollowUp(message, before) {
  const soon = Number(message.ts) - Number(before.ts) < GROUPED_WITHIN_SECONDS;
  return soon && message.user === before.user && message.onlyYou === before.onlyYou && before.reply_count === undefined;
}

function dateOf(message) {
  return new Date(Number(message.ts) * 1000);
}

function renderMessage(message, follows, options) {
  const { place } = options;
  const body = h(
    "div",
    { class: "message-body" },
    follows ? [] : heading(message, place),
    notes(message, options),
    renderContent(message, options),
    reactions(message),
    options.inThread ? [] : threadSummary(message, options),
  );
  const time = h("time", {}, clockTime(dateOf(message)));
  const margin = h("div", { class: "margin" }, follows ? time : avatar(place.people.get(message.user)));
  const article = h("article", { class: "message", "data-ts": message.ts }, margin, body, toolbar(message, options));
  article.classList.toggle("follows", follows);
  article.classList.toggle("private", message.onlyYou);
  article.classList.toggle("for-me", mentionsMe(message, place));
  return article;
}

function heading(message, place) {
  const author = place.people.get(message.user);
  const app = message.bot_id !== undefined || author?.role === "bot";
  const name = h("span", { class: "author" }, author?.realName ?? message.user);
  return h("header", {}, name, app && h("span", { class: "badge" }, "APP"), h("time", {}, clockTime(dateOf(message))));
}

function notes(message, options) {
  const broadcast = message.subtype === "thread_broadcast" && !options.inThread;
  return [
    message.onlyYou && h("p", { class: "only-you" }, icon(...ICONS.eye), "Only visible to you"),
    broadcast && h("p", { class: "broadcast" }, "replied to a thread"),
  ];
}

function mentionsMe(message, place) {
  const content = JSON.stringify([message.text, message.blocks ?? []]);
  const mine = [...place.groups.values()]
    .filter((group) => group.members.includes(place.me))
    .map(({ id }) => `!subteam^${id}`);
  return [`@${place.me}`, ...mine].some((token) => content.includes(`<${token}`));
}

function renderContent(message, options) {
  const context = { place: options.place, dispatch: dispatcher(message, options) };
  const blocks = message.blocks ?? [];
  const main =
    blocks.length > 0
      ? renderBlocks(blocks, context)
      : h("div", { class: "block" }, mrkdwn(message.text, options.place));
  const attachments = (message.attachments ?? []).map((attachment) => renderAttachment(attachment, context));
  const files = (message.files ?? []).map((file) =>
    h(
      "a",
      { class: "file", href: new URL(file.url_private).pathname, target: "_blank" },
      `📄 ${file.title}`,
      h("small", {}, ` ${file.size} bytes`),
    ),
  );
  return [main, attachments, files];
}

function renderAttachment(attachment, context) {
  const words = attachment.text ?? attachment.fallback ?? "";
  const content =
    attachment.blocks === undefined ? mrkdwn(words, context.place) : renderBlocks(attachment.blocks, context);
  const node = h(
    "div",
    { class: "attachment" },
    attachment.title_link ? link(attachment.title_link, attachment.title, context.place) : [],
    content,
  );
  if (/^#?[0-9a-f]{6}$/iu.test(attachment.color ?? ""))
    node.style.borderColor = `#${attachment.color.replace("#", "")}`;
  return node;
}

function dispatcher(message, { place }) {
  return async (blockId, element, value, node) => {
    const article = node.closest("article");
    node.classList.add("busy");
    const given = value === undefined ? {} : { value };
    const click = { user: place.me, channel: message.channel, ts: message.ts, actionId: element.action_id, blockId };
    // Slack delivers a click on what somebody still saw, also when the message has changed meanwhile.
    const stale = { blockId, element };
    const result = await attempt(act("click", { ...click, ...given, stale, values: typedValues(article) }));
    node.classList.remove("busy");
    node.classList.toggle("failed", result?.status !== "acknowledged");
  };
}

function reactions(message) {
  if (message.reactions === undefined) return [];
  const nodes = message.reactions.map(({ name, count }) =>
    h("span", { class: "reaction" }, `${emojiText(name)} ${count}`),
  );
  return h("div", { class: "reactions" }, nodes);
}

function threadSummary(message, options) {
  if (message.reply_count === undefined) return [];
  const people = message.reply_users.map((id) => avatar(options.place.people.get(id), "small"));
  const count = replyCount(message).signature;
  const latest = clockTime(new Date(Number(message.latest_reply) * 1000));
  const open = () => options.place.go({ thread: message.ts });
  return h(
    "button",
    { type: "button", class: "thread-summary", onclick: open },
    people,
    h("strong", {}, count),
    h("span", {}, `Last reply at ${latest}`),
  );
}

function toolbar(message, options) {
  if (options.inThread || message.onlyYou || message.subtype === "tombstone") return [];
  const thread = message.thread_ts ?? message.ts;
  const open = () => options.place.go({ thread });
  return h(
    "div",
    { class: "toolbar" },
    h(
      "button",
      { type: "button", title: "Reply in thread", "aria-label": "Reply in thread", onclick: open },
      icon(...ICONS.reply),
    ),
  );
}
