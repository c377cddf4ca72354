import { readFileSync } from "node:fs";

import { expect, it } from "vitest";
import { z } from "zod";

import { demoApp } from "../../src/demo/demo-app.ts";

const Scopes = z.looseObject({
  oauth_config: z.looseObject({
    scopes: z.looseObject({ bot: z.array(z.string()), bot_optional: z.array(z.string()) }),
  }),
});

it("gives the app of the demo the rights, commands and events of the manifest, and no others", async () => {
  const manifest = Scopes.parse(JSON.parse(readFileSync(new URL("../../manifest.json", import.meta.url), "utf8")));
  const { bot, bot_optional: optional } = manifest.oauth_config.scopes;
  const app = await demoApp();
  expect(app.scopes).toEqual([...bot, ...optional]);
  expect(app.commands.map(({ command }) => command)).toEqual(["/promote", "/rollback", "/qd"]);
  expect(app.commands.every(({ shouldEscape }) => shouldEscape)).toBe(true);
  expect(app).toMatchObject({ name: "Quarterdeck", botEvents: [], homeTab: false });
});
