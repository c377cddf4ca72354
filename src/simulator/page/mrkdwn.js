import { isEmoji } from "./emoji.js";

/**
 * Reads Slack's mrkdwn into a tree of plain objects:
 * `{ type: "text", text }`, `{ type: "bold" | "italic" | "strike" | "quote", children }`, `{ type: "code" | "codeblock", text }`,
 * `{ type: "link", url, label }`, `{ type: "user" | "group" | "channel" | "broadcast", id, label }`,
 * `{ type: "date", seconds, format, url, fallback }`, `{ type: "emoji", name }`, `{ type: "break" }`.
 */
export function parseMrkdwn(source) {
  return source.split(/(```[\s\S]+?```)/u).flatMap((part) => {
    const block = /^```\n?([\s\S]+?)\n?```$/u.exec(part);
    return block === null ? parseLines(part) : [{ type: "codeblock", text: unescapeText(plainTokens(block[1])) }];
  });
}

function parseLines(source) {
  const nodes = [];
  let quoted;
  for (const [index, line] of source.split("\n").entries()) {
    const quote = /^(?:&gt;|>)\s?(.*)$/u.exec(line);
    if (quote === null) {
      if (index > 0 && quoted === undefined) nodes.push({ type: "break" });
      quoted = undefined;
      nodes.push(...parseInline(line));
      continue;
    }
    if (quoted === undefined) nodes.push((quoted = { type: "quote", children: [] }));
    else quoted.children.push({ type: "break" });
    quoted.children.push(...parseInline(quote[1]));
  }
  return nodes;
}

const STYLES = { "*": "bold", _: "italic", "~": "strike" };

function parseInline(source) {
  const nodes = [];
  let plain = "";
  const flush = () => {
    if (plain !== "") nodes.push({ type: "text", text: unescapeText(plain) });
    plain = "";
  };
  let index = 0;
  while (index < source.length) {
    const found = tokenAt(source, index) ?? codeAt(source, index) ?? styledAt(source, index) ?? emojiAt(source, index);
    if (found === undefined) {
      plain += source[index];
      index += 1;
      continue;
    }
    flush();
    nodes.push(found.node);
    index = found.end;
  }
  flush();
  return nodes;
}

/** `<...>`: a link, a mention or a date. */
function tokenAt(source, index) {
  if (source[index] !== "<") return undefined;
  const close = source.indexOf(">", index);
  if (close === -1) return undefined;
  const inside = source.slice(index + 1, close);
  const bar = inside.indexOf("|");
  const target = bar === -1 ? inside : inside.slice(0, bar);
  const label = bar === -1 ? "" : unescapeText(inside.slice(bar + 1));
  const node = tokenNode(target, label);
  return node === undefined ? undefined : { node, end: close + 1 };
}

function tokenNode(target, label) {
  const id = target.slice(1);
  if (target.startsWith("@")) return { type: "user", id, label };
  if (target.startsWith("#")) return { type: "channel", id, label };
  if (target.startsWith("!subteam^")) return { type: "group", id: target.slice(9), label };
  if (target.startsWith("!date^")) {
    const [, seconds, format = "", url] = target.split("^");
    return { type: "date", seconds: Number(seconds), format: unescapeText(format), url, fallback: label };
  }
  if (target.startsWith("!")) return { type: "broadcast", id, label };
  if (!/^(https?:|mailto:|slack:)/u.test(target)) return undefined;
  const url = unescapeText(target);
  return { type: "link", url, label: label === "" ? url : label };
}

function codeAt(source, index) {
  if (source[index] !== "`") return undefined;
  const close = source.indexOf("`", index + 1);
  if (close <= index + 1) return undefined;
  return { node: { type: "code", text: unescapeText(plainTokens(source.slice(index + 1, close))) }, end: close + 1 };
}

/** `*bold*`, `_italic_`, `~strike~`: between word boundaries, without a space just inside. */
function styledAt(source, index) {
  const marker = source[index];
  const type = STYLES[marker];
  if (type === undefined || /[\p{L}\p{N}]/u.test(source[index - 1] ?? " ") || /[\s]/u.test(source[index + 1] ?? " ")) {
    return undefined;
  }
  const close = closing(source, index, marker);
  if (close === undefined) return undefined;
  return { node: { type, children: parseInline(source.slice(index + 1, close)) }, end: close + 1 };
}

function closing(source, open, marker) {
  for (let at = open + 1; at < source.length; at += 1) {
    if (source[at] === "<" && source.includes(">", at)) at = source.indexOf(">", at);
    else if (source[at] === "`" && source.includes("`", at + 1)) at = source.indexOf("`", at + 1);
    else if (
      source[at] === marker &&
      at > open + 1 &&
      /\S/u.test(source[at - 1]) &&
      !/[\p{L}\p{N}]/u.test(source[at + 1] ?? " ")
    ) {
      return at;
    }
  }
  return undefined;
}

function emojiAt(source, index) {
  const match = source[index] === ":" ? /^:([a-z0-9_+-]+):/u.exec(source.slice(index, index + 60)) : null;
  if (match === null || !isEmoji(match[1])) return undefined;
  return { node: { type: "emoji", name: match[1] }, end: index + match[0].length };
}

/** Inside code, tokens are shown by their label. */
function plainTokens(source) {
  return source.replaceAll(/<(?:[^<>|]*\|)?([^<>]*)>/gu, "$1");
}

function unescapeText(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
