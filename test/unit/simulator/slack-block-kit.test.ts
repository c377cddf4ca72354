import { describe, expect, test } from "vitest";

import { blockProblems, problemText, viewProblems } from "../../../src/simulator/slack-block-kit.ts";

const plain = (length: number) => ({ type: "plain_text", text: "x".repeat(length) });
const mrkdwn = (length: number) => ({ type: "mrkdwn", text: "x".repeat(length) });
const button = (more: object = {}) => ({ type: "button", action_id: "go", text: plain(1), ...more });
const actions = (...elements: object[]) => ({ type: "actions", elements });
const option = (text = 1, value = 1) => ({ text: plain(text), value: "v".repeat(value) });
const select = (more: object) => actions({ type: "static_select", action_id: "s", ...more });
const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));

const problems = (...blocks: object[]) => blockProblems(blocks, "message").map(problemText);

describe("Slack's limits of blocks", () => {
  const limits: readonly [string, (length: number) => object, number, string][] = [
    ["section text", (n) => ({ type: "section", text: mrkdwn(n) }), 3000, "/blocks/0/text/text"],
    ["section field", (n) => ({ type: "section", fields: [mrkdwn(n)] }), 2000, "/blocks/0/fields/0/text"],
    ["header", (n) => ({ type: "header", text: plain(n) }), 150, "/blocks/0/text/text"],
    ["block id", (n) => ({ type: "divider", block_id: "b".repeat(n) }), 255, "/blocks/0/block_id"],
    ["button text", (n) => actions(button({ text: plain(n) })), 75, "/blocks/0/elements/0/text/text"],
    ["button value", (n) => actions(button({ value: "v".repeat(n) })), 2000, "/blocks/0/elements/0/value"],
    [
      "button label",
      (n) => actions(button({ accessibility_label: "l".repeat(n) })),
      75,
      "/blocks/0/elements/0/accessibility_label",
    ],
    ["action id", (n) => actions(button({ action_id: "a".repeat(n) })), 255, "/blocks/0/elements/0/action_id"],
    ["option text", (n) => select({ options: [option(n)] }), 75, "/blocks/0/elements/0/options/0/text/text"],
    ["option value", (n) => select({ options: [option(1, n)] }), 150, "/blocks/0/elements/0/options/0/value"],
    [
      "placeholder",
      (n) => select({ options: [option()], placeholder: plain(n) }),
      150,
      "/blocks/0/elements/0/placeholder/text",
    ],
    [
      "image alt text",
      (n) => ({ type: "image", image_url: "https://a.example/b.png", alt_text: "a".repeat(n) }),
      2000,
      "/blocks/0/alt_text",
    ],
    [
      "confirm title",
      (n) => actions(button({ confirm: { title: plain(n), text: plain(1), confirm: plain(1), deny: plain(1) } })),
      100,
      "/blocks/0/elements/0/confirm/title/text",
    ],
    [
      "confirm text",
      (n) => actions(button({ confirm: { title: plain(1), text: mrkdwn(n), confirm: plain(1), deny: plain(1) } })),
      300,
      "/blocks/0/elements/0/confirm/text/text",
    ],
    [
      "confirm button",
      (n) => actions(button({ confirm: { title: plain(1), text: plain(1), confirm: plain(n), deny: plain(1) } })),
      30,
      "/blocks/0/elements/0/confirm/confirm/text",
    ],
    ["markdown", (n) => ({ type: "markdown", text: "m".repeat(n) }), 12_000, "/blocks/0/text"],
  ];
  test.each(limits)("%s", (_name, make, most, pointer) => {
    expect(problems(make(most))).toEqual([]);
    expect(problems(make(most + 1))).toContain(
      `must be less than ${String(most + 1)} characters [json-pointer:${pointer}]`,
    );
  });

  const counts: readonly [string, (count: number) => object, number, string][] = [
    ["section fields", (n) => ({ type: "section", fields: times(n, () => mrkdwn(1)) }), 10, "/blocks/0/fields"],
    ["context elements", (n) => ({ type: "context", elements: times(n, () => mrkdwn(1)) }), 10, "/blocks/0/elements"],
    [
      "actions elements",
      (n) => actions(...times(n, (i) => button({ action_id: `a${String(i)}` }))),
      25,
      "/blocks/0/elements",
    ],
    ["select options", (n) => select({ options: times(n, () => option()) }), 100, "/blocks/0/elements/0/options"],
    [
      "radio buttons",
      (n) => actions({ type: "radio_buttons", action_id: "r", options: times(n, () => option()) }),
      10,
      "/blocks/0/elements/0/options",
    ],
    [
      "overflow options",
      (n) => actions({ type: "overflow", action_id: "o", options: times(n, () => option()) }),
      5,
      "/blocks/0/elements/0/options",
    ],
  ];
  test.each(counts)("at most so many %s", (_name, make, most, pointer) => {
    expect(problems(make(most))).toEqual([]);
    expect(problems(make(most + 1))).toEqual([`no more than ${String(most)} items allowed [json-pointer:${pointer}]`]);
  });

  test("a message holds 50 blocks, a modal 100", () => {
    const many = times(51, () => ({ type: "divider" }));
    expect(problems(...many)).toEqual(["no more than 50 items allowed [json-pointer:/blocks]"]);
    expect(blockProblems(many, "modal")).toEqual([]);
  });

  test("lengths are counted in code points, so an emoji is one character", () => {
    expect(problems({ type: "header", text: { type: "plain_text", text: "🚀".repeat(150) } })).toEqual([]);
  });

  test("the markdown of all blocks counts together", () => {
    const half = { type: "markdown", text: "m".repeat(6001) };
    expect(problems(half, half)).toEqual([
      "markdown blocks must be less than 12001 characters together [json-pointer:/blocks]",
    ]);
  });
});

describe("the shape of blocks", () => {
  test("an unknown block, element or property is refused", () => {
    expect(problems({ type: "hologram" })).toEqual(["unsupported type: hologram [json-pointer:/blocks/0/type]"]);
    expect(problems(actions({ type: "lever" }))).toEqual([
      "unsupported type: lever [json-pointer:/blocks/0/elements/0/type]",
    ]);
    expect(problems({ type: "divider", colour: "red" })).toEqual([
      "invalid additional property: colour [json-pointer:/blocks/0]",
    ]);
  });

  test("a section needs text or fields, a header plain text", () => {
    expect(problems({ type: "section" })).toEqual(["missing required field: text or fields [json-pointer:/blocks/0]"]);
    expect(problems({ type: "header", text: mrkdwn(3) })).toEqual([
      "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ]);
  });

  test("empty texts and lists are refused", () => {
    expect(problems({ type: "section", text: mrkdwn(0) })).toEqual([
      "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
    ]);
    expect(problems(actions())).toEqual(["must have at least 1 items [json-pointer:/blocks/0/elements]"]);
  });

  test("block ids are unique in a message, action ids in a block", () => {
    const twice = { type: "divider", block_id: "b" };
    expect(problems(twice, twice)).toEqual(['block_id "b" already exists [json-pointer:/blocks/1/block_id]']);
    expect(problems(actions(button(), button()))).toEqual([
      'action_id "go" already exists [json-pointer:/blocks/0/elements/1/action_id]',
    ]);
    expect(problems(actions(button()), actions(button()))).toEqual([]);
  });

  test("a link of another kind than the web is refused", () => {
    expect(problems(actions(button({ url: "javascript:alert(1)" })))).toEqual([
      "must be a valid URL [json-pointer:/blocks/0/elements/0/url]",
    ]);
  });

  test("an e-mail field exists in modals only", () => {
    const input = { type: "input", label: plain(1), element: { type: "email_text_input", action_id: "e" } };
    expect(blockProblems([input], "modal")).toEqual([]);
    expect(problems(input)).toEqual(["unsupported type: email_text_input [json-pointer:/blocks/0/element/type]"]);
  });

  test("rich text with lists, styles, mentions and dates is taken", () => {
    const leaves = [
      { type: "text", text: "abc", style: { code: true } },
      { type: "user", user_id: "U1" },
      { type: "link", url: "https://a.example", text: "a" },
      { type: "date", timestamp: 1_786_439_662, format: "{date_short}", fallback: "then" },
      { type: "emoji", name: "tada" },
    ];
    const section = { type: "rich_text_section", elements: leaves };
    const elements = [
      section,
      { type: "rich_text_list", style: "bullet", indent: 1, elements: [section] },
      { type: "rich_text_quote", elements: leaves },
      { type: "rich_text_preformatted", elements: [{ type: "text", text: "x" }] },
    ];
    expect(problems({ type: "rich_text", elements })).toEqual([]);
    expect(
      problems({ type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "text" }] }] }),
    ).toEqual(["missing required field: text [json-pointer:/blocks/0/elements/0/elements/0]"]);
  });
});

describe("views", () => {
  const view = (more: object = {}) => ({ type: "modal", title: plain(24), blocks: [], ...more });
  const found = (source: unknown) => viewProblems(source).map(problemText);

  test.each([
    ["title", 24, (n: number) => view({ title: plain(n) }), "/view/title/text"],
    ["submit", 24, (n: number) => view({ submit: plain(n) }), "/view/submit/text"],
    ["close", 24, (n: number) => view({ close: plain(n) }), "/view/close/text"],
    ["callback id", 255, (n: number) => view({ callback_id: "c".repeat(n) }), "/view/callback_id"],
    ["private metadata", 3000, (n: number) => view({ private_metadata: "m".repeat(n) }), "/view/private_metadata"],
    ["external id", 255, (n: number) => view({ external_id: "e".repeat(n) }), "/view/external_id"],
  ] as const)("%s of at most %i characters", (_name, most, make, pointer) => {
    expect(found(make(most))).toEqual([]);
    expect(found(make(most + 1))).toEqual([
      `must be less than ${String(most + 1)} characters [json-pointer:${pointer}]`,
    ]);
  });

  test("a form needs a submit button, a Home tab has no title", () => {
    const input = { type: "input", label: plain(1), element: { type: "plain_text_input", action_id: "t" } };
    expect(found(view({ blocks: [input] }))).toEqual(["missing required field: submit [json-pointer:/view]"]);
    expect(found({ type: "home", blocks: [input] })).toEqual([]);
    expect(found({ type: "home", title: plain(1), blocks: [] })).toEqual([
      "invalid additional property: title [json-pointer:/view]",
    ]);
  });

  test("problems of its blocks point into the view", () => {
    expect(found(view({ blocks: [{ type: "header", text: plain(151) }] }))).toEqual([
      "must be less than 151 characters [json-pointer:/view/blocks/0/text/text]",
    ]);
  });

  test("what is no view at all is refused without an exception", () => {
    expect(found(null)).toEqual(["must provide an object [json-pointer:/view]"]);
    expect(found({ type: "modal", title: plain(1), blocks: "no" })).toEqual([
      "must provide an array [json-pointer:/view/blocks]",
    ]);
  });
});
