import { readdirSync, readFileSync } from "node:fs";

import { expect, it } from "vitest";

// The page is plain JavaScript for the browser, so it comes without types.
const page = new URL("../../src/simulator/page/emoji.js", import.meta.url);
const { isEmoji }: { isEmoji: (name: string) => boolean } = await import(page.href);
const VIEWS = new URL("../../src/slack/views/", import.meta.url);

it("shows every emoji that the messages use as a picture on the page of the demo", () => {
  const files = readdirSync(VIEWS).filter((name) => name.endsWith(".ts"));
  const used = files.flatMap((name) =>
    Array.from(readFileSync(new URL(name, VIEWS), "utf8").matchAll(/["`]:([a-z0-9_]+):/gu), ([, emoji = ""]) => emoji),
  );
  expect(new Set(used).size).toBeGreaterThan(10);
  expect(used.filter((emoji) => !isEmoji(emoji))).toEqual([]);
});
