import { describe, expect, it } from "vitest";

import { actions, button, context, message, section, textInput } from "../../../src/slack/blocks.ts";
import { simplify } from "../../../src/slack/degrade.ts";
import { messageProblems, modalProblems } from "../../../src/slack/validate-blocks.ts";

const text = (value: string) => ({ type: "mrkdwn", text: value });
const pointers = (...blocks: readonly unknown[]) =>
  messageProblems({ text: "words", blocks }).map(({ pointer }) => pointer);
const one = (shape: object) => ({
  type: "actions",
  elements: [{ ...button({ text: "Go", actionId: "go" }), ...shape }],
});

describe("what Slack refuses is found before it is sent", () => {
  it.each<readonly [string, readonly unknown[], string]>([
    ["51 blocks", Array.from({ length: 51 }, () => ({ type: "divider" })), "/blocks"],
    ["an empty section", [{ type: "section", text: text("") }], "/blocks/0/text/text"],
    ["a section of nothing", [{ type: "section" }], "/blocks/0"],
    ["3,001 characters in a section", [{ type: "section", text: text("x".repeat(3001)) }], "/blocks/0/text/text"],
    ["11 fields", [{ type: "section", fields: Array.from({ length: 11 }, () => text("x")) }], "/blocks/0/fields"],
    ["2,001 characters in a field", [{ type: "section", fields: [text("x".repeat(2001))] }], "/blocks/0/fields/0/text"],
    [
      "a header of 151",
      [{ type: "header", text: { type: "plain_text", text: "x".repeat(151) } }],
      "/blocks/0/text/text",
    ],
    ["an empty context", [{ type: "context", elements: [] }], "/blocks/0/elements"],
    [
      "11 elements in a context",
      [{ type: "context", elements: Array.from({ length: 11 }, () => text("x")) }],
      "/blocks/0/elements",
    ],
    ["no button", [{ type: "actions", elements: [] }], "/blocks/0/elements"],
    [
      "a label of 76 characters",
      [one({ text: { type: "plain_text", text: "x".repeat(76) } })],
      "/blocks/0/elements/0/text/text",
    ],
    ["a value of 2,001", [one({ value: "x".repeat(2001) })], "/blocks/0/elements/0/value"],
    ["an address that is none", [one({ url: "javascript:alert(1)" })], "/blocks/0/elements/0/url"],
    ["an action id of 256", [one({ action_id: "x".repeat(256) })], "/blocks/0/elements/0/action_id"],
    [
      "two buttons with one id",
      [actions(button({ text: "a", actionId: "x" }), button({ text: "b", actionId: "x" }))],
      "/blocks/0/elements",
    ],
    [
      "two blocks with one id",
      [
        { type: "divider", block_id: "x" },
        { type: "divider", block_id: "x" },
      ],
      "/blocks",
    ],
    ["a block of another kind", [{ type: "video" }], "/blocks/0/type"],
    ["more than 12,000 characters in all", Array.from({ length: 5 }, () => section("x".repeat(2900))), "/"],
  ])("%s", (_, blocks, pointer) => {
    expect(pointers(...blocks)).toContain(pointer);
  });

  it("a message without text, or with more than chat.update takes", () => {
    expect(messageProblems({ text: "", blocks: [] })[0]?.pointer).toBe("/text");
    expect(messageProblems({ text: "x".repeat(3901), blocks: [] })[0]?.pointer).toBe("/text");
  });

  it("a form without a title, or with too much to remember", () => {
    const view = {
      type: "modal",
      callback_id: "x",
      private_metadata: "x".repeat(3001),
      title: { type: "plain_text", text: "x".repeat(25) },
      blocks: [textInput({ blockId: "a", actionId: "b", label: "c", hint: "d", maxLength: 9000 })],
    };
    expect(modalProblems(view).map(({ pointer }) => pointer)).toEqual(["/title/text", "/private_metadata"]);
  });

  it("nothing is found where there is nothing", () => {
    expect(messageProblems(message("words", [section("a"), context("b", "", "c")]))).toEqual([]);
  });
});

describe("a message made simpler", () => {
  const gate = message("Approve it?", [section("*Approve* it?"), actions(button({ text: "Approve", actionId: "a" }))]);

  it("keeps its buttons at first, so that people can decide", () => {
    expect(simplify(gate, 1).blocks.map(({ type }) => type)).toEqual(["section", "actions"]);
    expect(simplify(gate, 2).blocks).toEqual([
      { type: "section", text: { type: "plain_text", text: "Approve it?", emoji: true } },
    ]);
  });

  it("is what it was where it breaks no limit", () => {
    expect(simplify(gate, 0)).toBe(gate);
  });

  it("loses buttons that break a limit themselves", () => {
    const broken = { text: "x", blocks: [actions(button({ text: "a", actionId: "x".repeat(300) }))] };
    expect(simplify(broken, 0).blocks.map(({ type }) => type)).toEqual(["section"]);
  });
});
