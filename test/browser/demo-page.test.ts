import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { CHROMIUM, keepScreenshot, launchChromium, openPage } from "../support/browser.ts";
import { ProcessRig } from "../support/process-rig.ts";

const TEXT = "Message";

/** The demo as people see it: the page of the simulated Slack, and the real program behind it. */
describe.skipIf(CHROMIUM === undefined)("the page of the demo", () => {
  let browser: Browser;
  let rig: ProcessRig;

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    rig = await ProcessRig.open({ speed: 4 });
    await rig.start();
  });
  afterEach(async () => {
    await rig[Symbol.asyncDispose]();
  });

  const type = async (page: Page, text: string): Promise<void> => {
    // Whoever types before the page knows its people types into a form that does nothing yet.
    await page.locator("#people").getByText("Ben Okafor").waitFor({ state: "attached" });
    const box = page.locator("#composer").getByLabel(TEXT);
    await box.fill(text);
    await box.press("Enter");
  };
  const become = (page: Page, name: string): Promise<void> => page.locator("#people").getByText(name).click();
  const openThread = (page: Page): Promise<void> =>
    page
      .locator("#messages")
      .getByText(/\d+ repl/u)
      .first()
      .click();
  const thread = (page: Page) => page.locator("#thread-messages");

  it("takes a command, shows what follows without a reload, and lets another person approve", async () => {
    const { page, faults } = await openPage(browser, rig.world.slack.url);
    await page.evaluate(() => void Object.assign(globalThis, { loadedOnce: true }));
    await type(page, "/promote checkout abc123 to prod");
    const card = page.locator("#messages").getByText("Promote checkout abc1236 to prod").first();
    await card.waitFor();
    await openThread(page);
    await thread(page)
      .getByText("approval needed")
      .or(thread(page).getByRole("button", { name: "Approve" }))
      .first()
      .waitFor();
    await keepScreenshot(page, "demo-gate");
    await become(page, "Priya Nair");
    await thread(page).getByRole("button", { name: "Approve" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
    await page
      .locator("#messages")
      .getByText(/[Ss]ucceeded/u)
      .first()
      .waitFor({ timeout: 60_000 });
    expect(await thread(page).getByRole("button", { name: "Approve" }).count()).toBe(0);
    await page.locator("#applications").getByText("abc1236").first().waitFor();
    await keepScreenshot(page, "demo-succeeded");
    // It is still the page that was opened first.
    expect(await page.evaluate(() => Reflect.get(globalThis, "loadedOnce"))).toBe(true);
    expect(faults).toEqual([]);
  });

  it("opens the form of a command, shows what would happen while one chooses, and starts it", async () => {
    const { page, faults } = await openPage(browser, rig.world.slack.url);
    await type(page, "/promote");
    const form = page.getByRole("dialog");
    const choose = async (label: RegExp, value: string): Promise<void> => {
      await form.getByLabel(label).fill(value);
      await form.getByLabel(label).press("Tab");
    };
    await choose(/^Service/u, "checkout");
    await form.getByLabel("Up to where?").waitFor();
    await form.getByLabel(/^Revision/u).fill("instal");
    await form.locator("datalist option", { hasText: "pay in instalments" }).waitFor({ state: "attached" });
    await choose(/^Revision/u, "abc123");
    await form.getByLabel("Up to where?").selectOption("prod");
    await form.getByText("What would happen: Promote checkout abc1236 to prod").waitFor();
    await keepScreenshot(page, "demo-form");
    await form.getByRole("button", { name: "Promote" }).click();
    await page.locator("#messages").getByText("Promote checkout abc1236 to prod").first().waitFor();
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it("opens the form that asks why, and takes its answer", async () => {
    const { page, faults } = await openPage(browser, rig.world.slack.url);
    await type(page, "/promote checkout abc123 to prod");
    await page.locator("#messages").getByText("Promote checkout abc1236 to prod").first().waitFor();
    await openThread(page);
    await become(page, "Priya Nair");
    await openThread(page);
    await thread(page).getByRole("button", { name: "Reject" }).click();
    const form = page.getByRole("dialog");
    await form.getByRole("textbox").fill("Not before the weekend");
    await keepScreenshot(page, "demo-reject-form");
    await form.getByRole("button", { name: "Reject" }).click();
    await thread(page).getByText("Not before the weekend").first().waitFor();
    await keepScreenshot(page, "demo-rejected");
    expect(faults).toEqual([]);
  });

  it("shows private answers only to the person who asked", async () => {
    const { page } = await openPage(browser, rig.world.slack.url);
    await type(page, "/promote chekout abc123 to prod");
    const answer = page.locator("#messages").getByText("There is no service");
    await answer.waitFor();
    await keepScreenshot(page, "demo-private-answer");
    await become(page, "Ben Okafor");
    await answer.waitFor({ state: "detached" });
  });

  it("is whole on a phone", async () => {
    const { page, faults } = await openPage(browser, rig.world.slack.url, { viewport: { width: 390, height: 800 } });
    await type(page, "/qd status");
    await page.locator("#messages").getByText("checkout").first().waitFor();
    await keepScreenshot(page, "demo-phone");
    expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).toBe(true);
    expect(faults).toEqual([]);
  });
});
