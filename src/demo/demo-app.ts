import { readFile } from "node:fs/promises";

import { z } from "zod";

import type { SlackAppDefinition } from "../simulator/slack-workspace-definition.ts";

const MANIFEST = new URL("../../manifest.json", import.meta.url);

/** What an installation takes from a manifest: who the app is, what it may do and what it is told of. */
const Manifest = z.looseObject({
  display_information: z.looseObject({ name: z.string() }),
  features: z.looseObject({
    app_home: z.looseObject({ home_tab_enabled: z.boolean() }).optional(),
    slash_commands: z.array(
      z.looseObject({
        command: z.string(),
        description: z.string(),
        usage_hint: z.string(),
        should_escape: z.boolean(),
      }),
    ),
  }),
  oauth_config: z.looseObject({
    scopes: z.looseObject({ bot: z.array(z.string()), bot_optional: z.array(z.string()).default([]) }),
  }),
  settings: z.looseObject({
    event_subscriptions: z.looseObject({ bot_events: z.array(z.string()) }).optional(),
  }),
});

type DemoApp = Pick<SlackAppDefinition, "name" | "scopes" | "commands" | "botEvents" | "homeTab">;

/** The app as `manifest.json` makes it in a real workspace, so that the demo has no rights that an installation would not have. */
export async function demoApp(): Promise<DemoApp> {
  const { display_information, features, oauth_config, settings } = Manifest.parse(
    JSON.parse(await readFile(MANIFEST, "utf8")),
  );
  return {
    name: display_information.name,
    scopes: [...oauth_config.scopes.bot, ...oauth_config.scopes.bot_optional],
    commands: features.slash_commands.map(({ command, description, usage_hint, should_escape }) => ({
      command,
      description,
      usageHint: usage_hint,
      shouldEscape: should_escape,
    })),
    botEvents: settings.event_subscriptions?.bot_events ?? [],
    homeTab: features.app_home?.home_tab_enabled ?? false,
  };
}
