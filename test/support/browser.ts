import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

import { ROOT } from "./tracked-files.ts";

const PROGRAMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const SCREENSHOTS = join(ROOT, "test-results/screenshots");

/** The Chromium of this machine; undefined where there is none, and then the tests that need it are skipped and counted so. */
export const CHROMIUM = PROGRAMS.find((program) => existsSync(program));

/** A browser with nothing of the machine's own user in it, and without anything that goes out by itself. */
export async function launchChromium(): Promise<Browser> {
  return await chromium.launch({
    ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A page on which nothing may go wrong: `faults` collects what its scripts throw and what it could not load. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ readonly page: Page; readonly faults: readonly string[] }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => void faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults };
}

/** Keeps a picture of the page, for people to look at after the tests. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}
