import { describe, expect, it } from "vitest";

import { requireSlackAccess } from "../../../src/config/slack-access.ts";

const BOT = "xoxb-1234567890-token";
const APP = "xapp-1-1234567890-token";
const SECRET = "0123456789abcdef0123456789abcdef";
const nothing = { slackBotToken: undefined, slackAppToken: undefined, slackSigningSecret: undefined };

describe("how Slack's payloads arrive", () => {
  it("is over connections of our own where there is an app-level token, also beside a signing secret", () => {
    const socket = { botToken: BOT, receive: { kind: "socket", appToken: APP } };
    const environment = { ...nothing, slackBotToken: BOT, slackAppToken: APP };
    expect(requireSlackAccess(environment, undefined)).toEqual(socket);
    expect(requireSlackAccess({ ...environment, slackSigningSecret: SECRET }, undefined)).toEqual(socket);
  });

  it("is over HTTP where there is only a signing secret, or where the configuration says so", () => {
    const http = { botToken: BOT, receive: { kind: "http", signingSecret: SECRET } };
    const environment = { ...nothing, slackBotToken: BOT, slackSigningSecret: SECRET };
    expect(requireSlackAccess(environment, undefined)).toEqual(http);
    expect(requireSlackAccess({ ...environment, slackAppToken: APP }, "http")).toEqual(http);
  });
});

describe("tokens that are missing", () => {
  it("are all named, with where to get them", () => {
    const ask = () => requireSlackAccess(nothing, undefined);
    expect(ask).toThrow(/^SLACK_BOT_TOKEN is missing[^]*SLACK_APP_TOKEN is missing[^]*set SLACK_SIGNING_SECRET/u);
  });

  it("are those of the way that the configuration names", () => {
    const both = { ...nothing, slackBotToken: BOT };
    expect(() => requireSlackAccess({ ...both, slackAppToken: APP }, "http")).toThrow(
      /^SLACK_SIGNING_SECRET is missing/u,
    );
    expect(() => requireSlackAccess({ ...both, slackSigningSecret: SECRET }, "socket")).toThrow(
      /^SLACK_APP_TOKEN is missing[^]*Basic Information\n/u,
    );
  });
});
