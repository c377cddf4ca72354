import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Browser, Locator, Page } from "playwright-core";

import { ANA, DEPLOYS } from "../../src/demo/people.ts";
import type { DemoWorld } from "../../src/demo/demo-world.ts";
import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { launchChromium } from "../support/browser.ts";
import { ROOT } from "../support/tracked-files.ts";
import { shrinkPng } from "./shrink-png.ts";

/** Where the pictures of the documentation are. */
export const PICTURES = join(ROOT, "docs/pictures");

const SCALE = 1.5;
const COLUMN_PX = 660;

// One message as wide as Slack shows it beside its side bar, without the name that stands over each of them.
const ALONE = `
  #sidebar, #cluster, #tabs, .message .margin, .message header, .toolbar, .composer { display: none !important; }
  body, body.has-argo, body.has-thread { grid-template-columns: ${COLUMN_PX}px ${COLUMN_PX}px !important; }
  .message, .message.follows { grid-template-columns: minmax(0, 1fr) !important; padding: 10px 14px !important; }
  .home-blocks { padding: 10px 14px; }
  dialog.modal { max-height: none !important; overflow: visible !important; }
  .modal-blocks { max-height: none !important; overflow: visible !important; }
`;

interface ShownForm {
  readonly world: DemoWorld;
  readonly user: string;
  readonly fillIn?: (form: Locator) => Promise<void>;
}

interface ShownThread {
  readonly world: DemoWorld;
  readonly user: string;
  readonly card: SlackMessage;
}

/** Takes pictures of what people see on the page of the simulated Slack, and of pages of runs. */
export class Camera implements AsyncDisposable {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async open(): Promise<Camera> {
    await mkdir(PICTURES, { recursive: true });
    return new Camera(await launchChromium());
  }

  /** One message as whoever may see it sees it. */
  async message(world: DemoWorld, { channel, ts, threadTs, viewer }: SlackMessage, name: string): Promise<void> {
    const isReply = threadTs !== undefined && threadTs !== ts;
    const place = { user: viewer ?? ANA, channel, ...(isReply && { thread: threadTs }) };
    const page = await this.#open(world, place);
    const list = page.locator(isReply ? "#thread-messages" : "#messages");
    await this.#keep(list.locator(`article[data-ts="${ts}"]`), name);
  }

  /** The form that is open for a person, as `fillIn` leaves it. */
  async form(shown: ShownForm, name: string): Promise<void> {
    const page = await this.#open(shown.world, { user: shown.user, channel: DEPLOYS });
    const dialog = page.locator("dialog.modal");
    await shown.fillIn?.(dialog);
    await this.#keep(dialog, name);
  }

  /** The Home tab of a person. */
  async home(world: DemoWorld, user: string, name: string): Promise<void> {
    const page = await this.#open(world, { user, channel: DEPLOYS, home: "1" });
    await this.#keep(page.locator(".home-blocks"), name);
  }

  /** The whole page of the demo, as the README shows it. */
  async demo(shown: ShownThread): Promise<void> {
    const { world, user, card } = shown;
    const page = await this.#window({ width: 1600, height: 880 }, 1);
    const place = new URLSearchParams({ user, channel: card.channel, thread: card.ts });
    await page.goto(`${world.slack.url}/#${place.toString()}`);
    await page.locator("#thread-messages").getByRole("button", { name: "Approve" }).waitFor();
    await page.locator("#applications").getByText("checkout-prod").first().waitFor();
    await this.#save("../demo", await page.screenshot({ animations: "disabled" }));
    await page.context().close();
  }

  /** A page of its own, from its beginning to as far down as the window goes. */
  async page(url: string, name: string, viewport: { readonly width: number; readonly height: number }): Promise<void> {
    const page = await this.#window(viewport, 1);
    await page.goto(url);
    await this.#save(name, await page.screenshot({ animations: "disabled" }));
    await page.context().close();
  }

  async #open(world: DemoWorld, place: Readonly<Record<string, string>>): Promise<Page> {
    const page = await this.#window({ width: 1400, height: 1600 }, SCALE);
    await page.goto(`${world.slack.url}/#${new URLSearchParams(place).toString()}`);
    await page.addStyleTag({ content: ALONE });
    return page;
  }

  async #window(viewport: { readonly width: number; readonly height: number }, scale: number): Promise<Page> {
    const context = await this.#browser.newContext({ viewport, deviceScaleFactor: scale, bypassCSP: true });
    return await context.newPage();
  }

  async #keep(what: Locator, name: string): Promise<void> {
    await what.waitFor();
    await this.#save(name, await what.screenshot({ animations: "disabled" }));
    await what.page().context().close();
  }

  async #save(name: string, png: Buffer): Promise<void> {
    const small = shrinkPng(png);
    await writeFile(join(PICTURES, `${name}.png`), small);
    console.log(`${name}.png ${Math.ceil(small.length / 1000)} kB`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
