import { readdirSync, readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

const ROOT = new URL("../../", import.meta.url);

const Manifest = z.strictObject({
  _metadata: z.strictObject({ major_version: z.literal(2), minor_version: z.int() }),
  display_information: z.strictObject({
    name: z.string().max(35),
    description: z.string().max(140),
    background_color: z.string().regex(/^#[0-9a-f]{6}$/u),
  }),
  features: z.strictObject({
    app_home: z.strictObject({
      home_tab_enabled: z.boolean(),
      messages_tab_enabled: z.boolean(),
      messages_tab_read_only_enabled: z.boolean(),
    }),
    bot_user: z.strictObject({ display_name: z.string().max(80), always_online: z.boolean() }),
    slash_commands: z.array(
      z.strictObject({
        command: z.string().regex(/^\/[a-z0-9_-]{1,31}$/u),
        description: z.string().max(2000),
        usage_hint: z.string().max(1000),
        should_escape: z.boolean(),
      }),
    ),
  }),
  oauth_config: z.strictObject({
    scopes: z.strictObject({ bot: z.array(z.string()), bot_optional: z.array(z.string()) }),
  }),
  settings: z.strictObject({
    event_subscriptions: z.strictObject({ bot_events: z.array(z.string()) }),
    interactivity: z.strictObject({ is_enabled: z.boolean() }),
    org_deploy_enabled: z.boolean(),
    socket_mode_enabled: z.boolean(),
    token_rotation_enabled: z.boolean(),
  }),
});

/** The scopes that Slack asks for each method that the code may call; none for those that need no more than the installation. */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  "auth.test": [],
  "views.open": [],
  "views.update": [],
  "views.publish": [],
  "chat.postMessage": ["chat:write"],
  "chat.update": ["chat:write"],
  "chat.postEphemeral": ["chat:write"],
  "conversations.history": ["channels:history", "groups:history"],
  "conversations.replies": ["channels:history", "groups:history"],
  "files.getUploadURLExternal": ["files:write"],
  "files.completeUploadExternal": ["files:write"],
  "users.info": ["users:read"],
  "usergroups.users.list": ["usergroups:read"],
};

const manifest = Manifest.parse(JSON.parse(readFileSync(new URL("manifest.json", ROOT), "utf8")));
const source = sourceText(new URL("src/slack/", ROOT));

describe("manifest.json", () => {
  it("asks for exactly the scopes of the methods that the code calls, and for commands", () => {
    const called = Array.from(source.matchAll(/"((?:[a-z]+\.)+[a-zA-Z]+)"/gu), ([, method = ""]) => method);
    const methods = new Set(called.filter((method) => isMethod(method)));
    expect([...methods].toSorted()).toEqual(Object.keys(SCOPES).toSorted());
    const needed = new Set(["commands", ...[...methods].flatMap((method) => SCOPES[method] ?? [])]);
    expect(manifest.oauth_config.scopes.bot).toEqual([...needed].toSorted());
  });

  it("asks for e-mail addresses only as something that may be refused", () => {
    expect(source).toContain("profile?.email");
    expect(manifest.oauth_config.scopes.bot_optional).toEqual(["users:read.email"]);
  });

  it("has every slash command of the command files, and no other, with mentions escaped", () => {
    const folder = new URL("commands/", ROOT);
    const patterns = readdirSync(folder).map((file) => slashOf(readFileSync(new URL(file, folder), "utf8")));
    const names = new Set(patterns.map((pattern) => pattern.split(/\s/u)[0]));
    expect(new Set(manifest.features.slash_commands.map(({ command }) => command))).toEqual(names);
    expect(manifest.features.slash_commands.every((command) => command.should_escape)).toBe(true);
  });

  it("uses Socket Mode with interactivity and subscribes to exactly the events that a listener takes", () => {
    const taken = Array.from(source.matchAll(/\.event\("([a-z_]+)"/gu), ([, event]) => event);
    expect(manifest.settings.event_subscriptions.bot_events).toEqual(taken);
    expect(manifest.features.app_home.home_tab_enabled).toBe(taken.includes("app_home_opened"));
    expect(manifest.settings).toMatchObject({ interactivity: { is_enabled: true }, socket_mode_enabled: true });
  });
});

const Slash = z.looseObject({ on: z.looseObject({ slash: z.string() }) });

function slashOf(text: string): string {
  return Slash.parse(parse(text)).on.slash;
}

function isMethod(text: string): boolean {
  return /^(?:auth|views|chat|conversations|users|usergroups|files|reactions|pins|team|bots|apps|blocks)\./u.test(text);
}

function sourceText(folder: URL): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => readFileSync(`${entry.parentPath}/${entry.name}`, "utf8"))
    .join("\n");
}
