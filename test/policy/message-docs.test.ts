import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { ROOT } from "../support/tracked-files.ts";

const VIEWS = join(ROOT, "src/slack/views");
const PICTURES = join(ROOT, "docs/pictures");
const page = readFileSync(join(ROOT, "docs/messages.md"), "utf8");

// What chooses among other views, and what is a part of them.
const NO_MESSAGE_OF_ITS_OWN = new Set(["answer"]);

/** The views that make something whole: a message, a form or the Home tab. */
function views(): readonly string[] {
  const names = readdirSync(VIEWS).map((file) => file.replace(/\.ts$/u, ""));
  const isWhole = (name: string): boolean =>
    /export function render\w+\([^]*?\): (?:MessageContent|Modal|HomeView) \{/u.test(
      readFileSync(join(VIEWS, `${name}.ts`), "utf8"),
    );
  return names.filter((name) => isWhole(name) && !NO_MESSAGE_OF_ITS_OWN.has(name));
}

const shown = Array.from(page.matchAll(/\]\(pictures\/([\w-]+\.png)\)/gu), ([, file = ""]) => file);

describe("the page about the messages", () => {
  it("has a place for every view, and for no other", () => {
    const named = Array.from(page.matchAll(/<!-- view ([\w-]+) -->/gu), ([, view = ""]) => view);
    expect(named.toSorted()).toEqual(views().toSorted());
  });

  it("has a picture at each of them", () => {
    const places = page.split("<!-- view ").slice(1);
    expect(places.filter((place) => !place.includes("](pictures/"))).toEqual([]);
  });

  it("shows every picture that is there, and no other", () => {
    expect(new Set(shown)).toEqual(new Set(readdirSync(PICTURES)));
  });

  it("is not heavy", () => {
    const sizes = shown.map((file) => statSync(join(PICTURES, file)).size);
    expect(Math.max(...sizes)).toBeLessThan(70_000);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_500_000);
  });
});
