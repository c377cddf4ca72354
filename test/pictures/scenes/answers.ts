import { readFile, writeFile } from "node:fs/promises";

import type { Locator } from "playwright-core";

import type { DemoWorld } from "../../../src/demo/demo-world.ts";
import { ANA, BEN, MARCO, OLGA, PRIYA } from "../../../src/demo/people.ts";
import { DEMO_COMMITS } from "../../../src/simulator/git-demo-repository.ts";
import type { SlackMessage } from "../../../src/simulator/slack-messages.ts";
import type { SlackView } from "../../../src/simulator/slack-views.ts";
import type { Scene } from "../scene.ts";

/** Wrong words, and questions. */
const words: Scene = {
  name: "words",
  async play({ ask }) {
    await ask({ user: ANA, text: "/promote chekout abc123 to prod", says: /no service/u }, "did-you-mean");
    await ask({ user: ANA, text: "/promote checkout 1427 to staging", says: /several commits/u }, "candidates");
    await ask({ user: BEN, text: "/qd help promote", says: /\/promote/u }, "help");
    await ask({ user: PRIYA, text: "/qd who checkout", says: /Who may change/u }, "who");
    await ask({ user: MARCO, text: "/qd diff checkout abc123 in prod", says: /abc1236/u }, "diff");
    await ask({ user: OLGA, text: "/qd plan /promote checkout abc123 to prod", says: /Nothing was done/u }, "plan");
  },
};

async function choose(input: Locator, value: string): Promise<void> {
  await input.fill(value);
  await input.press("Tab");
}

function formOf(world: DemoWorld): SlackView | undefined {
  return world.slack.world.views.stack(ANA).at(-1);
}

/** The form of `/promote`, filled in. */
const form: Scene = {
  name: "form",
  async play({ story, world, camera }) {
    await story.type(ANA, "/promote");
    const { changes } = world.slack.world;
    await changes.until("the form", () => formOf(world), 10_000);
    const fillIn = async (dialog: Locator): Promise<void> => {
      await choose(dialog.locator("[data-action=form_service]"), "checkout");
      await choose(dialog.locator("[data-action=form_revision]"), DEMO_COMMITS.target);
      await dialog.locator("[data-action=form_environment]").selectOption("prod");
      await dialog.getByText("What would happen: ").waitFor();
    };
    await camera.form({ world, user: ANA, fillIn }, "form");
  },
};

/** A lock that a person sets, and whoever it holds up. */
const lock: Scene = {
  name: "lock",
  async play({ story, ask }) {
    const text = "/qd lock checkout in prod because database migration for 2h";
    await ask({ user: ANA, text, says: /locked/u }, "lock-set");
    await ask({ user: BEN, text: "/promote checkout abc123 to prod", says: /is locked by/u }, "locked-notice");
    await story.type(OLGA, "/qd unlock checkout in prod");
  },
};

/** Somebody saves a configuration with a mistake in it. */
const settings: Scene = {
  name: "settings",
  async play({ story, shoot, world }) {
    const text = await readFile(world.configurationFile, "utf8");
    await writeFile(world.configurationFile, text.replace("staging: web-staging, prod:", "staging: web-staging, prd:"));
    await shoot(await story.post(/quarterdeck\.yaml|configuration/iu), "settings-notice");
  },
};

/** A command from a channel of which the app is no member. */
const strayed: Scene = {
  name: "strayed",
  async play({ shoot, world }) {
    await world.slack.people.typeCommand({
      user: ANA,
      channel: "C0GENERAL1",
      text: "/promote checkout abc123 to staging",
    });
    const { changes, messages, workspace } = world.slack.world;
    const isNotice = ({ text }: SlackMessage): boolean => /cannot be shown/u.test(text);
    const look = (): SlackMessage | undefined =>
      workspace
        .channels()
        .flatMap(({ id }) => messages.all(id))
        .find(isNotice);
    const notice = await changes.until("the notice", look, 30_000);
    await shoot(notice, "strayed-notice");
  },
};

export const ANSWERS: readonly Scene[] = [words, form, lock, settings, strayed];
