import { describe, expect, it } from "vitest";

import { readEnvironment, type Variables } from "../../../src/config/environment.ts";
import { SecretMask } from "../../../src/platform/masking.ts";

const BOT = "xoxb-1111111111-abcdefghij";
const APP = "xapp-1-A0000-2222-abcdefghij";

const read = (variables: Variables) => readEnvironment(new SecretMask(), variables);

function refusal(variables: Variables): string {
  try {
    read(variables);
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
  return "";
}

describe("the environment variables", () => {
  it("have defaults where there is a sensible one", () => {
    expect(read({})).toMatchObject({
      slackBotToken: undefined,
      slackApiUrl: "https://slack.com/api/",
      redisUrl: undefined,
      configurationFile: "quarterdeck.yaml",
      dataFolder: "data",
      commandsFolder: "commands",
      publicUrl: undefined,
      instanceSecret: undefined,
      host: "127.0.0.1",
      port: 8080,
    });
  });

  it("are taken as they are set, without white space around them", () => {
    const environment = read({
      SLACK_BOT_TOKEN: ` ${BOT}\n`,
      SLACK_APP_TOKEN: APP,
      SLACK_API_URL: "http://127.0.0.1:4000/api",
      REDIS_URL: "redis://redis:6379",
      QUARTERDECK_CONFIG: "/etc/quarterdeck.yaml",
      QUARTERDECK_DATA: "/var/lib/quarterdeck",
      QUARTERDECK_COMMANDS: "/etc/commands",
      QUARTERDECK_PUBLIC_URL: "https://deploy.example.com/",
      HOST: "::1",
      PORT: "0",
    });
    expect(environment).toMatchObject({
      slackBotToken: BOT,
      slackAppToken: APP,
      slackApiUrl: "http://127.0.0.1:4000/api/",
      redisUrl: "redis://redis:6379",
      configurationFile: "/etc/quarterdeck.yaml",
      dataFolder: "/var/lib/quarterdeck",
      commandsFolder: "/etc/commands",
      publicUrl: "https://deploy.example.com",
      host: "::1",
      port: 0,
    });
  });

  it("count as absent when they are set to nothing", () => {
    expect(read({ SLACK_SIGNING_SECRET: "", PORT: " ", QUARTERDECK_SECRET: "" })).toMatchObject({
      slackSigningSecret: undefined,
      port: 8080,
      instanceSecret: undefined,
    });
  });

  it.each([
    [
      "SLACK_BOT_TOKEN",
      APP,
      "SLACK_BOT_TOKEN holds an app-level token; a bot token (the app's page, OAuth & Permissions) begins with xoxb-",
    ],
    [
      "SLACK_APP_TOKEN",
      BOT,
      "SLACK_APP_TOKEN holds a bot token; an app-level token (the app's page, Basic Information) begins with xapp-",
    ],
    ["SLACK_BOT_TOKEN", "xoxp-1234567890", "SLACK_BOT_TOKEN holds a user token; "],
    ["SLACK_BOT_TOKEN", "xoxe.xoxb-1-abcdefgh", "SLACK_BOT_TOKEN holds a token that rotates; "],
    ["SLACK_BOT_TOKEN", "hunter2hunter2", "SLACK_BOT_TOKEN holds something else than a Slack token; "],
    ["SLACK_BOT_TOKEN", "xoxb-1", "SLACK_BOT_TOKEN is cut off; "],
    [
      "SLACK_SIGNING_SECRET",
      "short",
      "SLACK_SIGNING_SECRET is too short; copy it from the app's page, Basic Information",
    ],
    ["SLACK_API_URL", "http://slack.example.com/api", "SLACK_API_URL would carry tokens unencrypted; use https://"],
    ["SLACK_API_URL", "slack.com", "SLACK_API_URL is no address that begins with https:// or http://"],
    ["REDIS_URL", "redis.example.com:6379", "REDIS_URL is no address that begins with redis:// or rediss://"],
    [
      "QUARTERDECK_PUBLIC_URL",
      "https://x.example/?a=1",
      "QUARTERDECK_PUBLIC_URL has a user, query or fragment; only https://host/path belongs here",
    ],
    ["HOST", "my host", "HOST is no host name or IP address"],
    ["PORT", "65536", "PORT is no port number; a port goes from 0 to 65535"],
    ["PORT", "http", "PORT is no port number; a port goes from 0 to 65535"],
  ])("are refused by name when %s is %s", (name, value, said) => {
    expect(refusal({ [name]: value })).toContain(said);
  });

  it("are refused all at once, and never repeated", () => {
    const text = refusal({ SLACK_BOT_TOKEN: "hunter2hunter2", PORT: "hunter2" });
    expect(text.split("\n")).toHaveLength(2);
    expect(text).not.toContain("hunter2");
  });

  it("hide the secret ones from then on", () => {
    const mask = new SecretMask();
    const set = {
      SLACK_BOT_TOKEN: BOT,
      SLACK_APP_TOKEN: APP,
      SLACK_SIGNING_SECRET: "0123456789abcdef0123",
      REDIS_URL: "redis://:hunter22@redis",
      QUARTERDECK_SECRET: "a-secret-of-this-installation",
    };
    readEnvironment(mask, set);
    for (const value of Object.values(set)) expect(mask.text(`<${value}>`)).toBe("<«secret»>");
  });

  it("masks the password of Redis alone, as it is written and as it is meant", () => {
    const mask = new SecretMask();
    readEnvironment(mask, { REDIS_URL: "rediss://quarterdeck:long%2Fpassword@redis.example.com:6380" });
    expect(mask.text("AUTH long/password, long%2Fpassword")).toBe("AUTH «secret», «secret»");
  });
});
