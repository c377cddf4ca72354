import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ANA, AppRig, OLGA, PRIYA } from "../support/app-rig.ts";
import { CHROMIUM, keepScreenshot, launchChromium, openPage } from "../support/browser.ts";

const LINK = /<(http[^|>]*\/runs\/[^|>]*)\|/u;

describe.skipIf(CHROMIUM === undefined)("the page of a run in a browser", () => {
  let browser: Browser;
  let app: AppRig;
  let link = "";

  beforeAll(async () => {
    browser = await launchChromium();
    app = await AppRig.open();
    await app.type(ANA, "/promote checkout abc123 to prod");
    const gate = await app.gate();
    await app.press(ANA, gate, "gate_approve");
    await app.told(ANA, /someone else has to decide/u);
    await app.press(PRIYA, gate, "gate_approve");
    await app.card(/succeeded/u);
    await app.type(OLGA, `/qd page ${app.run().id}`);
    const said = await app.message("a link", ({ blocks }) => LINK.test(JSON.stringify(blocks)));
    link = LINK.exec(JSON.stringify(said.blocks))?.[1]?.replaceAll("&amp;", "&") ?? "";
  });
  afterAll(async () => {
    await app[Symbol.asyncDispose]();
    await browser.close();
  });

  it.each([
    [320, "light"],
    [320, "dark"],
    [768, "light"],
    [768, "dark"],
    [1280, "light"],
    [1280, "dark"],
  ] as const)("fits a window of %i pixels, in %s colours", async (width, colorScheme) => {
    const { page, faults } = await openPage(browser, link, { viewport: { width, height: 900 }, colorScheme });
    await page.getByText("What was shown").click();
    await page.getByText("Commits", { exact: true }).waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    const [ink, paper] = [
      await page.evaluate("getComputedStyle(document.body).color"),
      await page.evaluate("getComputedStyle(document.body).backgroundColor"),
    ];
    expect([ink, paper]).toEqual(
      colorScheme === "light" ? ["rgb(22, 25, 31)", "rgb(255, 255, 255)"] : ["rgb(232, 234, 238)", "rgb(20, 23, 28)"],
    );
    await keepScreenshot(page, `run-page-${colorScheme}-${width}`);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it("has one heading for everything, and a name for every part", async () => {
    const { page } = await openPage(browser, link);
    expect(await page.getByRole("heading", { level: 1 }).allTextContents()).toEqual([
      "Promote checkout abc1236 to prod",
    ]);
    expect(await page.getByRole("heading", { level: 2 }).allTextContents()).toEqual([
      "Environments and steps",
      "Approvals",
      "Timeline",
    ]);
    for (const name of ["Environments and steps", "Approvals", "Timeline"]) {
      expect(await page.getByRole("region", { name }).count()).toBe(1);
    }
    await page.context().close();
  });

  it("tells whoever has a link that is no link where to get one", async () => {
    const { page } = await openPage(browser, link.replace(/signature=.*/u, ""), {
      viewport: { width: 320, height: 600 },
    });
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
    await keepScreenshot(page, "run-page-forged");
    await page.context().close();
  });
});
