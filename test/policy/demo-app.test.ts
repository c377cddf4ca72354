import { readFileSync } from "node:fs";

import { expect, it } from "vitest";
import { z } from "zod";

import { demoApp } from "../../src/demo/demo-app.ts";

const Manifest = z.looseObject({
  features: z.looseObject({ app_home: z.looseObject({ home_tab_enabled: z.boolean() }) }),
  settings: z.looseObject({ event_subscriptions: z.looseObject({ bot_events: z.array(z.string()) }) }),
  oauth_config: z.looseObject({
    scopes: z.looseObject({ bot: z.array(z.string()), bot_optional: z.array(z.string()) }),
  }),
});

it("gives the app of the demo the rights, commands and events of the manifest, and no others", async () => {
  const manifest = Manifest.parse(JSON.parse(readFileSync(new URL("../../manifest.json", import.meta.url), "utf8")));
  const { bot, bot_optional: optional } = manifest.oauth_config.scopes;
  const app = await demoApp();
  expect(app.scopes).toEqual([...bot, ...optional]);
  expect(app.commands.map(({ command }) => command)).toEqual(["/promote", "/rollback", "/qd"]);
  expect(app.commands.every(({ shouldEscape }) => shouldEscape)).toBe(true);
  const { features, settings } = manifest;
  expect(app.botEvents).toEqual(settings.event_subscriptions.bot_events);
  expect(app).toMatchObject({ name: "Quarterdeck", homeTab: features.app_home.home_tab_enabled });
});
